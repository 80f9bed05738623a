import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The text of a file that is made at its first use and kept. */
export function keptFile(file: string, make: () => string): string {
  const kept = readKept(file);
  if (kept !== undefined) return kept;
  const text = make();
  keepFile(file, text);
  return text;
}

/** An empty one counts as none. */
export function readKept(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8") || undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole or not at all, so that neither a full disk nor a crash leaves a file that nobody can use. */
export function keepFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const made = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    writeFileSync(made, text, { mode: 0o600 });
    renameSync(made, file);
  } catch (error) {
    rmSync(made, { force: true });
    throw error;
  }
}
