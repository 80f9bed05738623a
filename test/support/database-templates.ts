import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a data folder has what new databases begin with, for each engine and version, and its name once it is whole. */
const places = [
  { folder: "rds", mode: 0o711, name: /^\.template-\d+\.\d+$/ },
  { folder: "rds-mysql", mode: 0o711, name: /^\.template-[a-z]+-\d+\.\d+\.\d+$/ },
  { folder: join("docker", "mysql-templates"), mode: 0o700, name: /^[0-9a-f]+\.tar$/ },
] as const;

let kept: string | undefined;

/** Gives a new data folder what others of this process have made for their databases: it takes long, and nobody changes it. */
export function lendTemplates(dataDir: string): void {
  if (kept !== undefined && existsSync(dataDir)) linkTemplates(kept, dataDir);
}

/** Keeps what has been made in a data folder, which may be about to go, for those that come. */
export function keepTemplates(dataDir: string): void {
  if (kept === undefined) {
    const folder = mkdtempSync(join(tmpdir(), "localaws-templates-"));
    kept = folder;
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  linkTemplates(dataDir, kept);
}

/** Tests that have npm bring programs have it bring others under the same version. */
function isOfOwnPrograms(dataDir: string, template: string): boolean {
  const [, version] = /^\.template-(\d+\.\d+)$/.exec(template) ?? [];
  return version !== undefined && existsSync(join(dataDir, "rds", ".programs", version));
}

/** At once: a template is there whole or not at all. */
function linkTemplates(from: string, to: string): void {
  for (const { folder, mode, name } of places) {
    const found = existsSync(join(from, folder)) ? readdirSync(join(from, folder)) : [];
    const isNew = (file: string) =>
      name.test(file) && !isOfOwnPrograms(from, file) && !existsSync(join(to, folder, file));
    for (const file of found.filter(isNew)) {
      mkdirSync(join(to, folder), { recursive: true, mode });
      try {
        execFileSync("cp", ["-al", join(from, folder, file), join(to, folder, file)], { stdio: "pipe" });
      } catch {
        // No links here: each data folder makes its own.
        rmSync(join(to, folder, file), { recursive: true, force: true });
      }
    }
  }
}
