import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { copyFolders } from "../copied-folders.ts";
import { blankInheritedDescriptors } from "../inherited-descriptors.ts";
import { commandsScript } from "../machine-commands.ts";
import type { ExecResult } from "../machine-driver.ts";
import { runProgram, signalNumber } from "../run-program.ts";
import { ConsoleLog } from "./console-log.ts";
import { enterScript, setupScript } from "./machine-setup.ts";

/** Nothing of LocalAWS's own environment reaches a machine or what sets it up. */
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const hostEnvironment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" };

/** Generous: fifty machines may start at once on two cores. */
const setupMilliseconds = 60_000;
const initMilliseconds = 10_000;

export interface MachineProcessOptions {
  /** Absolute; the machine's own. `seed/` in it is there already. */
  readonly folder: string;
  /** In a user namespace, as LocalAWS must be where it is not root. */
  readonly userNamespace: boolean;
  readonly cgroups: readonly string[];
  readonly hostName: string;
  /** With the prefix length: `172.31.0.5/20`. */
  readonly address: string;
  readonly macAddress: string;
  readonly env: Readonly<Record<string, string>>;
  /** A folder of the host, absolute, that the machine has for its volumes. */
  readonly volumes: string;
  /** How many processes it may have. */
  readonly processes: number;
  /** A shell script for PID 1. */
  readonly init: string;
  /** Gives it its network, by its PID 1 as this process counts, before its init runs. Without: an interface that leads nowhere. */
  readonly connect?: ((pid: number) => Promise<void>) | undefined;
}

/** A running machine: a process tree in namespaces of its own, which ends with this process. */
export class MachineProcess {
  /** As the address was given: none where the host has no `ip`. */
  readonly address: string | undefined;
  /** Resolves when the whole tree has ended and its console is read, with the exit code of PID 1; not 0 when a signal ended it. */
  readonly exited: Promise<number>;
  readonly #options: MachineProcessOptions;
  readonly #child: ChildProcess;
  /** PID 1 of the machine, as the host counts. */
  readonly #pid: number;

  private constructor(options: MachineProcessOptions, child: ChildProcess, exited: Promise<number>, ready: Ready) {
    this.#options = options;
    this.#child = child;
    this.exited = exited;
    this.#pid = ready.pid;
    this.address = ready.address;
  }

  /** Resolves when PID 1 runs. @throws Error with what the set-up wrote, when the host does not allow it */
  static async start(options: MachineProcessOptions): Promise<MachineProcess> {
    const { folder, userNamespace, cgroups, hostName, address, macAddress, init } = options;
    // What can be refused is, before anything is opened.
    const variables = environment(options.env);
    for (const name of ["mnt", "disk", "layers"]) await mkdir(join(folder, name), { recursive: true });
    const namespaces = ["--mount", "--uts", "--ipc", "--pid", "--net", ...(userNamespace ? userNamespaceOptions : [])];
    const log = new ConsoleLog(join(folder, "console.log"));
    await log.clear();
    const console = await openFifo(join(folder, "console"));
    const child = spawn(
      "setpriv",
      [
        // Two steps: setpriv ends `unshare` with this process, and that ends the machine, however this process ended.
        ...["--pdeathsig", "KILL", "--", "unshare", ...namespaces, "--fork", "--kill-child=KILL", "--"],
        ...["/bin/sh", "-c", setupScript, "localaws", folder, userNamespace ? ",userxattr" : "", hostName, address],
        macAddress,
        ...[...resourceLimits(options), ...cgroups, "--", ...variables, "/bin/sh", "-c", init, "init", hostName],
      ],
      {
        cwd: "/",
        env: {
          ...hostEnvironment,
          LOCALAWS_VOLUMES: options.volumes,
          LOCALAWS_COMMANDS: commandsScript,
          LOCALAWS_WAITS: options.connect === undefined ? "" : "yes",
        },
        stdio: blankInheritedDescriptors(["ignore", console.writer, console.writer, "pipe"]),
        // No signal of a terminal, as Ctrl-C, reaches a machine.
        detached: true,
      },
    );
    closeSync(console.writer);
    const logged = log.follow(console.reader);
    const exited = exitOf(child).then(async (exitCode) => {
      await logged;
      return exitCode;
    });
    try {
      const ready = await readyLine(child, options.connect);
      if (ready === undefined) throw new Error((await log.text()).trim() || "The machine ended while it was set up.");
      return new MachineProcess(options, child, exited, ready);
    } catch (error) {
      child.kill("SIGKILL");
      await exited;
      throw error;
    }
  }

  /** Asks PID 1 to end everything, and kills it after `graceSeconds`. */
  async stop(graceSeconds: number): Promise<void> {
    if (graceSeconds > 0) {
      this.#signal("SIGTERM");
      const timer = setTimeout(() => this.#signal("SIGKILL"), graceSeconds * 1000);
      await this.exited;
      clearTimeout(timer);
    } else {
      this.#signal("SIGKILL");
      await this.exited;
    }
  }

  /** The command, on the host, that runs a program in the machine; for a pseudo-terminal or for `exec`. */
  command(argv: readonly string[], env: Readonly<Record<string, string>> = {}): [file: string, ...args: string[]] {
    const [program] = argv;
    if (program === undefined || program === "" || program.includes("=")) {
      throw new Error(`${JSON.stringify(program ?? "")} is no program.`);
    }
    const { cgroups, userNamespace } = this.#options;
    const namespaces = [
      "--mount",
      "--uts",
      "--ipc",
      "--pid",
      "--net",
      ...(userNamespace ? ["--user", "--preserve-credentials"] : []),
    ];
    const variables = environment({ ...this.#options.env, ...env });
    return [
      ...(["/bin/sh", "-c", enterScript, "localaws", ...resourceLimits(this.#options), ...cgroups, "--"] as const),
      ...[`--target=${this.#pid}`, ...namespaces, "--", ...variables, ...argv],
    ];
  }

  /** PID 1 of the machine, as the host counts. */
  get pid(): number {
    return this.#pid;
  }

  /** Where the host finds the machine's pseudo-terminals: under the namespace's root, on a way that nothing inside can change. */
  get terminals(): string {
    return `/proc/${this.#child.pid}/root/m/dev/pts`;
  }

  /** Each of the two outputs is cut at 1 MiB. */
  async exec(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ExecResult> {
    return await runProgram(this.command(argv, env), { env: hostEnvironment });
  }

  #signal(signal: NodeJS.Signals): void {
    // While `unshare` has not been reaped, neither has its child: the number is nobody else's.
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      process.kill(this.#pid, signal);
    } catch {
      // It ended just now.
    }
  }
}

const userNamespaceOptions = ["--user", "--map-root-user"];

/**
 * A named pipe, and no socket as `spawn` makes them, since `/dev/console` inside opens it anew. It is unlinked at once.
 * @throws Error when `mkfifo` is missing or the file system has none
 */
async function openFifo(file: string): Promise<{ reader: Socket; writer: number }> {
  rmSync(file, { force: true });
  const { exitCode, stderr } = await runProgram(["mkfifo", "-m", "0600", file], { env: hostEnvironment });
  if (exitCode !== 0) throw new Error(stderr.trim());
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(file, constants.O_WRONLY);
  rmSync(file);
  return { reader: new Socket({ fd: reader, readable: true, writable: false }), writer };
}

/** Removes a folder in which a machine may have left files that only its own root user may touch. */
export async function removeMachineFolder(folder: string, userNamespace: boolean): Promise<void> {
  const remove = ["rm", "-rf", "--", folder] as const;
  const { exitCode, stderr } = userNamespace
    ? await runProgram(["unshare", ...userNamespaceOptions, "--", ...remove], { env: hostEnvironment })
    : await runProgram([...remove], { env: hostEnvironment });
  if (exitCode !== 0) throw new Error(`${folder} could not be removed: ${stderr.trim()}`);
}

/** Copies folders that a machine has written, with its owners and what it has deleted of the userland. */
export async function copyMachineFolder(from: readonly string[], to: string, userNamespace: boolean): Promise<void> {
  if (from.length === 0) return;
  const copy = ["cp", "-a", "--", ...from, to];
  await copyFolders(...(userNamespace ? ["unshare", ...userNamespaceOptions, "--"] : []), ...copy);
}

function environment(env: Readonly<Record<string, string>>): string[] {
  const variables = { PATH: path, HOME: "/root", USER: "root", LANG: "C.UTF-8", ...env };
  return Object.entries(variables).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`${JSON.stringify(name)} cannot name a variable.`);
    return `${name}=${value}`;
  });
}

/**
 * Per user of a user namespace, so per machine. As root there is none to set: the kernel does not hold root to it, and
 * other users would share theirs with the host's; there the control groups limit.
 */
function resourceLimits({ userNamespace, processes }: MachineProcessOptions): string[] {
  return userNamespace ? [`--nproc=${processes}`] : [];
}

interface Ready {
  readonly pid: number;
  readonly address: string | undefined;
}

/**
 * What the set-up says when it is done. Resolves when PID 1 has said that it listens to signals, or does not say so in
 * time: that word is of the machine's own programs, which are not to be trusted.
 */
function readyLine(child: ChildProcess, connect: MachineProcessOptions["connect"]): Promise<Ready | undefined> {
  return new Promise((resolve, reject) => {
    const messages = child.stdio[3];
    if (!(messages instanceof Duplex)) return resolve(undefined);
    let text = "";
    let ready: Ready | undefined;
    const finish = () => {
      clearTimeout(timeout);
      messages.destroy();
      resolve(ready);
    };
    let timeout = setTimeout(finish, setupMilliseconds);
    const awaitInit = () => {
      timeout = setTimeout(finish, initMilliseconds);
    };
    messages.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      const [line, pid, address] = /^ready (\d+) (\S+)\n/.exec(text) ?? [];
      if (line === undefined || pid === undefined) return;
      ready = { pid: Number(pid), address: address === "none" ? undefined : address };
      if (text.length > line.length) return finish();
      clearTimeout(timeout);
      if (connect === undefined) return awaitInit();
      connect(ready.pid).then(() => {
        if (messages.destroyed) return;
        awaitInit();
        messages.write("connected\n");
      }, reject);
    });
    messages.once("end", finish);
    messages.once("error", finish);
  });
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
    // A program that is not there: `exit` does not follow.
    child.once("error", () => resolve(127));
  });
}
