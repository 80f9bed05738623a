import { spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import { blankInheritedDescriptors } from "../inherited-descriptors.ts";
import type { MachineProgram } from "../machine-driver.ts";
import { signalNumber } from "../run-program.ts";
import { programCommand, readProgramId, signalCommand } from "../terminal-shell.ts";
import type { MachineProcess } from "./machine-process.ts";

/** Starts a program in a machine's namespaces, in a session of its own. @throws Error when it does not start */
export async function spawnInMachine(
  machine: MachineProcess,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<MachineProgram> {
  const [file, ...args] = machine.command(["setsid", ...programCommand(argv)], env);
  const child = spawn(file, args, {
    cwd: "/",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    stdio: blankInheritedDescriptors(["pipe", "pipe", "pipe"]),
    detached: true,
  });
  const { stdin, stdout, stderr } = child;
  const exited = new Promise<{ exitCode: number }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ exitCode: code ?? 128 + signalNumber(signal) }));
    child.once("error", () => resolve({ exitCode: 127 }));
  });
  if (stdin === null || stdout === null || stderr === null) throw new Error(`${file} did not start.`);
  // A program need not read to the end.
  stdin.on("error", () => {});
  // Node drops what of a program's own streams nobody reads when the program has ended.
  const output = stdout.pipe(new PassThrough());
  const errors = stderr.pipe(new PassThrough());
  const leader = await readProgramId(errors);
  return {
    stdin,
    stdout: output,
    stderr: errors,
    exited,
    async kill(signal = "HUP") {
      await machine.exec(signalCommand(signal, leader)).catch(() => {});
    },
  };
}
