import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { DatabaseLaunchError } from "../database-driver.ts";
import { replicaSlotPrefix } from "../replication.ts";

/** What may become a folder's name. */
const validId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

/** Copies of clusters, `<root>/<snapshot id>`: whole, or not there. */
export class ClusterSnapshots {
  readonly #root: string;
  readonly #fill: typeof copyCluster;

  /** @param fill fills a server's folder, which must not be there, with copied data */
  constructor(root: string, fill: typeof copyCluster = copyCluster) {
    this.#root = root;
    this.#fill = fill;
  }

  /** Copies a cluster's folder. */
  async take(data: string, id: string): Promise<void> {
    const target = this.#path(id);
    const made = `${target}.new`;
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    await rm(made, { recursive: true, force: true });
    try {
      await copyFolder(data, made);
      // Of the server whose data they were: the one that begins with them is another.
      await rm(join(made, "postmaster.pid"), { force: true });
      await rename(made, target);
    } catch (error) {
      await rm(made, { recursive: true, force: true });
      throw error;
    }
  }

  /** Fills a server's folder, which must not be there. @throws DatabaseLaunchError */
  async restore(id: string, folder: string): Promise<void> {
    await this.#fill(this.#require(id), folder);
  }

  /** @throws DatabaseLaunchError */
  async copy(id: string, copyId: string): Promise<void> {
    await this.take(this.#require(id), copyId);
  }

  async remove(id: string): Promise<void> {
    await rm(this.#path(id), { recursive: true, force: true });
  }

  list(): string[] {
    return existsSync(this.#root) ? readdirSync(this.#root).filter((name) => validId.test(name)) : [];
  }

  async removeAll(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }

  #require(id: string): string {
    const path = this.#path(id);
    if (!existsSync(path)) throw new DatabaseLaunchError(`There is no snapshot ${id}.`);
    return path;
  }

  #path(id: string): string {
    if (!validId.test(id)) throw new DatabaseLaunchError(`${JSON.stringify(id)} names no snapshot.`);
    return join(this.#root, id);
  }
}

/** Fills a server's folder, which must not be there, with the data of another that stands still. */
export async function copyCluster(data: string, folder: string): Promise<void> {
  const copy = await copyData(data, folder);
  // Of the server whose data they were: its process, whom it follows, and who follows it.
  await Promise.all([
    rm(join(copy, "postmaster.pid"), { force: true }),
    rm(join(copy, "standby.signal"), { force: true }),
    ...(await readdir(join(copy, "pg_replslot")))
      .filter((slot) => slot.startsWith(replicaSlotPrefix))
      .map((slot) => rm(join(copy, "pg_replslot", slot), { recursive: true, force: true })),
  ]);
}

/** The same for whatever data; resolves with the path of the copy. */
async function copyData(data: string, folder: string): Promise<string> {
  // The account that the server runs as passes through the one and owns the other.
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
  const copy = join(folder, "data");
  await copyFolder(data, copy);
  return copy;
}

/** `copyCluster` for the data of MariaDB and MySQL. */
export async function copyMysqlData(data: string, folder: string): Promise<void> {
  const copy = await copyData(data, folder);
  // Of the server whose data they were: its process, and MySQL's name for it.
  await Promise.all(
    ["mysqld.pid", "mysqld.sock", "mysqld.sock.lock", "auto.cnf"].map((name) => rm(join(copy, name), { force: true })),
  );
}

/** With owners, links and modes, which Node's own copy does not keep. */
export async function copyFolder(source: string, target: string): Promise<void> {
  await promisify(execFile)("cp", ["-a", source, target]);
}
