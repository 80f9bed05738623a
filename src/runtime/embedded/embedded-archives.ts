import { link, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseArchives, RecoveryPoint } from "../database-driver.ts";
import type { SuperuserSql } from "../superuser-sql.ts";
import { flushWal, recoverySignal } from "../wal-archive.ts";
import { ArchiveFolders, archivePlace } from "./archive-folders.ts";
import type { PostgresLauncher } from "./postgres-launcher.ts";

interface Servers {
  readonly root: string;
  launcher(): PostgresLauncher;
  /** None while the server does not run. In turn with what else is done to it. */
  withSql(id: string, work: (sql: SuperuserSql) => Promise<void>): Promise<void>;
}

/** How PostgreSQL, at work in its data folder, names the archive of its own. */
export function archiveSeenByServer(id: string): string {
  return `../../${archivePlace}/${id}`;
}

/** The segments of a recovery, as PostgreSQL names their folder. */
export const recoverySeenByServer = "../recovery";

/** `<root>/.archive/<server id>`: a folder that is there makes its server archive. */
export class EmbeddedArchives implements DatabaseArchives {
  readonly engines = ["postgres"] as const;
  readonly #servers: Servers;
  readonly #folders: ArchiveFolders;

  constructor(servers: Servers) {
    this.#servers = servers;
    this.#folders = new ArchiveFolders(servers.root);
  }

  async open(id: string): Promise<void> {
    this.#folders.open(id, (path) => this.#servers.launcher().own(path));
  }

  /** One that is open begins anew. */
  async begin(id: string): Promise<void> {
    if (!this.#folders.has(id)) return;
    await this.#folders.remove(id);
    await this.open(id);
  }

  async flush(id: string): Promise<void> {
    if (this.#folders.has(id)) await this.#servers.withSql(id, flushWal);
  }

  async prune(id: string, before: Date): Promise<void> {
    await this.#folders.prune(id, before);
  }

  async remove(id: string): Promise<void> {
    await this.#folders.remove(id);
  }

  async list(): Promise<string[]> {
    return this.#folders.list();
  }

  async removeAll(): Promise<void> {
    await this.#folders.removeAll();
  }

  /** Makes the server in `folder`, which has a snapshot's data, begin with a recovery. @throws DatabaseLaunchError */
  async prepare({ archiveOf }: RecoveryPoint, folder: string): Promise<void> {
    const archive = this.#folders.require(archiveOf);
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
}
