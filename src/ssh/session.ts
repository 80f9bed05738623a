import type { Readable } from "node:stream";
import type { PseudoTtyInfo, ServerChannel, Session } from "ssh2";
import type { MachineDriver, ProgramSignal } from "../runtime/machine-driver.ts";
import type { Terminal } from "../runtime/terminal.ts";
import { shellOf } from "./guest-user.ts";
import type { Login } from "./login.ts";
import { serveFiles } from "./sftp.ts";

/** What runs in a session's channel. */
interface Running {
  signal(name: string): void;
  resize(columns: number, rows: number): void;
}

const signals: ReadonlySet<string> = new Set(["HUP", "INT", "KILL", "QUIT", "TERM", "USR1", "USR2"]);

/** One session of a connection: a shell or a command, with a terminal or without, or the file subsystem. */
export function serveSession(session: Session, machines: MachineDriver, login: Login): void {
  session.on("error", () => {});
  let terminal: { columns: number; rows: number; term: string } | undefined;
  let running: Running | undefined;

  session.on("pty", (accept, _reject, info: PseudoTtyInfo & { term?: string }) => {
    // A client without a terminal of its own may say 0.
    terminal = { columns: info.cols || 80, rows: info.rows || 24, term: info.term || "xterm-256color" };
    accept?.();
  });
  session.on("env", (accept) => accept?.());
  session.on("window-change", (accept, _reject, info) => {
    running?.resize(info.cols || 80, info.rows || 24);
    accept?.();
  });
  session.on("signal", (accept, _reject, info) => {
    running?.signal(info.name.replace(/^SIG/, ""));
    accept?.();
  });
  const start = (channel: ServerChannel, command?: string) => {
    const argv = shellOf(login.user, login.key.command ?? command);
    const begun =
      terminal === undefined
        ? runProgram(channel, machines, login.instanceId, argv)
        : runInTerminal(channel, machines, login.instanceId, { ...terminal, argv });
    begun.then(
      (program) => {
        running = program;
      },
      (error: unknown) => {
        channel.stderr.write(`${error instanceof Error ? error.message : String(error)}\r\n`);
        channel.exit(255);
        channel.end();
      },
    );
  };
  session.on("shell", (accept) => start(accept()));
  session.on("exec", (accept, _reject, info) => start(accept(), info.command));
  session.on("sftp", (accept, reject) => {
    if (login.key.command === undefined) serveFiles(accept(), machines, login);
    else reject?.();
  });
}

async function runProgram(
  channel: ServerChannel,
  machines: MachineDriver,
  id: string,
  argv: readonly string[],
): Promise<Running> {
  const program = await machines.spawn(id, argv);
  // A client that has gone ends what it has started; what a program has left behind goes on.
  let over = false;
  channel.once("close", () => {
    if (!over) void program.kill();
  });
  // A program that has ended, or a client that has gone, reads no more.
  program.stdin.on("error", () => {});
  channel.pipe(program.stdin);
  const written = Promise.all([
    forward(program.stdout, (bytes) => channel.write(bytes), channel),
    forward(program.stderr, (bytes) => channel.stderr.write(bytes), channel),
  ]);
  void program.exited.then(async ({ exitCode }) => {
    over = true;
    // What it has left running may hold its output open.
    await written;
    finish(channel, exitCode);
  });
  return {
    signal(name) {
      if (isSignal(name)) void program.kill(name);
    },
    resize() {},
  };
}

async function runInTerminal(
  channel: ServerChannel,
  machines: MachineDriver,
  id: string,
  options: { columns: number; rows: number; term: string; argv: readonly string[] },
): Promise<Running> {
  const { columns, rows, term, argv } = options;
  const terminal: Terminal = await machines.openTerminal(id, { columns, rows, argv, env: { TERM: term } });
  channel.once("close", () => void terminal.close());
  terminal.input.on("error", () => {});
  channel.pipe(terminal.input, { end: false });
  const written = forward(terminal.output, (bytes) => channel.write(bytes), channel);
  void terminal.exited.then(async ({ exitCode }) => {
    await written;
    finish(channel, exitCode);
  });
  return {
    signal(name) {
      // As the terminal's own keys do.
      if (name === "INT") terminal.input.write("\x03");
      else if (name === "QUIT") terminal.input.write("\x1c");
      else void terminal.close();
    },
    resize(width, height) {
      terminal.resize(width, height).catch(() => {});
    },
  };
}

/** Hands on what is read as fast as the client takes it; reads on, and drops it, when the client has gone. */
async function forward(source: Readable, write: (bytes: Buffer) => boolean, channel: ServerChannel): Promise<void> {
  try {
    for await (const chunk of source) {
      if (channel.destroyed || channel.writableEnded) continue;
      if (write(chunk as Buffer)) continue;
      await new Promise<void>((resolve) => {
        const done = () => {
          channel.off("drain", done).off("close", done);
          channel.stderr.off("drain", done);
          resolve();
        };
        channel.once("drain", done).once("close", done);
        channel.stderr.once("drain", done);
      });
    }
  } catch {
    // The machine has ended under it.
  }
}

function finish(channel: ServerChannel, exitCode: number): void {
  if (channel.destroyed || channel.writableEnded) return;
  channel.exit(exitCode);
  channel.end();
}

function isSignal(name: string): name is ProgramSignal {
  return signals.has(name);
}
