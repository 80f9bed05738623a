import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import pino from "pino";
import type { RuntimeKind } from "../../src/runtime/runtime-kind.ts";
import { selectRuntime } from "../../src/runtime/select-runtime.ts";
import { openEngineSocket, withDockerHost } from "../support/docker/engine-socket.ts";
import { requires } from "../support/requirements.ts";
import { rejection } from "./rejection.ts";
import { machineSpec, openRuntimeIn } from "./runtimes.ts";

describe("runtime selection", () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-select-"));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  async function select(kind: RuntimeKind | "auto"): Promise<RuntimeKind> {
    const { machines, databases } = await selectRuntime({
      kind,
      dataDir,
      searchPath: [],
      log: pino({ level: "silent" }),
    });
    await Promise.all([machines.close(), databases.close()]);
    expect(databases.kind).to.equal(machines.kind);
    return machines.kind;
  }

  it("takes the embedded runtime and the records where they are asked for", async () => {
    expect(await select("embedded")).to.equal("embedded");
    expect(await select("records")).to.equal("records");
  });

  it("takes the embedded runtime by itself where there is no engine", async () => {
    expect(await withDockerHost(`unix://${dataDir}/nothing.sock`, () => select("auto"))).to.equal("embedded");
  });

  it("takes the embedded runtime by itself where an engine does not answer within two seconds", async () => {
    const socket = await openEngineSocket({ answers: false });
    const started = performance.now();
    expect(await withDockerHost(socket.url, () => select("auto"))).to.equal("embedded");
    expect(performance.now() - started).to.be.above(1900);
    await socket.close();
  });

  it("takes the embedded runtime by itself where DOCKER_HOST cannot be understood", async () => {
    expect(await withDockerHost("tcp://[", () => select("auto"))).to.equal("embedded");
  });

  it("rejects docker where no engine answers, with a sentence that says so", async () => {
    const error = await rejection(withDockerHost(`unix://${dataDir}/nothing.sock`, () => select("docker")));
    expect(error.message).to.match(/^No Docker engine answers: .*nothing\.sock/);
  });

  describe("one data folder", () => {
    requires("namespaces");

    it("keeps what the embedded runtime has while the records are chosen", async () => {
      const spec = machineSpec();
      const embedded = await openRuntimeIn("embedded", dataDir);
      await embedded.machines.launch(spec);
      await Promise.all([embedded.machines.close(), embedded.databases.close()]);

      const records = await openRuntimeIn("records", dataDir);
      expect(await records.machines.list()).to.deep.equal([]);
      await records.machines.launch(spec);
      await Promise.all([records.machines.close(), records.databases.close()]);

      const again = await openRuntimeIn("embedded", dataDir);
      expect(await again.machines.list()).to.deep.equal([{ id: spec.id, state: "stopped" }]);
      await again.machines.removeAll();
      await Promise.all([again.machines.close(), again.databases.close()]);
    });
  });

  describe("with an engine", () => {
    requires("docker");

    it("takes docker by itself", async () => {
      expect(await select("auto")).to.equal("docker");
    });
  });
});
