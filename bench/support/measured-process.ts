import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A server in a process of its own. */
export interface MeasuredProcess {
  readonly port: number;
  /** From the start of the process to its first line. */
  readonly startMs: number;
  /** CPU seconds that it has used. */
  cpu(): number;
  /** Resident memory in MB. */
  memory(): number;
  stop(): Promise<void>;
}

/** Starts `node …`; `portOf` finds the port in a line that it prints. */
export async function startProcess(
  args: readonly string[],
  portOf: (line: string) => number | undefined,
  env: Readonly<Record<string, string>> = {},
): Promise<MeasuredProcess> {
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const port = await readPort(child, portOf);
  const startMs = performance.now() - started;
  const ticks = 100;
  return {
    port,
    startMs,
    cpu() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) / ticks;
    },
    memory() {
      const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
      return Number(kb) / 1024;
    },
    async stop() {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

async function readPort(child: ChildProcess, portOf: (line: string) => number | undefined): Promise<number> {
  if (child.stdout === null) throw new Error("The process has no output.");
  const lines = createInterface(child.stdout);
  for await (const line of lines) {
    const port = portOf(line);
    if (port === undefined) continue;
    // What it prints later is not read, but must not block it.
    child.stdout.resume();
    return port;
  }
  throw new Error("The process ended before it was ready.");
}
