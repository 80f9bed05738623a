import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import pino from "pino";
import { DockerMachines } from "../../../src/runtime/docker/docker-machines.ts";
import { connectEngine } from "../../../src/runtime/docker/engine.ts";
import { folderId } from "../../../src/runtime/docker/folder-id.ts";
import { MachineNetworks } from "../../../src/runtime/machine-networks.ts";
import { NetworkFabric } from "../../../src/runtime/network-fabric.ts";
import { engineCommand } from "../../support/docker/engine-command.ts";
import { requires } from "../../support/requirements.ts";
import { machineSpec } from "../runtimes.ts";

describe("runtime docker: networks of the engine, where LocalAWS makes none", function () {
  this.timeout(180_000);
  requires("docker");
  let opened: Awaited<ReturnType<typeof open>>;

  before(async () => {
    opened = await open();
  });
  after(() => opened?.dispose());

  /** As where LocalAWS cannot enter the networks of machines. */
  async function open() {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-runtime-"));
    const log = pino({ level: "silent" });
    const uplink = { open: async () => undefined, close: async () => {} };
    const fabric = new NetworkFabric({ uplink, log });
    const networks = await MachineNetworks.open({ refusal: "It is not to.", userNamespace: false, fabric, log });
    const folder = folderId(dataDir);
    const machines = new DockerMachines(await connectEngine(10_000), { folder, dataDir, networks, fabric, log });
    return {
      machines,
      async dispose() {
        await machines.removeAll();
        await machines.close();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  }

  const networksOf = (subnetId: string) =>
    engineCommand(["network", "ls", "-q", "--filter", `label=localaws.id=${subnetId}`]);

  it("has one bridge a network for as long as there is a machine in it, running or stopped", async () => {
    const spec = machineSpec();
    const neighbour = machineSpec({ network: { ...spec.network, privateIpAddress: nextAddress(spec) } });
    await Promise.all([opened.machines.launch(spec), opened.machines.launch(neighbour)]);
    expect((await networksOf(spec.network.id)).split("\n")).to.have.lengthOf(1);
    await opened.machines.remove(spec.id);
    await opened.machines.stop(neighbour.id);
    expect(await networksOf(spec.network.id)).not.to.equal("");
    await opened.machines.remove(neighbour.id);
    expect(await networksOf(spec.network.id)).to.equal("");
  });

  it("leaves no network behind when the launch fails", async () => {
    const spec = machineSpec();
    await opened.machines.launch({ ...spec, image: "localaws-test/missing:latest" }).catch(() => {});
    expect(await networksOf(spec.network.id)).to.equal("");
  });

  it("gives a machine an address of another block where the network's is taken, keeps it, and says so", async () => {
    const other = await open();
    const taken = machineSpec();
    await opened.machines.launch(taken);
    expect(opened.machines.limitations.join()).not.to.include("another block");

    const spec = machineSpec({ network: taken.network });
    const { privateIpAddress } = await other.machines.launch(spec);
    expect(privateIpAddress)
      .to.match(/^\d+\.\d+\.\d+\.20$/)
      .and.not.to.equal(taken.network.privateIpAddress);
    expect(other.machines.limitations.join()).to.include("another block");
    await other.machines.stop(spec.id);
    expect((await other.machines.start(spec.id)).privateIpAddress).to.equal(privateIpAddress);
    await other.dispose();
    expect((await opened.machines.get(taken.id))?.privateIpAddress).to.equal(taken.network.privateIpAddress);
  });

  it("labels what it makes with the data folder, the kind and the id, and with the caller's labels", async () => {
    const spec = machineSpec({ labels: { account: "123456789012", "localaws.region": "eu-west-1" } });
    await opened.machines.launch(spec);
    const labels = JSON.parse(await engineCommand(["inspect", "-f", "{{json .Config.Labels}}", `localaws-${spec.id}`]));
    expect(labels).to.include({
      "localaws.kind": "machine",
      "localaws.id": spec.id,
      "localaws.network": spec.network.id,
      "localaws.account": "123456789012",
      "localaws.region": "eu-west-1",
    });
    expect(labels["localaws.data-folder"]).to.match(/^[0-9a-f]{16}$/);
  });
});

function nextAddress(spec: ReturnType<typeof machineSpec>): string {
  return spec.network.privateIpAddress.replace(/\d+$/, (last) => String(Number(last) + 1));
}
