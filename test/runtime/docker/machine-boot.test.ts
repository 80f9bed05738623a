import { expect } from "chai";
import { buildImage, engineCommand } from "../../support/docker/engine-command.ts";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { rejection } from "../rejection.ts";
import { machineSpec, type OpenRuntime, openRuntime, uniqueId } from "../runtimes.ts";

describe("runtime docker: boot of a machine", function () {
  this.timeout(180_000);
  requires("docker");
  const images: string[] = [];
  let opened: OpenRuntime;

  before(async () => {
    opened = await openRuntime("docker");
    await opened.machines.prepareImage("alpine:latest", () => {});
  });
  after(async () => {
    await opened?.dispose();
    if (images.length > 0) await engineCommand(["rmi", ...images]);
  });

  /** Launches a machine of an image that is `alpine:latest` with these instructions. */
  async function launch(...instructions: string[]) {
    const image = `localaws-test/${uniqueId("boot")}:latest`;
    await buildImage(image, ["FROM alpine:latest", ...instructions]);
    images.push(image);
    return await opened.machines.launch(machineSpec({ image }));
  }
  const onConsole = (id: string, text: string) =>
    eventually(`${text} on the console`, async () => (await opened.machines.consoleOutput(id)).includes(text));

  it("runs the image's command, shows what it writes, and stays up when that ends", async () => {
    const { id } = await launch('ENTRYPOINT ["echo","the entrypoint"]', 'CMD ["and the command"]');
    await onConsole(id, "the entrypoint and the command");
    expect((await opened.machines.exec(id, ["true"])).exitCode).to.equal(0);
    expect((await opened.machines.get(id))?.state).to.equal("running");
  });

  it("stays up with an image that has no command", async () => {
    const { id } = await launch("ENTRYPOINT []", "CMD []");
    expect((await opened.machines.exec(id, ["true"])).exitCode).to.equal(0);
  });

  it("ends the image's command with the image's stop signal", async () => {
    const { id } = await launch(
      "STOPSIGNAL SIGUSR1",
      `CMD ["/bin/sh","-c","trap 'echo stopped cleanly; exit' USR1; echo ready; while :; do sleep 0.1; done"]`,
    );
    await onConsole(id, "ready");
    await opened.machines.stop(id);
    expect(await opened.machines.consoleOutput(id)).to.include("stopped cleanly");
  });

  it("kills a command that ignores its stop signal, after the seconds of grace", async () => {
    const { id } = await launch(`CMD ["/bin/sh","-c","trap '' TERM; echo ready; while :; do sleep 0.1; done"]`);
    await onConsole(id, "ready");
    const started = performance.now();
    await opened.machines.stop(id, 2);
    expect(performance.now() - started).to.be.above(1900);
    expect(await opened.machines.get(id)).to.deep.equal({ id, state: "stopped" });
  });

  it("ends when it is powered off from inside", async () => {
    const exits: string[] = [];
    const end = opened.machines.watch((id) => exits.push(id));
    const { id } = await launch();
    await opened.machines.exec(id, ["poweroff"]);
    await eventually("the exit", () => exits.includes(id));
    expect((await opened.machines.get(id))?.state).to.equal("stopped");
    end();
  });

  it("runs an image without a shell by its own command, and ends with that", async () => {
    const exits: [string, number][] = [];
    const end = opened.machines.watch((id, exitCode) => exits.push([id, exitCode]));
    const { id } = await launch("RUN rm /bin/sh", 'CMD ["/bin/busybox","nslookup","-invalid-option"]');
    const [, exitCode] = await eventually("the exit", () => exits.find(([exited]) => exited === id));
    expect(exitCode).to.be.above(0);
    expect(await opened.machines.get(id)).to.deep.equal({ id, state: "stopped", exitCode });
    end();
  });

  it("hands PID 1 to an image's own init", async () => {
    const { id } = await launch('CMD ["/sbin/init"]');
    const { stdout } = await opened.machines.exec(id, ["cat", "/proc/1/cmdline"]);
    expect(stdout.split("\0")[0]).to.be.oneOf(["init", "/sbin/init"]);
  });

  it("ends at once, and says why, with an image that has neither a shell nor the program that it names", async () => {
    const exits: [string, number][] = [];
    const end = opened.machines.watch((id, exitCode) => exits.push([id, exitCode]));
    const { id } = await launch("RUN rm /bin/sh", 'CMD ["/no/such/program"]');
    await eventually("the exit", () => exits.some(([exited, exitCode]) => exited === id && exitCode === 127));
    await onConsole(id, "/no/such/program");
    end();
  });

  it("rejects an image that has neither a shell nor a command with Client.InvalidImage, and leaves nothing", async () => {
    const error = await rejection(launch("RUN rm /bin/sh", "ENTRYPOINT []", "CMD []"));
    expect(error).to.include({ name: "MachineLaunchError", reason: "Client.InvalidImage" });
    expect(await engineCommand(["ps", "-aq", "--filter", `ancestor=${images.at(-1)}`])).to.equal("");
  });

  it("limits CPUs and memory, and gives what the engine has where that is less", async () => {
    const spec = machineSpec({ cpus: 1, memoryBytes: 192 * 1024 * 1024 });
    const large = machineSpec({ cpus: 4096, memoryBytes: 192 * 1024 * 1024 });
    await Promise.all([opened.machines.launch(spec), opened.machines.launch(large)]);
    const limits = await opened.machines.exec(spec.id, [
      "/bin/sh",
      "-c",
      "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null",
    ]);
    expect(limits.stdout.trim()).to.equal(String(192 * 1024 * 1024));
    const given = await engineCommand(["inspect", "-f", "{{.HostConfig.NanoCpus}}", `localaws-${spec.id}`]);
    expect(given).to.equal(String(1e9));
    expect(opened.machines.limitations.join()).to.match(/The engine has \d+ CPUs/);
  });
});
