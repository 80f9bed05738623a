import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { openDatabase } from "../../../src/db/open-database.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, describeInstance, untilGone, untilStatus } from "./db-instances.ts";

describe("rds at the start of LocalAWS", () => {
  let dataDir: string;
  let aws: TestServer;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-rds-"));
    aws = await startLocalAws({ dataDir });
  });
  afterEach(async () => {
    await aws.stop();
    await rm(dataDir, { recursive: true });
  });

  /** `meanwhile` finds the data folder as LocalAWS left it. */
  async function restart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await aws.close();
    await meanwhile();
    aws = await startLocalAws({ dataDir });
  }

  /** As a process leaves it that is killed while this goes on. */
  async function cutOff(identifier: string, status: string): Promise<void> {
    const db = await openDatabase(dataDir);
    await db
      .updateTable("db_instances")
      .set({ db_instance_status: status })
      .where("db_instance_identifier", "=", identifier)
      .execute();
    await db.destroy();
  }

  it("finds instances as they were, with their ports and tags", async () => {
    const running = await createAvailable(aws.rds, { Tags: [{ Key: "a", Value: "b" }] });
    const stopped = await createAvailable(aws.rds);
    await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: stopped.DBInstanceIdentifier }));
    await untilStatus(aws.rds, stopped.DBInstanceIdentifier, "stopped");
    await restart();
    expect(await untilStatus(aws.rds, running.DBInstanceIdentifier, "available")).to.deep.equal(running);
    const { DBInstanceStatus, Endpoint } = await describeInstance(aws.rds, stopped.DBInstanceIdentifier);
    expect({ DBInstanceStatus, Endpoint }).to.deep.equal({ DBInstanceStatus: "stopped", Endpoint: stopped.Endpoint });
  });

  for (const [before, after] of [
    ["starting", "available"],
    ["rebooting", "available"],
    ["stopping", "stopped"],
    ["creating", "failed"],
  ] as const) {
    it(`makes an instance ${after} whose ${before} was cut off`, async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds);
      await restart(() => cutOff(DBInstanceIdentifier, before));
      const { DBInstances } = await aws.rds.send(new DescribeDBInstancesCommand({}));
      if (after === "failed") expect(DBInstances?.[0]).to.include({ DBInstanceStatus: "failed" });
      else await untilStatus(aws.rds, DBInstanceIdentifier, after);
    });
  }

  it("finishes a delete that was cut off", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    await restart(() => cutOff(DBInstanceIdentifier, "deleting"));
    await untilGone(aws.rds, DBInstanceIdentifier);
  });

  it("shows an instance whose server is gone as failed, which can only be deleted", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    await restart(() => rm(join(dataDir, "rds"), { recursive: true }));
    const instance = await describeInstance(aws.rds, DBInstanceIdentifier);
    expect(instance).to.include({ DBInstanceStatus: "failed" }).and.not.to.have.property("Endpoint");
    const start = await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier })).catch((error) => error);
    expect(start.name).to.equal("InvalidDBInstanceStateFault");
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, DBInstanceIdentifier);
  });

  it("removes a server that no instance knows", async () => {
    const { DbiResourceId } = await createAvailable(aws.rds);
    const servers = join(dataDir, "rds");
    expect(await readdir(servers)).to.deep.equal([DbiResourceId]);
    await restart(() => rm(join(dataDir, "metadata"), { recursive: true }));
    expect(await readdir(servers)).to.deep.equal([]);
  });
});
