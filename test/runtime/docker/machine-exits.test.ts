import { expect } from "chai";
import { engineCommand } from "../../support/docker/engine-command.ts";
import { type EngineSocket, openEngineSocket, withDockerHost } from "../../support/docker/engine-socket.ts";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { machineSpec, type OpenRuntime, openRuntime } from "../runtimes.ts";

describe("runtime docker: machines that end by themselves", function () {
  this.timeout(180_000);
  requires("docker");
  let socket: EngineSocket;
  let opened: OpenRuntime;
  let exits: string[];

  beforeEach(async () => {
    socket = await openEngineSocket();
    opened = await withDockerHost(socket.url, () => openRuntime("docker"));
    exits = [];
    opened.machines.watch((id) => exits.push(id));
  });
  afterEach(async () => {
    await opened.dispose();
    await socket.close();
  });

  const launch = async () => (await opened.machines.launch(machineSpec())).id;
  const reported = (id: string) => eventually(`the exit of ${id}`, () => exits.includes(id));

  it("are reported after the connection to the engine was lost and has been found again", async () => {
    const [before, meanwhile, after, kept] = [await launch(), await launch(), await launch(), await launch()];
    await engineCommand(["kill", `localaws-${before}`]);
    await reported(before);
    await socket.cut();
    await engineCommand(["kill", `localaws-${meanwhile}`]);
    await socket.mend();
    await reported(meanwhile);
    await engineCommand(["kill", `localaws-${after}`]);
    await reported(after);
    expect(exits).to.deep.equal([before, meanwhile, after]).and.not.to.include(kept);
  });

  it("are reported when somebody else removes their container", async () => {
    const id = await launch();
    await engineCommand(["rm", "-f", `localaws-${id}`]);
    await reported(id);
    expect(await opened.machines.get(id)).to.equal(undefined);
  });

  it("are reported when they were launched by an earlier LocalAWS", async () => {
    const id = await launch();
    await withDockerHost(socket.url, () => opened.reopen());
    opened.machines.watch((exited) => exits.push(exited));
    const first = await launch();
    await engineCommand(["kill", `localaws-${first}`]);
    await reported(first);
    await engineCommand(["kill", `localaws-${id}`]);
    await reported(id);
  });

  it("are reported once each, when many end at a time", async () => {
    const ids = await Promise.all([launch(), launch(), launch(), launch()]);
    await engineCommand(["kill", ...ids.map((id) => `localaws-${id}`)]);
    await Promise.all(ids.map(reported));
    expect(exits.toSorted()).to.deep.equal(ids.toSorted());
  });
});
