import { randomBytes } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { findIsolation } from "../../../src/runtime/embedded/machine-isolation.ts";
import type { MachineSpec } from "../../../src/runtime/machine-driver.ts";
import { machineSpec, type OpenRuntime, openRuntime } from "../../runtime/runtimes.ts";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";

describe("embedded machines", function () {
  this.timeout(180_000);
  requires("namespaces");
  let runtime: OpenRuntime;
  before(async () => {
    runtime = await openRuntime("embedded");
  });
  after(() => runtime?.dispose());

  const launch = async (changes: Partial<MachineSpec> = {}) => {
    const spec = machineSpec(changes);
    await runtime.machines.launch(spec);
    return spec.id;
  };
  const run = (id: string, script: string) => runtime.machines.exec(id, ["/bin/sh", "-c", script]);

  it("see neither the host's home folders nor LocalAWS's data", async () => {
    const name = `secret-${randomBytes(8).toString("hex")}`;
    const home = mkdtempSync(join(homedir(), ".localaws-test-"));
    for (const folder of [home, runtime.dataDir, join(runtime.dataDir, "ec2")]) writeFileSync(join(folder, name), name);
    const id = await launch();
    const found = await run(
      id,
      `touch /root/${name}-own; find / -xdev -name '${name}*'; ls -A /home /mnt /opt /srv /tmp`,
    );
    rmSync(home, { recursive: true });
    expect(found.stdout).to.equal(`/root/${name}-own\n/home:\n\n/mnt:\nebs\n\n/opt:\n\n/srv:\n\n/tmp:\n`);
  });

  it("see no password and no setting that the host keeps from its users", async () => {
    const id = await launch();
    const { stdout } = await run(
      id,
      // Below /usr/local are the commands that LocalAWS has put there, and nothing of the host's.
      "cat /etc/shadow; ls -d /etc/ssl/private /etc/gshadow- /etc/shadow-; grep -Ls '^# LocalAWS$' /usr/local/*/* | grep -v become-root",
    );
    for (const line of stdout.trim().split("\n")) expect(line).to.match(/^[\w.-]+:\*:/);
    const people = (await run(id, "cut -d: -f3 /etc/passwd")).stdout.trim().split("\n").map(Number);
    expect(people.filter((uid) => uid >= 1000 && uid !== 65_534)).to.deep.equal([]);
  });

  it("see no process, mount or listening port of the host", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await eventually("a port", () => server.listening);
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const id = await launch();
    const { stdout } = await run(
      id,
      "cat /proc/[0-9]*/comm; echo; cat /proc/net/tcp; echo; cut -d' ' -f5 /proc/mounts",
    );
    server.close();
    expect(stdout).not.to.match(/^node$/m);
    expect(stdout).not.to.include(`:${port.toString(16).toUpperCase().padStart(4, "0")} `);
    const { stdout: mounts } = await run(id, "cut -d' ' -f2 /proc/mounts");
    expect(
      // Its own volumes are in /mnt/ebs.
      mounts
        .split("\n")
        .filter((path) => !/^(|\/mnt\/ebs|\/|\/(usr|etc|run|lib\d*|s?bin)|\/(proc|dev)(\/.*)?)$/.test(path)),
    ).to.deep.equal([]);
    expect(mounts).not.to.include(runtime.dataDir);
  });

  it("do not see each other", async () => {
    const [one, two] = [await launch({ hostName: "one" }), await launch({ hostName: "two" })];
    await run(one, "echo mine >/root/file; echo mine >/usr/local/file; sleep 1234 >/dev/null 2>&1 &");
    const look =
      "hostname; find /root /usr/local -name file; cat /proc/[0-9]*/cmdline | tr '\\0' ' '; readlink /proc/self/ns/net";
    const [there, here] = [await run(one, look), await run(two, look)];
    expect(there.stdout)
      .to.match(/^one\n\/root\/file\n\/usr\/local\/file\n/)
      .and.to.include("sleep 1234");
    expect(here.stdout)
      .to.match(/^two\n/)
      .and.not.to.match(/file\n|sleep 1234/);
    expect(here.stdout.split("net:")[1]).not.to.equal(there.stdout.split("net:")[1]);
  });

  it("hold no right over the host's kernel, neither PID 1 nor what is run in them", async () => {
    const id = await launch();
    const { stdout } = await run(id, "cat /proc/1/status /proc/self/status");
    const rights = [...stdout.matchAll(/^Cap(?:Inh|Prm|Eff|Bnd|Amb):\t(\w+)$/gm)].map(([, mask]) =>
      BigInt(`0x${mask}`),
    );
    expect(rights).to.have.lengthOf(10);
    // CAP_SYS_MODULE 16, SYS_RAWIO 17, SYS_PTRACE 19, SYS_ADMIN 21, SYS_BOOT 22, SYS_TIME 25, MKNOD 27, DAC_READ_SEARCH 2.
    for (const mask of rights)
      for (const bit of [2n, 16n, 17n, 19n, 21n, 22n, 25n, 27n]) expect((mask >> bit) & 1n).to.equal(0n);
    // Nor do programs that become root, which `sudo` is: this one is of another user's.
    const copy =
      "cp /bin/cat /usr/local/bin/look; chmod 4755 /usr/local/bin/look; setpriv --reuid 1000 --clear-groups look /proc/self/status";
    const { stdout: raised } = await run(id, copy);
    expect(raised).to.match(/^Uid:\t1000\t0\t/m);
    const masks = [...raised.matchAll(/^Cap(?:Prm|Eff|Bnd):\t(\w+)$/gm)].map(([, mask]) => mask);
    expect(new Set(masks)).to.have.property("size", 1);
    expect(BigInt(`0x${masks[0]}`)).to.equal(rights.reduce((all, mask) => all | mask));
  });

  for (const attempt of [
    "mount -t tmpfs tmpfs /mnt",
    "umount /proc/sys",
    "mknod /root/disk b 8 0",
    "date -s 2001-01-01",
    "hostname other",
    "echo other >/proc/sys/kernel/hostname",
    "echo h >/proc/sysrq-trigger",
    "unshare --mount true",
    "unshare --map-root-user --mount true",
    "nsenter --target 1 --mount true",
    "chroot /proc/1/root/.. ls /old/root",
  ]) {
    it(`cannot do \`${attempt}\``, async () => {
      const id = await launch();
      const { exitCode } = await run(id, attempt);
      expect(exitCode).not.to.be.oneOf([0, 127]);
    });
  }

  it("run none of their own programs with rights, whatever they put in their place", async () => {
    const id = await launch();
    const trap = "#!/bin/sh\ngrep CapEff /proc/self/status >>/root/caught\n";
    await run(
      id,
      `for name in setpriv chroot prlimit nsenter umount mount; do printf '${trap}' >/usr/bin/$name; chmod +x /usr/bin/$name; done`,
    );
    expect(await run(id, "echo here; ls /root")).to.deep.equal({ exitCode: 0, stdout: "here\n", stderr: "" });
    await runtime.machines.reboot(id);
    expect((await run(id, "ls /root")).stdout).to.equal("");
  });

  it("do not lead their set-up astray by a symbolic link on the disk", async () => {
    const id = await launch();
    await runtime.machines.stop(id);
    const outside = mkdtempSync(join(tmpdir(), "localaws-outside-"));
    const disk = join(runtime.dataDir, "ec2", id, "disk");
    for (const name of ["dev", "etc", "proc", "run", "usr"]) {
      rmSync(join(disk, name), { recursive: true });
      symlinkSync(outside, join(disk, name));
    }
    await runtime.machines.start(id);
    expect((await run(id, "echo kept >/etc/own; cat /etc/own; ls /proc/1/status")).stdout).to.equal(
      "kept\n/proc/1/status\n",
    );
    expect(readdirSync(outside)).to.deep.equal([]);
    rmSync(outside, { recursive: true });
  });

  it("pass nothing on of what this process was started with", async () => {
    process.env.LOCALAWS_TEST_SECRET = "leaked";
    const id = await launch({ env: { OWN: "variable" } });
    const { stdout } = await run(id, "env; tr '\\0' '\\n' </proc/1/environ; ls -l /proc/1/fd /proc/self/fd");
    delete process.env.LOCALAWS_TEST_SECRET;
    expect(stdout).to.include("OWN=variable").and.not.to.include("leaked");
    const open = [...stdout.matchAll(/ (\d+) -> (.*)/g)]
      .filter(([, fd]) => Number(fd) > 2)
      .map(([, , target]) => target);
    for (const target of open) expect(target).to.match(/^\/dev\/null$|^\/proc\/\d+\/fd$/);
  });

  it("are ended by the end of PID 1, whatever else runs in them", async () => {
    const id = await launch();
    const { stdout } = await run(id, "sleep 4321 >/dev/null 2>&1 & readlink /proc/self/ns/pid");
    expect(processesIn(stdout.trim())).to.have.length.above(1);
    const first = processesIn(stdout.trim()).find((pid) =>
      /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, "utf8")),
    );
    process.kill(Number(first), "SIGKILL");
    await eventually("its end", async () => (await runtime.machines.get(id))?.state === "stopped");
    // util-linux 2.38 tells of SIGKILL by 1.
    expect((await runtime.machines.get(id))?.exitCode).to.be.oneOf([1, 137]);
    expect(processesIn(stdout.trim())).to.deep.equal([]);
  });

  it("keep a fork bomb inside", async () => {
    const id = await launch({ memoryBytes: 128 * 1024 * 1024 });
    const bomb = "n=0; while [ $n -lt 1000 ]; do sleep 100 >/dev/null 2>&1 & n=$((n+1)); done";
    expect((await run(id, bomb)).stderr).to.match(/fork/i);
    await runtime.machines.reboot(id);
    expect((await run(id, "echo well")).stdout).to.equal("well\n");
  });

  it("say that memory is not limited, or limit it", async () => {
    const id = await launch({ memoryBytes: 64 * 1024 * 1024 });
    // `tail` keeps a line as long as it gets.
    const { exitCode } = await run(
      id,
      "head -c 200000000 /dev/zero | tail -n 1 | wc -c >/dev/null; head -c 200000000 /dev/zero | tail -n 1 >/dev/null",
    );
    const unlimited = runtime.machines.limitations.some((line) => line.includes("memory are not limited"));
    expect(exitCode).to.equal(unlimited ? 0 : 137);
  });

  it("refuse an id, a host name, an address and a variable that are none", async () => {
    const refused = async (changes: Partial<MachineSpec>) => {
      const spec = machineSpec(changes);
      const error = await runtime.machines.launch(spec).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.have.property("name", "MachineLaunchError");
      expect(await runtime.machines.list()).not.to.deep.include({ id: spec.id, state: "stopped" });
    };
    await refused({ id: "../escape" });
    await refused({ hostName: "-n" });
    await refused({ network: { id: "subnet-1", cidrBlock: "10.0.0.0/24", privateIpAddress: "10.0.0.4; reboot" } });
    await refused({ env: { "A B": "c" } });
  });

  it("are not had where the data folder is in what they see of the host", async () => {
    const error = await findIsolation("/usr/share/localaws").catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property("message").that.includes("--data");
  });

  it("leave nothing behind when a crash cut a launch off", async () => {
    const own = await openRuntime("embedded");
    const id = machineSpec().id;
    mkdirSync(join(own.dataDir, "ec2", id, "disk"), { recursive: true });
    mkdirSync(join(own.dataDir, "ec2", ".probe-old"));
    await own.reopen();
    expect(readdirSync(join(own.dataDir, "ec2"))).to.deep.equal([]);
    expect(await own.machines.list()).to.deep.equal([]);
    await own.dispose();
  });
});

/** The host's ids of the processes in a PID namespace (`pid:[…]`). */
function processesIn(namespace: string): string[] {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/ns/pid`) === namespace;
    } catch {
      return false;
    }
  });
}
