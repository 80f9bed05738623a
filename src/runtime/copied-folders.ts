import { runProgram } from "./run-program.ts";

/** What cp says of a file that was removed, or had another put in its place, between the list and the copy. */
const hasChanged =
  /^cp: (?:cannot (?:stat|access|open|read) .*: No such file or directory|skipping file .*, as it was replaced while being copied)$/;

/**
 * Runs `cp`, with what goes before it, on folders that machines may write to meanwhile: what has gone by then is no part of the copy.
 * @throws Error with cp's sentences
 */
export async function copyFolders(...command: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runProgram(["env", "LC_ALL=C", ...command], {});
  const problems = stderr.split("\n").filter((line) => line !== "" && !hasChanged.test(line));
  if (exitCode === 0 || (exitCode === 1 && stderr !== "" && problems.length === 0)) return;
  throw new Error(`The disk could not be copied: ${problems.join("; ")}`);
}
