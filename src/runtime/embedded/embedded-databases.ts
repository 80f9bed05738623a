import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import {
  type DatabaseChanges,
  type DatabaseDriver,
  type DatabaseEngine,
  DatabaseLaunchError,
  type DatabaseParameters,
  type DatabaseServer,
  type DatabaseSpec,
} from "../database-driver.ts";
import { TcpForwards } from "../database-forwards.ts";
import { endOf } from "../end-of-file.ts";
import { isPortFree } from "../free-port.ts";
import { RecordFolder } from "../records/record-folder.ts";
import { changePassword, reload, type SuperuserSql } from "../superuser-sql.ts";
import { ClusterSnapshots } from "./cluster-snapshots.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import { createCluster, writeConfiguration } from "./postgres-cluster.ts";
import type { PostgresLauncher } from "./postgres-launcher.ts";
import { endOrphan } from "./postgres-orphan.ts";
import { PostgresServer } from "./postgres-server.ts";
import { queryAsSuperuser } from "./superuser-connection.ts";

/** What is kept beside the data; the password is in the data only, and only as PostgreSQL keeps it. */
type DatabaseRecord = Omit<DatabaseSpec, "masterPassword" | "snapshotId">;

interface EmbeddedDatabasesOptions {
  /** Absolute; each server has a folder in it. */
  readonly root: string;
  readonly log: Logger;
  /** Or the reason why there is none here. */
  readonly launcher: PostgresLauncher | Error;
}

/** Real PostgreSQL servers as children of this process. They end with `close`; their data stay. */
export class EmbeddedDatabases implements DatabaseDriver {
  readonly kind = "embedded";
  readonly limitations: readonly string[];
  readonly forwards = new TcpForwards();
  readonly #options: EmbeddedDatabasesOptions;
  readonly #folder: RecordFolder<DatabaseRecord>;
  readonly #records: Map<string, DatabaseRecord>;
  readonly #running = new Map<string, PostgresServer>();
  readonly #oneAtATime = new OneAtATime();
  readonly #snapshots: ClusterSnapshots;

  private constructor(options: EmbeddedDatabasesOptions, folder: RecordFolder<DatabaseRecord>) {
    this.#options = options;
    this.#folder = folder;
    this.#snapshots = new ClusterSnapshots(`${options.root}-snapshots`);
    this.#records = folder.readAll().records;
    this.limitations =
      options.launcher instanceof Error
        ? [`Databases cannot run. ${options.launcher.message}`]
        : [
            `Databases run PostgreSQL ${options.launcher.version} and no other version or engine.`,
            "A database's CPU, memory and disk are not limited, and its connections are not encrypted.",
            "Extensions that only a superuser may create cannot be created.",
          ];
  }

  /** Finds the servers of `root`, all stopped: ends those that a killed LocalAWS left, and removes what it left half-made. */
  static async open(options: EmbeddedDatabasesOptions): Promise<EmbeddedDatabases> {
    const folder = new RecordFolder<DatabaseRecord>(options.root, "server.json");
    const { records, remains } = folder.readAll();
    const ids = [...records.keys(), ...remains];
    await Promise.all(ids.map((id) => endOrphan(join(folder.path(id), "data"))));
    await Promise.all(remains.map((id) => rm(folder.path(id), { recursive: true, force: true })));
    return new EmbeddedDatabases(options, folder);
  }

  versions(_engine: DatabaseEngine): readonly string[] {
    return this.#options.launcher instanceof Error ? [] : [this.#options.launcher.version];
  }

  upgrades(): readonly string[] {
    return [];
  }

  async create(spec: DatabaseSpec, progress: (line: string) => void, signal?: AbortSignal): Promise<DatabaseServer> {
    return await this.#oneAtATime.run(spec.id, async () => {
      const { id, port, listenAddress } = spec;
      const folder = this.#folder.path(id);
      if (this.#records.has(id)) throw new DatabaseLaunchError(`There is a database server ${id} already.`);
      const launcher = this.#launcher();
      if (!this.versions(spec.engine).includes(spec.engineVersion)) {
        throw new DatabaseLaunchError(
          `There is no ${spec.engine} ${spec.engineVersion} here, only ${launcher.version}.`,
        );
      }
      // Before the work, though only the server's own try counts.
      if (!(await isPortFree(listenAddress, port))) {
        throw new DatabaseLaunchError(`Port ${port} of ${listenAddress} is in use by another program.`);
      }
      try {
        if (spec.snapshotId === undefined) {
          progress(`making a PostgreSQL ${launcher.version} cluster`);
          await createCluster(launcher, folder, spec);
        } else {
          progress(`restoring snapshot ${spec.snapshotId}`);
          await this.#snapshots.restore(spec.snapshotId, folder);
        }
        signal?.throwIfAborted();
        const { masterPassword: _, snapshotId: _snapshot, ...record } = spec;
        this.#folder.write(id, record);
        this.#records.set(id, record);
        progress(`starting it at port ${port}`);
        const server = await this.#startServer(record);
        signal?.throwIfAborted();
        return server;
      } catch (error) {
        await this.#drop(id);
        signal?.throwIfAborted();
        if (error instanceof DatabaseLaunchError) throw error;
        const message = error instanceof Error ? error.message : String(error);
        throw new DatabaseLaunchError(`The database was not made: ${message}`, { cause: error });
      }
    });
  }

  async start(id: string): Promise<DatabaseServer> {
    return await this.#oneAtATime.run(id, async () => {
      const record = this.#record(id);
      return this.#running.has(id) ? this.#server(record) : await this.#startServer(record);
    });
  }

  async stop(id: string): Promise<void> {
    await this.#oneAtATime.run(id, () => this.#halt(id));
  }

  async reboot(id: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      const record = this.#record(id);
      await this.#halt(id);
      await this.#startServer(record);
    });
  }

  async change(id: string, { engineVersion, ...changes }: DatabaseChanges): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      const record = { ...this.#record(id), ...changes };
      if (engineVersion !== undefined && engineVersion !== record.engineVersion) {
        throw new DatabaseLaunchError(`There is no PostgreSQL ${engineVersion} here.`);
      }
      this.#folder.write(id, record);
      this.#records.set(id, record);
      if (!this.#running.has(id)) return;
      await this.#halt(id);
      await this.#startServer(record);
    });
  }

  async remove(id: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      if (this.#records.has(id)) await this.#drop(id);
    });
  }

  async get(id: string): Promise<DatabaseServer | undefined> {
    const record = this.#records.get(id);
    return record === undefined ? undefined : this.#server(record);
  }

  async list(): Promise<DatabaseServer[]> {
    return [...this.#records.values()].map((record) => this.#server(record));
  }

  async setPassword(id: string, username: string, password: string): Promise<void> {
    await this.#oneAtATime.run(id, () => changePassword(this.#superuserSql(id), username, password));
  }

  async configure(id: string, parameters: DatabaseParameters): Promise<{ pendingReboot: string[] }> {
    return await this.#oneAtATime.run(id, async () => {
      const record = { ...this.#record(id), parameters };
      await writeConfiguration(this.#launcher(), this.#folder.path(id), record);
      this.#folder.write(id, record);
      this.#records.set(id, record);
      return { pendingReboot: this.#running.has(id) ? await reload(this.#superuserSql(id)) : [] };
    });
  }

  async log(id: string): Promise<string> {
    return this.#records.has(id) ? endOf(join(this.#folder.path(id), "server.log"), 1024 * 1024) : "";
  }

  async snapshot(id: string, snapshotId: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      this.#record(id);
      const copy = () => this.#snapshots.take(join(this.#folder.path(id), "data"), snapshotId);
      const server = this.#running.get(id);
      await (server === undefined ? copy() : server.whileFrozen(copy));
    });
  }

  async copySnapshot(snapshotId: string, copyId: string): Promise<void> {
    await this.#snapshots.copy(snapshotId, copyId);
  }

  async removeSnapshot(snapshotId: string): Promise<void> {
    await this.#snapshots.remove(snapshotId);
  }

  async listSnapshots(): Promise<string[]> {
    return this.#snapshots.list();
  }

  async removeAll(): Promise<void> {
    await this.forwards.closeAll();
    await Promise.all(this.#ids().map((id) => this.remove(id)));
    await this.#snapshots.removeAll();
  }

  async close(): Promise<void> {
    await this.forwards.closeAll();
    await Promise.all(this.#ids().map((id) => this.stop(id)));
  }

  async #startServer(record: DatabaseRecord): Promise<DatabaseServer> {
    const { id } = record;
    const server = await PostgresServer.start(this.#launcher(), this.#folder.path(id), record);
    this.#running.set(id, server);
    void server.exited.then(() => {
      if (this.#running.get(id) !== server) return;
      this.#running.delete(id);
      this.#options.log.warn({ database: id }, "a database server ended by itself");
    });
    return this.#server(record);
  }

  async #halt(id: string, patience?: number): Promise<void> {
    const server = this.#running.get(id);
    this.#running.delete(id);
    await server?.stop(patience);
  }

  async #drop(id: string): Promise<void> {
    await this.#halt(id, 0);
    this.#records.delete(id);
    await rm(this.#folder.path(id), { recursive: true, force: true, maxRetries: 3 });
  }

  #superuserSql(id: string): SuperuserSql {
    const { port } = this.#record(id);
    if (!this.#running.has(id)) throw new DatabaseLaunchError(`The database server ${id} does not run.`);
    return (sql, database) => queryAsSuperuser({ data: join(this.#folder.path(id), "data"), port }, sql, database);
  }

  #server({ id, engineVersion }: DatabaseRecord): DatabaseServer {
    return this.#running.has(id)
      ? { id, state: "running", engineVersion: this.#launcher().version }
      : { id, state: "stopped", engineVersion };
  }

  /** Those being made too: what is asked of them waits its turn. */
  #ids(): string[] {
    return [...new Set([...this.#records.keys(), ...this.#oneAtATime.ids])];
  }

  #launcher(): PostgresLauncher {
    const { launcher } = this.#options;
    if (launcher instanceof Error) throw new DatabaseLaunchError(launcher.message);
    return launcher;
  }

  #record(id: string): DatabaseRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw new DatabaseLaunchError(`There is no database server ${id}.`);
    return record;
  }
}
