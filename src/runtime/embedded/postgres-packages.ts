import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { DatabaseLaunchError } from "../database-driver.ts";
import { platformPackage } from "./postgres-binaries.ts";

/** PostgreSQL's versions that npm has for all platforms, the newest of each major, as npm calls them. */
const published: Readonly<Record<string, string>> = {
  "18.4": "18.4.0-beta.17",
  "17.10": "17.10.0-beta.17",
  "16.14": "16.14.0-beta.17",
  "15.18": "15.18.0-beta.17",
};

export const publishedVersions: readonly string[] = Object.keys(published);

/** Milliseconds. The packages are of 10 to 30 MB. */
const patience = 15 * 60_000;

/** Where the programs of a version are, or will be, below a folder. */
export function fetchedFolder(root: string, version: string): string {
  return join(root, ".programs", version, "node_modules", platformPackage, "native");
}

export function isFetched(root: string, version: string): boolean {
  return existsSync(fetchedFolder(root, version));
}

/** Has npm, with what it is told by its own settings, bring the programs of a version. @throws DatabaseLaunchError with npm's words */
export async function fetchPrograms(root: string, version: string): Promise<void> {
  const place = join(root, ".programs", version);
  // The account that PostgreSQL runs as passes through it.
  await mkdir(dirname(place), { recursive: true, mode: 0o755 });
  const made = await mkdtemp(`${place}.`);
  try {
    const words = ["install", "--prefix", made, "--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit"];
    const wanted = `${platformPackage}@${published[version]}`;
    await promisify(execFile)("npm", [...words, "--no-fund", "--loglevel=error", wanted], {
      ...{ cwd: made, timeout: patience, killSignal: "SIGKILL" },
    });
    await promisify(execFile)("chmod", ["-R", "a+rX", made]);
    await rename(made, place);
  } catch (error) {
    throw new DatabaseLaunchError(`npm could not bring PostgreSQL ${version}: ${wordsOf(error)}`);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

function wordsOf(error: unknown): string {
  const stderr = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
  const lines = stderr.split("\n").map((line) => line.replace(/^npm (?:ERR!|error) /, ""));
  const words = lines.find((line) => line !== "" && !/^(?:code|syscall|errno) /.test(line));
  return words ?? (error instanceof Error ? error.message : String(error));
}
