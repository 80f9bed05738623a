import { type ChildProcess, execFile } from "node:child_process";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

/** Bytes; a longer log is begun anew at the next start. */
const logCapacity = 10 * 1024 * 1024;

/** A database server's process: a child of this one, whose end is seen. */
export class ServerProcess {
  /** Resolves when it has ended. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.exited = new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.once("error", () => resolve());
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Whether it ends by a signal within `patience` milliseconds. */
  async endsBy(signal: NodeJS.Signals, patience: number): Promise<boolean> {
    if (this.hasEnded) return true;
    this.#child.kill(signal);
    const timer = new AbortController();
    const late = delay(patience, undefined, { signal: timer.signal }).catch(() => {});
    await Promise.race([this.exited, late]);
    timer.abort();
    return this.hasEnded;
  }

  /** Stops it and its children where they are, and lets them go on when `work` has ended. */
  async whileFrozen<T>(work: () => Promise<T>): Promise<T> {
    const { pid } = this.#child;
    if (pid === undefined || this.hasEnded) return work();
    // The first makes no new ones any more when the others are looked for.
    const frozen = [pid];
    process.kill(pid, "SIGSTOP");
    try {
      for (const child of await childrenOf(pid)) {
        frozen.push(child);
        sendSignal(child, "SIGSTOP");
      }
      return await work();
    } finally {
      for (const process of frozen.reverse()) sendSignal(process, "SIGCONT");
    }
  }
}

/** The file that a server writes its log to, to be closed when the server has it; `written` is what came to it since. */
export function openServerLog(file: string): { descriptor: number; close(): void; written(): string } {
  const size = sizeOf(file);
  const begin = size > logCapacity ? 0 : size;
  const descriptor = openSync(file, size > logCapacity ? "w" : "a", 0o600);
  return {
    descriptor,
    close: () => closeSync(descriptor),
    written: () => readFileSync(file).subarray(begin).toString("utf8"),
  };
}

/** A process that has ended meanwhile needs no signal. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

export async function childrenOf(parent: number): Promise<number[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([pid, ppid]) => (pid !== undefined && ppid === parent ? [pid] : []));
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
