import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { link, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DatabaseArchives, DatabaseLaunchError, type RecoveryPoint } from "../database-driver.ts";
import type { SuperuserSql } from "../superuser-sql.ts";
import { flushWal, recoverySignal } from "../wal-archive.ts";
import type { PostgresLauncher } from "./postgres-launcher.ts";

/** What may become a folder's name. */
const validId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

/** Beside the servers' folders, where PostgreSQL sees it too. */
const place = ".archive";

interface Servers {
  readonly root: string;
  launcher(): PostgresLauncher;
  /** None while the server does not run. In turn with what else is done to it. */
  withSql(id: string, work: (sql: SuperuserSql) => Promise<void>): Promise<void>;
}

/** How PostgreSQL, at work in its data folder, names the archive of its own. */
export function archiveSeenByServer(id: string): string {
  return `../../${place}/${id}`;
}

/** The segments of a recovery, as PostgreSQL names their folder. */
export const recoverySeenByServer = "../recovery";

/** `<root>/.archive/<server id>`: a folder that is there makes its server archive. */
export class EmbeddedArchives implements DatabaseArchives {
  readonly engines = ["postgres"] as const;
  readonly #servers: Servers;

  constructor(servers: Servers) {
    this.#servers = servers;
  }

  async open(id: string): Promise<void> {
    const path = this.#path(id);
    if (existsSync(path)) return;
    mkdirSync(join(this.#servers.root, place), { recursive: true });
    // The account that PostgreSQL runs as passes through the one and owns the other.
    chmodSync(join(this.#servers.root, place), 0o711);
    mkdirSync(path, { mode: 0o700 });
    this.#servers.launcher().own(path);
  }

  async flush(id: string): Promise<void> {
    if (existsSync(this.#path(id))) await this.#servers.withSql(id, flushWal);
  }

  async prune(id: string, before: Date): Promise<void> {
    for (const name of await readdir(this.#path(id)).catch(() => [])) {
      const file = join(this.#path(id), name);
      const { mtime } = await stat(file).catch(() => ({ mtime: before }));
      if (mtime < before) await rm(file, { force: true });
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.#path(id), { recursive: true, force: true, maxRetries: 3 });
  }

  async list(): Promise<string[]> {
    const folder = join(this.#servers.root, place);
    return existsSync(folder) ? readdirSync(folder).filter((name) => validId.test(name)) : [];
  }

  async removeAll(): Promise<void> {
    await rm(join(this.#servers.root, place), { recursive: true, force: true, maxRetries: 3 });
  }

  /** Makes the server in `folder`, which has a snapshot's data, begin with a recovery. @throws DatabaseLaunchError */
  async prepare({ archiveOf }: RecoveryPoint, folder: string): Promise<void> {
    const archive = this.#path(archiveOf);
    if (!existsSync(archive)) throw new DatabaseLaunchError(`There is no archive of ${archiveOf}.`);
    await this.flush(archiveOf);
    const recovery = join(folder, "recovery");
    await mkdir(recovery, { mode: 0o755 });
    // As it is now, whatever becomes of it.
    const segments = (await readdir(archive)).filter((name) => name.endsWith(".gz"));
    for (const name of segments) await link(join(archive, name), join(recovery, name));
    const signal = join(folder, "data", recoverySignal);
    await writeFile(signal, "", { mode: 0o600 });
    this.#servers.launcher().own(signal);
  }

  /** A server that has recovered needs no archive but its own. */
  async tidy(folder: string): Promise<void> {
    await rm(join(folder, "recovery"), { recursive: true, force: true });
  }

  #path(id: string): string {
    if (!validId.test(id)) throw new DatabaseLaunchError(`${JSON.stringify(id)} names no archive.`);
    return join(this.#servers.root, place, id);
  }
}
