import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { checkTerminalSize, type Terminal, TerminalError, type TerminalOptions } from "../terminal.ts";
import { greet, shellCommand, signalCommand, terminalEnvironment } from "../terminal-shell.ts";
import { environment, execInContainer } from "./container-exec.ts";
import { engineStatus, engineWords, unlessStatus } from "./engine.ts";

/** Milliseconds that a session has to end by itself after SIGHUP. */
const hangUpGrace = 2000;
/** Milliseconds in which the engine notes the exit code after it has closed the stream. */
const exitGrace = 5000;

/** A terminal by the engine's exec over a hijacked connection. @throws TerminalError */
export async function openDockerTerminal(container: Docker.Container, options: TerminalOptions): Promise<Terminal> {
  const { argv, columns, rows, env } = options;
  checkTerminalSize(columns, rows);
  let socket: Duplex | undefined;
  try {
    const exec = await container.exec({
      ...{ Cmd: shellCommand(argv), Env: environment({ ...terminalEnvironment, ...env }), User: "0" },
      ...{ Tty: true, AttachStdin: true, AttachStdout: true, AttachStderr: true, DetachKeys: detachKeys() },
    });
    socket = await exec.start({ hijack: true, stdin: true, Tty: true });
    const leader = await greet(socket, socket, () => resize(exec, columns, rows));
    return new DockerTerminal(container, exec, socket, leader);
  } catch (error) {
    socket?.destroy();
    throw terminalError(error);
  }
}

class DockerTerminal implements Terminal {
  readonly output: Duplex;
  readonly input: Duplex;
  readonly exited: Promise<{ readonly exitCode: number }>;
  readonly #container: Docker.Container;
  readonly #exec: Docker.Exec;
  /** The session's first process, as the container counts. */
  readonly #leader: number;
  #over = false;

  constructor(container: Docker.Container, exec: Docker.Exec, socket: Duplex, leader: number) {
    this.#container = container;
    this.#exec = exec;
    this.#leader = leader;
    this.output = socket;
    this.input = socket;
    // A connection that breaks is an end.
    socket.on("error", () => {});
    this.exited = this.#exit();
  }

  async resize(columns: number, rows: number): Promise<void> {
    checkTerminalSize(columns, rows);
    // 404, 409, 500: the engine's words for a program that ended just now.
    if (!this.#over) await unlessStatus(resize(this.#exec, columns, rows), 404, 409, 500);
  }

  async close(): Promise<void> {
    if (!this.#over) await this.#signal("HUP");
    // Nobody reads any more; what is still written must not hold up who writes it.
    this.output.resume();
    await Promise.race([this.exited, delay(hangUpGrace, undefined, { ref: false })]);
    if (!this.#over) await this.#signal("KILL");
    this.output.destroy();
  }

  async #exit(): Promise<{ exitCode: number }> {
    await finished(this.output, { writable: false }).catch(() => {});
    const exitCode = await exitCodeOf(this.#exec);
    this.#over = true;
    // The connection broke, and the program goes on with nobody there.
    if (exitCode === undefined) await this.#signal("HUP").catch(() => {});
    return { exitCode: exitCode ?? 255 };
  }

  async #signal(name: "HUP" | "KILL"): Promise<void> {
    try {
      await execInContainer(this.#container, signalCommand(name, this.#leader));
    } catch (error) {
      // The container has ended, and its programs with it.
      if (![404, 409].includes(engineStatus(error) ?? 0)) throw error;
    }
  }
}

/** The engine takes a size once the program runs. */
async function resize(exec: Docker.Exec, columns: number, rows: number): Promise<void> {
  await exec.resize({ w: columns, h: rows });
}

/**
 * The engine takes a sequence of keys to let go of a program, by default Ctrl-P, Ctrl-Q, of which it holds the first back
 * until the next key: https://docs.docker.com/reference/cli/docker/container/attach/#detach-keys. Nobody types this one.
 */
function detachKeys(): string {
  return ["ctrl-@", ...randomBytes(12).toString("hex")].join(",");
}

/** None when the engine cannot be asked, or says that the program runs on. */
async function exitCodeOf(exec: Docker.Exec): Promise<number | undefined> {
  const deadline = performance.now() + exitGrace;
  while (performance.now() < deadline) {
    const info = await unlessStatus(exec.inspect(), 404).catch(() => "unknown" as const);
    // Gone with its container.
    if (info === undefined) return 137;
    if (info !== "unknown" && !info.Running && info.ExitCode !== null) return info.ExitCode;
    await delay(20);
  }
  return undefined;
}

function terminalError(error: unknown): TerminalError {
  // 409: it stopped meanwhile.
  const reason = engineStatus(error) === 409 ? "NotRunning" : "Unavailable";
  return new TerminalError(reason, `The terminal did not start: ${engineWords(error)}`, { cause: error });
}
