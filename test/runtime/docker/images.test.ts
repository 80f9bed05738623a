import { expect } from "chai";
import { engineCommand } from "../../support/docker/engine-command.ts";
import { type ImageRegistry, startRegistry } from "../../support/docker/image-registry.ts";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { rejection } from "../rejection.ts";
import { machineSpec, type OpenRuntime, openRuntime } from "../runtimes.ts";

describe("runtime docker: pull of an image", function () {
  this.timeout(180_000);
  requires("docker");
  let opened: OpenRuntime;
  let registry: ImageRegistry;

  beforeEach(async () => {
    opened = await openRuntime("docker");
    await opened.machines.prepareImage("alpine:latest", () => {});
    registry = await startRegistry();
  });
  afterEach(async () => {
    await registry.close();
    await opened.dispose();
    await engineCommand(["rmi", registry.image]).catch(() => {});
  });

  it("pulls a missing image, telling how far it is, and then has it", async () => {
    const lines: string[] = [];
    registry.slowDown();
    const pull = opened.machines.prepareImage(registry.image, (line) => lines.push(line));
    await eventually("a line on how far it is", () => lines.some((line) => /: \d of \d MB in \d layers?$/.test(line)));
    registry.speedUp();
    await pull;
    expect(lines[0]).to.equal(`Pulling ${registry.image}`);
    expect(lines.at(-1)).to.equal(`Pulled ${registry.image}`);
    expect(lines).to.have.length.below(10);
    expect((await opened.machines.launch(machineSpec({ image: registry.image }))).state).to.equal("running");
  });

  it("gives up a pull that is under way when the signal is aborted", async () => {
    registry.slowDown();
    const controller = new AbortController();
    const lines: string[] = [];
    const pull = rejection(opened.machines.prepareImage(registry.image, (line) => lines.push(line), controller.signal));
    await eventually("a line on how far it is", () => lines.length > 1);
    const reason = new Error("no longer wanted");
    controller.abort(reason);
    expect(await pull).to.equal(reason);
  });

  it("rejects an image that the registry does not have with Client.ImageNotFound and the registry's words", async () => {
    const missing = registry.image.replace("pulled:latest", "pulled@sha256:").concat("0".repeat(64));
    const error = await rejection(opened.machines.prepareImage(missing, () => {}));
    expect(error).to.include({ name: "MachineLaunchError", reason: "Client.ImageNotFound" });
  });
});
