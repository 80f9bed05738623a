import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { blankInheritedDescriptors } from "../inherited-descriptors.ts";
import { signalNumber } from "../run-program.ts";
import { checkTerminalSize, type Terminal, TerminalError, type TerminalOptions } from "../terminal.ts";
import { greet, shellCommand, signalCommand, terminalEnvironment } from "../terminal-shell.ts";
import type { MachineProcess } from "./machine-process.ts";
import { PseudoTerminal } from "./pseudo-terminal.ts";

/** Milliseconds that a session has to end by itself after SIGHUP. */
const hangUpGrace = 2000;

/**
 * A terminal in a machine's namespaces: a program that comes in as those of `exec` do, on a pseudo-terminal of the
 * machine's own. @throws TerminalError
 */
export async function openEmbeddedTerminal(machine: MachineProcess, options: TerminalOptions): Promise<Terminal> {
  const { argv, columns, rows, env } = options;
  checkTerminalSize(columns, rows);
  // A session of its own in the machine: the host's part of it could be no leader there.
  const command = machine.command(["setsid", "-c", ...shellCommand(argv)], { ...terminalEnvironment, ...env });
  const terminal = await PseudoTerminal.open(machine.terminals);
  try {
    const { output, input, slave } = terminal;
    const exited = run(command, slave);
    let over = false;
    void exited.then(() => {
      over = true;
      terminal.finish();
    });
    const leader = await greet(output, input, async () => terminal.resize(columns, rows));
    return {
      output,
      input,
      exited,
      resize: async (columns, rows) => terminal.resize(columns, rows),
      async close() {
        // A machine that is about to end takes no more programs, and needs none to end this one.
        const signal = (name: "HUP" | "KILL") => machine.exec(signalCommand(name, leader)).catch(() => {});
        if (!over) await signal("HUP");
        terminal.close();
        await Promise.race([exited, delay(hangUpGrace, undefined, { ref: false })]);
        if (!over) await signal("KILL");
      },
    };
  } catch (error) {
    terminal.close();
    const words = error instanceof Error ? error.message : String(error);
    throw new TerminalError("Unavailable", `The terminal did not start: ${words}`, { cause: error });
  }
}

function run(
  [file, ...args]: readonly [file: string, ...args: string[]],
  slave: number,
): Promise<{ exitCode: number }> {
  const child = spawn(file, args, {
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    stdio: blankInheritedDescriptors([slave, slave, slave]),
    // No signal of a terminal, as Ctrl-C, reaches it from outside.
    detached: true,
  });
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ exitCode: code ?? 128 + signalNumber(signal) }));
    child.once("error", () => resolve({ exitCode: 127 }));
  });
}
