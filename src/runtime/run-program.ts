import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { blankInheritedDescriptors } from "./inherited-descriptors.ts";
import type { ExecResult } from "./machine-driver.ts";

const capacity = 1024 * 1024;

interface RunOptions {
  /** Without, what LocalAWS has itself. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** What the program reads. */
  readonly input?: string;
  /** What it has open from 3 on. */
  readonly descriptors?: readonly number[];
}

/**
 * Runs a program of the host to its end. Each of its outputs is cut at 1 MiB. A program that a signal ended has the exit
 * code that shells give: 128 + its number. @throws Error when it cannot be started
 */
export async function runProgram(
  [file, ...args]: readonly [file: string, ...args: string[]],
  { input, descriptors = [], ...options }: RunOptions,
): Promise<ExecResult> {
  const child = spawn(file, args, {
    ...options,
    stdio: blankInheritedDescriptors(["pipe", "pipe", "pipe", ...descriptors]),
  });
  const exitCode = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + signalNumber(signal)));
  });
  // A program need not read to the end.
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  const outputs = Promise.all([read(child.stdout), read(child.stderr)]);
  const [code, [stdout, stderr]] = await Promise.all([exitCode, outputs]);
  return { exitCode: code, stdout, stderr };
}

export function signalNumber(signal: NodeJS.Signals | null): number {
  return signal === null ? 0 : constants.signals[signal];
}

async function read(stream: Readable | null): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream ?? []) {
    // What comes after is read and dropped, so that the program is not held up.
    if (size < capacity) chunks.push((chunk as Buffer).subarray(0, capacity - size));
    size += (chunk as Buffer).length;
  }
  return Buffer.concat(chunks).toString("utf8");
}
