import { readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { runProgram } from "../run-program.ts";
import { childrenOf, sendSignal } from "./server-process.ts";

/** How servers of one kind are known and ended. */
interface ServerKind {
  /** In the data folder; begins with the process id. */
  readonly pidFile: string;
  readonly programs: readonly string[];
  /** A server ends by the first signal that works. Milliseconds for each. */
  readonly steps: readonly (readonly [NodeJS.Signals, number])[];
}

/** Fast shutdown, immediate shutdown, none. */
const postgres: ServerKind = {
  pidFile: "postmaster.pid",
  programs: ["postgres"],
  steps: [
    ["SIGINT", 30_000],
    ["SIGQUIT", 10_000],
    ["SIGKILL", 5_000],
  ],
};

/**
 * Ends the server that a killed LocalAWS left running in `data` (an absolute path). A process is touched only when it is
 * such a server at work in that very folder; the process id alone may be a stranger's by now.
 * @throws Error when it does not end
 */
export async function endOrphan(data: string, kind: ServerKind = postgres): Promise<void> {
  const file = join(data, kind.pidFile);
  const pid = recordedPid(file);
  await thaw(data, kind, pid);
  if (pid === undefined || !isAlive(pid)) return;
  if (!(await isServerOf(pid, data, kind))) {
    // The server would take the stranger for its predecessor and refuse to start.
    rmSync(file, { force: true });
    return;
  }
  for (const [signal, patience] of kind.steps) {
    if (await endsBy(pid, signal, patience)) return;
  }
  throw new Error(`The ${kind.programs[0]} server ${pid} of ${data} does not end.`);
}

/**
 * Lets processes go on that were stopped while a snapshot was copied: the first would heed no signal but the last, and its children
 * would keep its shared memory, with which no other server starts.
 */
async function thaw(data: string, kind: ServerKind, pid: number | undefined): Promise<void> {
  if (process.platform !== "linux") {
    if (pid === undefined || !isAlive(pid) || !(await isServerOf(pid, data, kind))) return;
    for (const each of [pid, ...(await childrenOf(pid))]) sendSignal(each, "SIGCONT");
    return;
  }
  // Those whose parent has ended are among them.
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name) && (await isServerOf(Number(name), data, kind))) sendSignal(Number(name), "SIGCONT");
  }
}

function recordedPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

async function isServerOf(pid: number, data: string, { programs }: ServerKind): Promise<boolean> {
  if (process.platform !== "linux") {
    const { stdout } = await runProgram(["ps", "-o", "command=", "-p", `${pid}`], { env: { PATH: "/usr/bin:/bin" } });
    return programs.some((program) => stdout.includes(program)) && stdout.includes(data);
  }
  try {
    const program = basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, "");
    if (!programs.includes(program)) return false;
    // By number, since the server may see the folder under another name.
    const [here, there] = [statSync(data), statSync(`/proc/${pid}/cwd`)];
    return here.ino === there.ino && here.dev === there.dev;
  } catch {
    return false;
  }
}

async function endsBy(pid: number, signal: NodeJS.Signals, patience: number): Promise<boolean> {
  const end = performance.now() + patience;
  try {
    process.kill(pid, signal);
  } catch {
    return true;
  }
  while (performance.now() < end) {
    if (!isAlive(pid)) return true;
    await delay(20);
  }
  return false;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
}

/** In a container nobody may be there to take note of an orphan's end. */
function isZombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\)/s, ""));
  } catch {
    return false;
  }
}
