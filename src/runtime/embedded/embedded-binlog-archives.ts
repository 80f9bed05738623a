import { link, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { binlogFile, byNumber, isRelayLog, type Replay, replayOf } from "../binlog-recovery.ts";
import type { DatabaseArchives, RecoveryPoint } from "../database-driver.ts";
import { keepBinlogs, purgeBinlogs } from "../mysql-replication.ts";
import type { MysqlSql } from "../mysql-users.ts";
import { ArchiveFolders } from "./archive-folders.ts";

interface Servers {
  readonly root: string;
  path(id: string): string;
  /** Gives a file to the account that the server runs as. */
  own(path: string): void;
  /** None while the server does not run. In turn with what else is done to it. */
  withSql(id: string, work: (sql: MysqlSql) => Promise<void>): Promise<void>;
}

/** The binlogs of servers, which are in their data folders, under further names: so they outlive their server. */
export class EmbeddedBinlogArchives implements DatabaseArchives {
  readonly engines = ["mariadb", "mysql"] as const;
  readonly #servers: Servers;
  readonly #folders: ArchiveFolders;

  constructor(servers: Servers) {
    this.#servers = servers;
    this.#folders = new ArchiveFolders(servers.root);
  }

  has(id: string): boolean {
    return this.#folders.has(id);
  }

  /** For a server that does not run yet. */
  make(id: string): boolean {
    return this.#folders.open(id, () => {});
  }

  /** Of a server that was not made. */
  async drop(id: string): Promise<void> {
    await this.#folders.remove(id);
  }

  async open(id: string): Promise<void> {
    if (this.make(id)) await this.#servers.withSql(id, (sql) => keepBinlogs(sql, true));
  }

  /** A binlog that is being written to is one file under both names. */
  async flush(id: string): Promise<void> {
    if (!this.has(id)) return;
    const data = join(this.#servers.path(id), "data");
    for (const name of (await readdir(data).catch(() => [])).filter((file) => binlogFile.test(file))) {
      await linkAnew(join(data, name), join(this.#folders.path(id), name));
    }
  }

  async prune(id: string, before: Date): Promise<void> {
    if (!this.has(id)) return;
    await this.flush(id);
    await this.#folders.prune(id, before);
    await this.#servers.withSql(id, (sql) => purgeBinlogs(sql, before));
  }

  async remove(id: string): Promise<void> {
    if (!this.has(id)) return;
    await this.drop(id);
    await this.#servers.withSql(id, (sql) => keepBinlogs(sql, false));
  }

  async list(): Promise<string[]> {
    return this.#folders.list();
  }

  async removeAll(): Promise<void> {
    await this.#folders.removeAll();
  }

  /** Gives the server in `folder`, which has a snapshot's data, what came after it. @throws DatabaseLaunchError */
  async prepare({ archiveOf, until }: RecoveryPoint, folder: string): Promise<Replay> {
    const archive = this.#folders.require(archiveOf);
    await this.flush(archiveOf);
    const data = join(folder, "data");
    const name =
      (await readdir(data))
        .filter((file) => binlogFile.test(file))
        .sort(byNumber)
        .at(-1) ?? "";
    const { size } = await stat(join(data, name));
    const later = (await readdir(archive)).filter((file) => byNumber(file, name) >= 0).sort(byNumber);
    const archived = later.map((file) => ({ name: file, read: () => readFile(join(archive, file)) }));
    const found = await replayOf({ name, size }, archived, until);
    // Of the server whose data they were.
    for (const file of await readdir(data)) if (isRelayLog(file)) await rm(join(data, file));
    for (const file of found.files) {
      const path = join(data, file.name);
      await writeFile(path, file.content, { mode: 0o600 });
      this.#servers.own(path);
    }
    return found;
  }
}

/** A name that is another file's, of a server that began anew, becomes this one's. */
async function linkAnew(file: string, name: string): Promise<void> {
  const [own, linked] = await Promise.all([stat(file), stat(name).catch(() => undefined)]);
  if (linked?.ino === own.ino) return;
  await rm(name, { force: true });
  await link(file, name);
}
