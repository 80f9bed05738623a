import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseLaunchError } from "../database-driver.ts";

/** What may become a folder's name. */
const validId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

/** Beside the servers' folders, where a server sees it too. */
export const archivePlace = ".archive";

/** `<root>/.archive/<server id>`, one for each server that archives. */
export class ArchiveFolders {
  readonly #root: string;

  /** @param root absolute; that of the servers' folders */
  constructor(root: string) {
    this.#root = join(root, archivePlace);
  }

  /** Resolves with whether there was none. `own` gives it to the account that servers run as. */
  open(id: string, own: (path: string) => void): boolean {
    const path = this.path(id);
    if (existsSync(path)) return false;
    mkdirSync(this.#root, { recursive: true });
    // The account that servers run as passes through the one and owns the other.
    chmodSync(this.#root, 0o711);
    mkdirSync(path, { mode: 0o700 });
    own(path);
    return true;
  }

  has(id: string): boolean {
    return existsSync(this.path(id));
  }

  /** @throws DatabaseLaunchError */
  require(id: string): string {
    if (!this.has(id)) throw new DatabaseLaunchError(`There is no archive of ${id}.`);
    return this.path(id);
  }

  /** Drops files that were last written before. */
  async prune(id: string, before: Date): Promise<void> {
    for (const name of await readdir(this.path(id)).catch(() => [])) {
      const file = join(this.path(id), name);
      const { mtime } = await stat(file).catch(() => ({ mtime: before }));
      if (mtime < before) await rm(file, { force: true });
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { recursive: true, force: true, maxRetries: 3 });
  }

  list(): string[] {
    return existsSync(this.#root) ? readdirSync(this.#root).filter((name) => validId.test(name)) : [];
  }

  async removeAll(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true, maxRetries: 3 });
  }

  path(id: string): string {
    if (!validId.test(id)) throw new DatabaseLaunchError(`${JSON.stringify(id)} names no archive.`);
    return join(this.#root, id);
  }
}
