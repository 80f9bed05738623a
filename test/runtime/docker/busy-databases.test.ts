import { expect } from "chai";
import { type EngineSocket, openEngineSocket, withDockerHost } from "../../support/docker/engine-socket.ts";
import { requires } from "../../support/requirements.ts";
import { databaseSpec, query } from "../database-support.ts";
import { rejection } from "../rejection.ts";
import { type OpenRuntime, openRuntime } from "../runtimes.ts";

const missed = "Cannot pause container: OCI runtime pause failed: unable to freeze: unknown";

describe("runtime docker: databases that are busy", function () {
  this.timeout(180_000);
  requires("docker");
  let socket: EngineSocket;
  let opened: OpenRuntime;

  before(async () => {
    socket = await openEngineSocket();
    opened = await withDockerHost(socket.url, () => openRuntime("docker"));
  });
  after(async () => {
    await opened?.dispose();
    await socket.close();
  });

  it("have their snapshots though the engine did not catch them standing still at once", async () => {
    const { databases } = opened;
    const source = await databaseSpec(databases);
    await databases.create(source, () => {});
    await query(source, "create table kept as select 1 as n");
    socket.fail("/pause", missed, 2);
    await databases.snapshot(source.id, `snap-${source.id}`);
    const restored = await databaseSpec(databases, { snapshotId: `snap-${source.id}` });
    await databases.create(restored, () => {});
    expect(await query(restored, "select n from kept")).to.deep.equal({ n: 1 });

    socket.fail("/pause", "Container is not what it was", 1);
    const refused = await rejection(databases.snapshot(source.id, "snap-none"));
    expect(refused.message).to.equal("Container is not what it was");
  });
});
