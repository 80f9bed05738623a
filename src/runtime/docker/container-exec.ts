import { StringDecoder } from "node:string_decoder";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { DatabaseLaunchError } from "../database-driver.ts";
import type { ExecResult } from "../machine-driver.ts";
import { outputFrames } from "./output-frames.ts";

/** Bytes of each of the two streams that are kept. */
const outputLimit = 1024 * 1024;

/**
 * Runs a program in a running container as root and waits for its end. What is written beyond 1 MiB of each stream is
 * dropped, but read, so that the program does not block.
 * @throws Error of the engine when the container is not running
 */
export async function execInContainer(
  container: Docker.Container,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ExecResult> {
  const exec = await container.exec({
    Cmd: [...argv],
    Env: environment(env),
    User: "0",
    AttachStdout: true,
    AttachStderr: true,
  });
  const output = { stdout: new Head(outputLimit), stderr: new Head(outputLimit) };
  for await (const { source, bytes } of outputFrames(await exec.start({}))) output[source].write(bytes);
  return { exitCode: await exitCode(exec), stdout: output.stdout.text(), stderr: output.stderr.text() };
}

/** Runs a script of the shell as root in a running container. @throws DatabaseLaunchError with the shell's words */
export async function mustSucceed(container: Docker.Container, script: string): Promise<void> {
  const { exitCode, stderr } = await execInContainer(container, ["sh", "-c", script]);
  if (exitCode !== 0) throw new DatabaseLaunchError(stderr.trim());
}

/**
 * A script that runs another one until that succeeds, a tenth of a second apart and `tries` times at most. What waits for
 * something in a container tries there: having the engine start a program takes more of the processors than many tries.
 */
export function trying(script: string, tries: number): string {
  return `n=1; until (${script}); do test $n -lt ${tries} || exit 1; n=$((n + 1)); sleep 0.1; done`;
}

/** The engine's form of environment variables. */
export function environment(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

/** The engine closes the streams a moment before it notes the exit code. */
export async function exitCode(exec: Docker.Exec): Promise<number> {
  for (;;) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running && ExitCode !== null) return ExitCode;
    await delay(10);
  }
}

/** Keeps the first bytes that are written to it. */
class Head {
  readonly #chunks: Buffer[] = [];
  #room: number;

  constructor(limit: number) {
    this.#room = limit;
  }

  write(bytes: Buffer): void {
    const kept = bytes.subarray(0, this.#room);
    this.#room -= kept.length;
    if (kept.length > 0) this.#chunks.push(kept);
  }

  /** Without a character that the cut has split. */
  text(): string {
    return new StringDecoder("utf8").write(Buffer.concat(this.#chunks));
  }
}
