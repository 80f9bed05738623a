import { type Duplex, PassThrough, type Readable } from "node:stream";
import type Docker from "dockerode";
import { drained } from "../drained.ts";
import type { MachineProgram } from "../machine-driver.ts";
import { programCommand, readProgramId, signalCommand } from "../terminal-shell.ts";
import { environment, execInContainer, exitCode } from "./container-exec.ts";
import { outputFrames } from "./output-frames.ts";

/** Starts a program in a running container as root, by the engine's exec over a hijacked connection. @throws Error of the engine */
export async function spawnInContainer(
  container: Docker.Container,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<MachineProgram> {
  const exec = await container.exec({
    ...{ Cmd: programCommand(argv), Env: environment(env), User: "0" },
    ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true },
  });
  const socket: Duplex = await exec.start({ hijack: true, stdin: true });
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  // A connection that breaks is an end.
  socket.on("error", () => {});
  let greeted = false;
  const exited = takeApart(socket, { stdout, stderr, mayWait: () => greeted }).then(async () => ({
    exitCode: await exitCode(exec).catch(() => 255),
  }));
  try {
    const leader = await readProgramId(stderr);
    greeted = true;
    return {
      stdin: socket,
      stdout,
      stderr,
      exited,
      async kill(signal = "HUP") {
        await execInContainer(container, signalCommand(signal, leader)).catch(() => {});
      },
    };
  } catch (error) {
    socket.destroy();
    stdout.resume();
    throw error;
  }
}

interface Outputs {
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  /** Not before the program has said its id: the engine may bring what it wrote afterwards to the other stream first. */
  mayWait(): boolean;
}

async function takeApart(socket: Readable, { stdout, stderr, mayWait }: Outputs): Promise<void> {
  try {
    for await (const { source, bytes } of outputFrames(socket)) {
      const target = source === "stdout" ? stdout : stderr;
      if (target.destroyed || target.write(bytes) || !mayWait()) continue;
      await drained(target);
    }
  } catch {
    // The connection broke.
  }
  stdout.end();
  stderr.end();
}
