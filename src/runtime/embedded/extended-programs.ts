import { createHash } from "node:crypto";
import { constants, existsSync } from "node:fs";
import { appendFile, chmod, copyFile, mkdir, readdir, rename, rm, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { extensionAdditions } from "../trusted-extensions.ts";

/** What a folder of programs is, here and as the programs see it. */
interface Programs {
  readonly own: string;
  readonly seen: string;
}

/**
 * Makes `<root>/.extended/<hash>`, where PostgreSQL has `extensionAdditions`: the programs look for what they share beside
 * themselves, so they are copied, and all but the files with additions are links. Resolves with the folder, the same each time.
 */
export async function extendPrograms(root: string, { own, seen }: Programs): Promise<string> {
  const { size, mtimeMs } = await stat(join(own, "bin", "postgres"));
  const hash = createHash("sha256").update(JSON.stringify([own, seen, size, mtimeMs, extensionAdditions]));
  const place = join(root, ".extended", hash.digest("hex").slice(0, 8));
  if (existsSync(place)) return place;
  const made = `${place}.${process.pid}`;
  try {
    await folder(made);
    await symlink(join(seen, "lib"), join(made, "lib"));
    await folder(join(made, "bin"));
    for (const name of await readdir(join(own, "bin")))
      await copy(join(own, "bin", name), join(made, "bin", name), 0o755);
    await linkAll("share", ["postgresql"]);
    await linkAll("share/postgresql", ["extension"]);
    const inner = "share/postgresql/extension";
    for (const name of await linkAll(inner, Object.keys(extensionAdditions))) {
      await copy(join(own, inner, name), join(made, inner, name), 0o644);
      await appendFile(join(made, inner, name), `\n${extensionAdditions[name]}\n`);
    }
    await rename(made, place);
  } catch (error) {
    await rm(made, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  }
  return place;

  /** Resolves with those that are left out, where they are there. */
  async function linkAll(inner: string, but: readonly string[]): Promise<string[]> {
    await folder(join(made, inner));
    const names = await readdir(join(own, inner));
    for (const name of names) {
      if (!but.includes(name)) await symlink(join(seen, inner, name), join(made, inner, name));
    }
    return names.filter((name) => but.includes(name));
  }
}

/** The account that the programs run as passes through it. */
async function folder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
}

async function copy(from: string, to: string, mode: number): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await chmod(to, mode);
}
