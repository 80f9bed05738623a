import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { commandLine } from "../../support/built.ts";

const command = commandLine();
// No setting of whoever runs the tests reaches the command.
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("LOCALAWS_")));

export interface Finished {
  /** None for one that a signal ended. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type LogLine = Readonly<Record<string, unknown>>;

const running = new Set<LocalAwsProcess>();

/** For the end of a test: whatever became of it, no process outlives it. */
export async function endProcesses(): Promise<void> {
  await Promise.all([...running].map((process) => process.stop("SIGKILL")));
}

/** The command `localaws` in a process of its own. */
export class LocalAwsProcess {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  #stdout = "";
  #stderr = "";

  /** `stdout`: a file that takes the log, which is then not known here. */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}, stdout?: string) {
    this.child = spawn(process.execPath, [...command, ...args], {
      env: { ...environment, ...env },
      stdio: ["ignore", stdout === undefined ? "pipe" : openSync(stdout, "w"), "pipe"],
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    running.add(this);
    this.finished = once(this.child, "close").then(([code]) => {
      running.delete(this);
      return { code: typeof code === "number" ? code : null, stdout: this.#stdout, stderr: this.#stderr };
    });
  }

  /** Every whole line of the log so far. */
  get log(): LogLine[] {
    return this.#stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** The first line of the log that fits, when it is there. Rejects when the process ends before. */
  async logLine(fits: (line: LogLine) => boolean): Promise<LogLine> {
    for (;;) {
      const found = this.log.find(fits);
      if (found !== undefined) return found;
      if (this.child.exitCode !== null) throw new Error(`localaws ended: ${this.#stderr}`);
      await Promise.race([once(this.child.stdout ?? this.child, "data"), this.finished]);
    }
  }

  /** The endpoint, when it is ready. */
  async endpoint(): Promise<string> {
    const { endpoint } = await this.logLine(({ msg }) => msg === "LocalAWS is ready");
    return String(endpoint);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Finished> {
    this.child.kill(signal);
    return await this.finished;
  }
}

export function startProcess(dataDir: string, ...args: string[]): LocalAwsProcess {
  return new LocalAwsProcess(["start", "--listen", "127.0.0.1:0", "--runtime", "records", "--data", dataDir, ...args]);
}

/** Runs one command to its end. */
export function localaws(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished> {
  return new LocalAwsProcess(args, env).finished;
}
