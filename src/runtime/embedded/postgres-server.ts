import { type ChildProcess, execFile } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { DatabaseLaunchError } from "../database-driver.ts";
import { type ServerSettings, writeConfiguration } from "./postgres-cluster.ts";
import type { PostgresLauncher } from "./postgres-launcher.ts";
import { endOrphan } from "./postgres-orphan.ts";
import { acceptsConnections } from "./startup-probe.ts";

/** After a crash the server first reads its log again, which may take a while. */
const startMilliseconds = 120_000;
const shutdownMilliseconds = 30_000;
/** Bytes; a longer log is begun anew at the next start. */
const logCapacity = 10 * 1024 * 1024;

/** A running server: a child of this process, whose end is seen. */
export class PostgresServer {
  /** Resolves when the server has ended. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.exited = new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
  }

  /** Resolves when the server in `folder` accepts connections. @throws DatabaseLaunchError */
  static async start(launcher: PostgresLauncher, folder: string, settings: ServerSettings): Promise<PostgresServer> {
    const data = join(folder, "data");
    await endOrphan(data);
    await writeConfiguration(launcher, folder, settings);
    const log = join(folder, "server.log");
    const begin = sizeOf(log);
    const output = openSync(log, begin > logCapacity ? "w" : "a", 0o600);
    const server = new PostgresServer(launcher.spawn("postgres", ["-D", launcher.pathInside(data)], output));
    closeSync(output);
    if (await server.#becomesReady(data, settings)) return server;
    await server.stop(0);
    throw new DatabaseLaunchError(reasonIn(readFileSync(log).subarray(begin > logCapacity ? 0 : begin), settings));
  }

  /** A clean shutdown, which ends open connections; after the patience (milliseconds; 0: at once) an immediate one. */
  async stop(patience = shutdownMilliseconds): Promise<void> {
    if (patience > 0 && (await this.#endsBy("SIGINT", patience))) return;
    if (await this.#endsBy("SIGQUIT", 5000)) return;
    await this.#endsBy("SIGKILL", 5000);
  }

  /** Stops all of the server's processes where they are, and lets them go on when `work` has ended. */
  async whileFrozen<T>(work: () => Promise<T>): Promise<T> {
    const { pid } = this.#child;
    if (pid === undefined || this.#hasEnded()) return work();
    // The first makes no new ones any more when the others are looked for.
    const frozen = [pid];
    process.kill(pid, "SIGSTOP");
    try {
      for (const child of await childrenOf(pid)) {
        frozen.push(child);
        send(child, "SIGSTOP");
      }
      return await work();
    } finally {
      for (const process of frozen.reverse()) send(process, "SIGCONT");
    }
  }

  async #becomesReady(data: string, { listenAddress, port }: ServerSettings): Promise<boolean> {
    const end = performance.now() + startMilliseconds;
    while (!this.#hasEnded() && performance.now() < end) {
      // Both: the port alone may be another server's, the file alone is no answer yet.
      if (saysReady(join(data, "postmaster.pid"), this.#child.pid) && (await acceptsConnections(listenAddress, port))) {
        return true;
      }
      await Promise.race([this.exited, delay(20)]);
    }
    return false;
  }

  async #endsBy(signal: NodeJS.Signals, patience: number): Promise<boolean> {
    if (this.#hasEnded()) return true;
    this.#child.kill(signal);
    const timer = new AbortController();
    const late = delay(patience, undefined, { signal: timer.signal }).catch(() => {});
    await Promise.race([this.exited, late]);
    timer.abort();
    return this.#hasEnded();
  }

  #hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

/** A process that has ended meanwhile needs no signal. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, ppid]) => (pid !== undefined && ppid === parent ? [pid] : []));
}

/** https://www.postgresql.org/docs/17/storage-file-layout.html: line 1 is the process id, line 8 the state. */
function saysReady(file: string, pid: number | undefined): boolean {
  try {
    const lines = readFileSync(file, "utf8").split("\n");
    return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
  } catch {
    return false;
  }
}

function reasonIn(log: Buffer, { listenAddress, port }: ServerSettings): string {
  const text = log.toString("utf8");
  if (/could not bind .*: Address already in use/.test(text)) {
    return `Port ${port} of ${listenAddress} is in use by another program.`;
  }
  const problem = /(?:FATAL|PANIC): +(.*)/.exec(text)?.[1] ?? /could not .*/.exec(text)?.[0] ?? text.trim();
  return `PostgreSQL did not start at port ${port} of ${listenAddress}: ${problem}`;
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
