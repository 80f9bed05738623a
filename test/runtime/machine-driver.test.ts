import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect } from "chai";
import type { MachineDriver, MachineSpec } from "../../src/runtime/machine-driver.ts";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { rejection } from "./rejection.ts";
import { machineSpec, type OpenRuntime, openRuntime, type RuntimeUnderTest, runtimes, uniqueId } from "./runtimes.ts";

for (const runtime of runtimes) {
  describe(`runtime ${runtime.kind}: machines`, function () {
    this.timeout(180_000);
    requires(...runtime.needs);
    let opened: OpenRuntime;
    let machines: MachineDriver;

    before(async () => {
      opened = await openRuntime(runtime.kind);
      machines = opened.machines;
    });
    after(() => opened?.dispose());

    const launch = async (changes: Partial<MachineSpec> = {}) => {
      const spec = machineSpec(changes);
      await machines.launch(spec);
      return spec;
    };

    it("says what it is and what it cannot do, in sentences", () => {
      expect(machines.kind).to.equal(runtime.kind);
      for (const limitation of machines.limitations) expect(limitation).to.match(/^[A-Z].*\.$/);
    });

    it("removes all of nothing", async () => {
      const empty = await openRuntime(runtime.kind);
      await empty.machines.removeAll();
      expect(await empty.machines.list()).to.deep.equal([]);
      await empty.dispose();
    });

    it("launches a machine that runs at the address it was given", async () => {
      const spec = machineSpec();
      const machine = await machines.launch(spec);
      expect(machine).to.deep.equal({
        id: spec.id,
        state: "running",
        privateIpAddress: spec.network.privateIpAddress,
      });
      expect(await machines.get(spec.id)).to.deep.equal(machine);
    });

    if (runtime.runs) {
      it("gives a machine's interface the MAC address that was asked for", async () => {
        const macAddress = "0a:12:34:56:78:9a";
        const { id } = await launch({ network: { ...machineSpec().network, macAddress } });
        expect((await machines.exec(id, ["ip", "link", "show", "eth0"])).stdout).to.include(macAddress);
      });
    }

    it("refuses to launch a second machine under the same id, and leaves the first alone", async () => {
      const spec = await launch();
      expect(await rejection(machines.launch(spec))).to.have.property("name", "MachineLaunchError");
      expect((await machines.get(spec.id))?.state).to.equal("running");
    });

    it("knows nothing of a machine that was never launched", async () => {
      expect(await machines.get(uniqueId("i"))).to.equal(undefined);
      expect(await rejection(machines.start(uniqueId("i")))).to.be.instanceOf(Error);
    });

    it("lists every machine of this data folder and none of another", async () => {
      const [one, two] = [await launch(), await launch()];
      const other = await openRuntime(runtime.kind);
      const stranger = machineSpec();
      await other.machines.launch(stranger);
      const ids = (await machines.list()).map((machine) => machine.id);
      expect(ids).to.include.members([one.id, two.id]);
      expect(ids).not.to.include(stranger.id);
      expect((await other.machines.list()).map((machine) => machine.id)).to.deep.equal([stranger.id]);
      await other.dispose();
      expect((await machines.get(one.id))?.state).to.equal("running");
    });

    it("stops a machine, which then has neither address nor exit code, and stops it again without an error", async () => {
      const { id } = await launch();
      await machines.stop(id);
      expect(await machines.get(id)).to.deep.equal({ id, state: "stopped" });
      await machines.stop(id);
      await machines.stop(uniqueId("i"));
    });

    it("stops by force at once with a grace of 0 seconds", async () => {
      const { id } = await launch();
      const started = performance.now();
      await machines.stop(id, 0);
      // Not only after the usual grace, ten seconds.
      expect(performance.now() - started).to.be.below(9500);
      expect(await machines.get(id)).to.deep.equal({ id, state: "stopped" });
    });

    it("starts a stopped machine at the address that it had", async () => {
      const { id, network } = await launch();
      await machines.stop(id);
      const running = { id, state: "running", privateIpAddress: network.privateIpAddress };
      expect(await machines.start(id)).to.deep.equal(running);
      expect(await machines.start(id), "of one that runs").to.deep.equal(running);
    });

    it("starts a stopped machine with other limits", async () => {
      const { id } = await launch({ cpus: 1, memoryBytes: 256 * 1024 * 1024 });
      await machines.stop(id);
      const machine = await machines.start(id, { cpus: 0.5, memoryBytes: 512 * 1024 * 1024 });
      expect(machine.state).to.equal("running");
      if (runtime.kind !== "docker") return;
      const files = "/sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes";
      const { stdout } = await machines.exec(id, ["sh", "-c", `cat ${files} 2>/dev/null`]);
      expect(stdout.trim()).to.equal(String(512 * 1024 * 1024));
    });

    it("reboots a machine, which keeps its address", async () => {
      const { id, network } = await launch();
      await machines.reboot(id);
      expect(await machines.get(id)).to.deep.equal({
        id,
        state: "running",
        privateIpAddress: network.privateIpAddress,
      });
    });

    it("removes a machine, running or stopped, and nothing without an error", async () => {
      const [running, stopped] = [await launch(), await launch()];
      await machines.stop(stopped.id);
      await Promise.all([machines.remove(running.id), machines.remove(stopped.id), machines.remove(uniqueId("i"))]);
      expect(await machines.get(running.id)).to.equal(undefined);
      expect(await machines.get(stopped.id)).to.equal(undefined);
    });

    it("removes every machine of this data folder", async () => {
      const own = await openRuntime(runtime.kind);
      const specs = [machineSpec(), machineSpec()];
      await Promise.all(specs.map((spec) => own.machines.launch(spec)));
      await own.machines.removeAll();
      expect(await own.machines.list()).to.deep.equal([]);
      await own.dispose();
    });

    it("finds its machines after a restart of LocalAWS", async () => {
      const own = await openRuntime(runtime.kind);
      const spec = machineSpec();
      const stopped = machineSpec();
      await Promise.all([own.machines.launch(spec), own.machines.launch(stopped)]);
      await own.machines.stop(stopped.id);
      await own.reopen();
      expect((await own.machines.get(spec.id))?.state).to.equal(runtime.outlives ? "running" : "stopped");
      expect(await own.machines.get(stopped.id)).to.deep.equal({ id: stopped.id, state: "stopped" });
      expect((await own.machines.start(spec.id)).state).to.equal("running");
      await own.dispose();
    });

    if (runtime.images) testImages(() => machines);
    else {
      it("has every image ready, since it looks at none", async () => {
        await machines.prepareImage("127.0.0.1:1/localaws/missing:latest", () => {});
      });
    }
    if (runtime.runs) testPrograms(() => machines, launch, runtime);
    else {
      it("refuses to run a program, with what it cannot do", async () => {
        const { id } = await launch();
        const error = await rejection(machines.exec(id, ["true"]));
        expect(error.message).to.include(id).and.to.include(machines.limitations[0]);
      });

      it("has no figures of what a machine uses", async () => {
        expect(await machines.stats((await launch()).id)).to.equal(undefined);
      });

      it("has nothing on the console", async () => {
        expect(await machines.consoleOutput((await launch()).id)).to.equal("");
      });
    }
  });
}

function testImages(machines: () => MachineDriver): void {
  it("has an image ready that is there, without a word", async () => {
    const lines: string[] = [];
    await machines().prepareImage("alpine:latest", (line) => lines.push(line));
    expect(lines).to.deep.equal([]);
  });

  it("rejects an image that cannot be had with Client.ImageNotFound and the engine's words", async () => {
    const image = "127.0.0.1:1/localaws/missing:latest";
    const lines: string[] = [];
    const error = await rejection(machines().prepareImage(image, (line) => lines.push(line)));
    expect(error).to.include({ name: "MachineLaunchError", reason: "Client.ImageNotFound" });
    expect(error.message)
      .to.include(image)
      .and.to.match(/refused|not found|denied/);
    expect(lines).to.deep.equal([`Pulling ${image}`]);
  });

  it("gives up a pull when the signal is aborted", async () => {
    const reason = new Error("no longer wanted");
    const aborted = AbortSignal.abort(reason);
    expect(await rejection(machines().prepareImage("127.0.0.1:1/localaws/missing:latest", () => {}, aborted))).to.equal(
      reason,
    );
  });

  it("rejects a launch from an image that is not there, and leaves nothing", async () => {
    const spec = machineSpec({ image: "localaws-test/missing:latest" });
    const error = await rejection(machines().launch(spec));
    expect(error).to.include({ name: "MachineLaunchError", reason: "Client.ImageNotFound" });
    expect(await machines().get(spec.id)).to.equal(undefined);
  });
}

type Launch = (changes?: Partial<MachineSpec>) => Promise<MachineSpec>;

function testPrograms(machines: () => MachineDriver, launch: Launch, runtime: RuntimeUnderTest): void {
  const run = (id: string, script: string) => machines().exec(id, ["/bin/sh", "-c", script]);

  it("runs a program as root and gives its exit code and both of its streams", async () => {
    const { id } = await launch();
    expect(await run(id, "id -u; echo trouble >&2; exit 3")).to.deep.equal({
      exitCode: 3,
      stdout: "0\n",
      stderr: "trouble\n",
    });
  });

  it("hands arguments and environment to a program as they are", async () => {
    const { id } = await launch();
    const argv = ["/bin/sh", "-c", 'printf "%s|" "$@" "$WORD"', "sh", "a b", "$HOME", "'\"\\", ""];
    const { stdout } = await machines().exec(id, argv, { env: { WORD: "über $x" } });
    expect(stdout).to.equal("a b|$HOME|'\"\\||über $x|");
  });

  it("tells of a program that is not there by its exit code", async () => {
    const { id } = await launch();
    expect((await machines().exec(id, ["/no/such/program"])).exitCode).to.be.oneOf([126, 127]);
  });

  it("cuts a program's output at 1 MiB, without holding the program up", async () => {
    const { id } = await launch();
    const { stdout, exitCode } = await run(id, "head -c 3000000 /dev/zero | tr '\\0' x; exit 7");
    expect(stdout)
      .to.have.lengthOf(1024 * 1024)
      .and.to.match(/^x+$/);
    expect(exitCode).to.equal(7);
  });

  it("refuses to run a program in a stopped machine", async () => {
    const { id } = await launch();
    await machines().stop(id);
    expect(await rejection(machines().exec(id, ["true"]))).to.be.instanceOf(Error);
  });

  it("tells what a machine uses, and nothing of one that does not run", async () => {
    const { id } = await launch();
    await run(id, "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done");
    const stats = await eventually("the first figures", () => machines().stats(id));
    expect(stats.cpuSeconds).to.be.within(0.001, 60);
    expect(stats.memoryBytes).to.be.within(4096, 256 * 1024 * 1024);
    await machines().stop(id);
    expect(await machines().stats(id)).to.equal(undefined);
    expect(await machines().stats(uniqueId("i"))).to.equal(undefined);
  });

  it("streams a program's input and output as they are, and gives its exit code", async () => {
    const { id } = await launch();
    const program = await machines().spawn(id, ["/bin/sh", "-c", 'cat; echo "$WORD" >&2; exit 9'], {
      env: { WORD: "trouble" },
    });
    const bytes = randomBytes(300_000);
    program.stdin.end(bytes);
    const [stdout, stderr] = await Promise.all([buffer(program.stdout), buffer(program.stderr)]);
    expect(stdout.equals(bytes)).to.equal(true);
    expect(String(stderr)).to.equal("trouble\n");
    expect(await program.exited).to.deep.equal({ exitCode: 9 });
  });

  it("signals a program that it streams", async () => {
    const { id } = await launch();
    const program = await machines().spawn(id, ["/bin/sh", "-c", "trap 'exit 7' TERM; while :; do sleep 0.1; done"]);
    program.stdout.resume();
    program.stderr.resume();
    await program.kill("TERM");
    expect(await program.exited).to.deep.equal({ exitCode: 7 });
  });

  it("has a volume's content follow it from machine to machine, through a snapshot, and stay when a machine goes", async () => {
    const { volumes } = machines();
    const [one, other] = [await launch(), await launch()];
    const [volume, snapshot, copy] = [uniqueId("vol"), uniqueId("snap"), uniqueId("vol")];
    await volumes.create(volume);
    await volumes.attach(volume, { machineId: one.id, device: "xvdf" });
    await run(one.id, "echo kept >/mnt/ebs/xvdf/file && chmod 640 /mnt/ebs/xvdf/file");
    await volumes.snapshot(volume, snapshot);
    await run(one.id, "echo later >/mnt/ebs/xvdf/file");
    await volumes.detach(volume);
    expect((await run(one.id, "ls /mnt/ebs")).stdout).to.equal("");
    await volumes.attach(volume, { machineId: other.id, device: "sdg" });
    expect((await run(other.id, "cat /mnt/ebs/sdg/file")).stdout).to.equal("later\n");
    await volumes.create(copy, snapshot);
    await volumes.attach(copy, { machineId: one.id, device: "xvdh" });
    expect((await run(one.id, "cat /mnt/ebs/xvdh/file; stat -c %a /mnt/ebs/xvdh/file")).stdout).to.equal("kept\n640\n");
    await machines().stop(one.id);
    await machines().start(one.id);
    expect((await run(one.id, "cat /mnt/ebs/xvdh/file")).stdout).to.equal("kept\n");
    await machines().remove(other.id);
    await volumes.attach(volume, { machineId: one.id, device: "xvdf" });
    expect((await run(one.id, "cat /mnt/ebs/xvdf/file")).stdout).to.equal("later\n");
    await Promise.all([volumes.remove(volume), volumes.remove(copy), volumes.removeSnapshot(snapshot)]);
    expect((await run(one.id, "ls /mnt/ebs")).stdout).to.equal("");
  });

  it("gives a machine its host name and environment", async () => {
    const { id } = await launch({ hostName: "ip-10-0-0-99", env: { STAGE: "test" } });
    expect((await run(id, "hostname")).stdout).to.equal("ip-10-0-0-99\n");
    expect((await run(id, "tr '\\0' '\\n' </proc/1/environ")).stdout.split("\n")).to.include("STAGE=test");
  });

  it("keeps the disk over a stop and a reboot, and starts the programs anew", async () => {
    const { id } = await launch();
    await run(id, "echo kept >/root/file; sleep 1000 >/dev/null 2>&1 &");
    await machines().stop(id);
    await machines().start(id);
    expect((await run(id, "cat /root/file")).stdout).to.equal("kept\n");
    await run(id, "sleep 1000 >/dev/null 2>&1 &");
    await machines().reboot(id);
    expect((await run(id, "cat /root/file; ps -ef | grep -c '[s]leep 1000'")).stdout).to.equal("kept\n0\n");
  });

  it("drops the disk with the machine", async () => {
    const spec = await launch();
    await run(spec.id, "echo kept >/root/file");
    await machines().remove(spec.id);
    await launch(spec);
    expect((await run(spec.id, "cat /root/file")).exitCode).to.equal(1);
  });

  it("shows what was written to the console since the last start", async () => {
    const { id } = await launch();
    await run(id, "echo first run >/proc/1/fd/1");
    await eventually("the first line", async () => (await machines().consoleOutput(id)).includes("first run"));
    await machines().stop(id);
    expect(await machines().consoleOutput(id)).to.include("first run");
    await machines().start(id);
    await run(id, "echo second run >/proc/1/fd/1");
    await eventually("the second line", async () => (await machines().consoleOutput(id)).includes("second run"));
    expect(await machines().consoleOutput(id)).not.to.include("first run");
  });

  it("cuts the console to its last 64 KiB", async () => {
    const { id } = await launch();
    await run(id, "echo the beginning >/proc/1/fd/1; seq 1 30000 >/proc/1/fd/1; echo the end >/proc/1/fd/1");
    const output = await eventually("the end", async () => {
      const text = await machines().consoleOutput(id);
      return text.includes("the end") && text;
    });
    expect(output).to.not.include("the beginning");
    expect(Buffer.byteLength(output)).to.be.within(60_000, 64 * 1024);
  });

  it("removes a machine that floods its console", async () => {
    const { id } = await launch();
    await run(id, "yes a line that fills the console >/proc/1/fd/1 2>/dev/null &");
    await eventually("the flood", async () => (await machines().consoleOutput(id)).includes("fills the console"));
    await machines().remove(id);
    expect(await machines().get(id)).to.equal(undefined);
  });

  it("calls back when a machine ends by itself, and knows its exit code", async () => {
    const exits: [string, number][] = [];
    const end = machines().watch((id, exitCode) => exits.push([id, exitCode]));
    const { id } = await launch();
    await run(id, "kill -TERM 1");
    const [, exitCode] = await eventually("the exit", () => exits.find(([exited]) => exited === id));
    expect(await machines().get(id)).to.deep.equal({ id, state: "stopped", exitCode });
    await machines().start(id);
    expect(await machines().get(id)).not.to.have.property("exitCode");
    end();
  });

  it("does not call back for what it was asked to do, nor after the watch has ended", async () => {
    const exits: string[] = [];
    const end = machines().watch((id) => exits.push(id));
    const ended: string[] = [];
    machines().watch((id) => ended.push(id))();
    const [asked, last] = [await launch(), await launch()];
    await machines().stop(asked.id);
    await machines().start(asked.id);
    await machines().stop(asked.id, 0);
    await machines().start(asked.id);
    await machines().reboot(asked.id);
    await machines().remove(asked.id);
    await run(last.id, "kill -TERM 1");
    await eventually("the exit that was not asked for", () => exits.includes(last.id));
    expect(exits).not.to.include(asked.id);
    expect(ended).to.deep.equal([]);
    end();
  });

  it("answers other calls while machines launch", async () => {
    const { id } = await launch();
    const launches = Promise.all([launch(), launch(), launch()]);
    expect((await run(id, "echo here")).stdout).to.equal("here\n");
    await launches;
  });

  if (runtime.networks) testNetworks(run, launch, machines);
}

function testNetworks(
  run: (id: string, script: string) => Promise<{ exitCode: number }>,
  launch: Launch,
  machines: () => MachineDriver,
): void {
  it("lets machines of one subnet reach each other, and those of two not", async () => {
    const one = await launch();
    const block = one.network.cidrBlock.replace(/\.0\/24$/, "");
    const two = await launch({ network: { ...one.network, privateIpAddress: `${block}.21` } });
    const stranger = await launch();
    const ping = (address: string) => run(one.id, `busybox ping -c 1 -W 2 ${address}`);
    expect((await ping(two.network.privateIpAddress)).exitCode).to.equal(0);
    expect((await ping(stranger.network.privateIpAddress)).exitCode).not.to.equal(0);
    await machines().remove(two.id);
    expect((await ping(one.network.privateIpAddress)).exitCode).to.equal(0);
  });
}
