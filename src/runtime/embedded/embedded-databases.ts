import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import type { CertificateAuthority } from "../certificate-authority.ts";
import {
  type DatabaseChanges,
  type DatabaseEngine,
  DatabaseLaunchError,
  type DatabaseLog,
  type DatabaseParameters,
  type DatabaseServer,
  type DatabaseSpec,
  type RecoveryPoint,
} from "../database-driver.ts";
import { endOf } from "../end-of-file.ts";
import type { PostgresDriver } from "../engine-databases.ts";
import { isPortFree } from "../free-port.ts";
import { OneAtATime } from "../one-at-a-time.ts";
import { RecordFolder } from "../records/record-folder.ts";
import { endReplication, isOutgrown, keepsUp, slotOf } from "../replication.ts";
import { admitReader, changePassword, reload, type SuperuserSql, serverAddresses } from "../superuser-sql.ts";
import { ClusterSnapshots, copyCluster } from "./cluster-snapshots.ts";
import { EmbeddedArchives } from "./embedded-archives.ts";
import { type DatabaseRecord, EmbeddedReplicas } from "./embedded-replicas.ts";
import { createCluster, type ServerSettings, writeConfiguration } from "./postgres-cluster.ts";
import type { PostgresLauncher } from "./postgres-launcher.ts";
import { PostgresServer } from "./postgres-server.ts";
import { RunningServers } from "./running-servers.ts";
import { endOrphan } from "./server-orphan.ts";
import { queryAsSuperuser } from "./superuser-connection.ts";

interface EmbeddedDatabasesOptions {
  /** Absolute; each server has a folder in it. */
  readonly root: string;
  readonly log: Logger;
  readonly authority: () => Promise<CertificateAuthority>;
  /** Or the reason why there is none here. */
  readonly launcher: PostgresLauncher | Error;
}

/** Real PostgreSQL servers as children of this process. They end with `close`; their data stay. */
export class EmbeddedDatabases implements PostgresDriver {
  readonly limitations: readonly string[];
  readonly archives: EmbeddedArchives;
  readonly #options: EmbeddedDatabasesOptions;
  readonly #folder: RecordFolder<DatabaseRecord>;
  readonly #records: Map<string, DatabaseRecord>;
  readonly #running: RunningServers<PostgresServer>;
  readonly #oneAtATime = new OneAtATime();
  readonly #snapshots: ClusterSnapshots;
  readonly #replicas: EmbeddedReplicas;

  private constructor(options: EmbeddedDatabasesOptions, folder: RecordFolder<DatabaseRecord>) {
    this.#options = options;
    this.#folder = folder;
    this.#snapshots = new ClusterSnapshots(`${options.root}-snapshots`);
    this.#records = folder.readAll().records;
    this.#running = new RunningServers({ restart: (id) => this.#restart(id), log: options.log });
    this.archives = new EmbeddedArchives({
      root: options.root,
      launcher: () => this.#launcher(),
      withSql: (id, work) =>
        this.#oneAtATime.run(id, async () => {
          if (this.#running.has(id)) await work(this.#superuserSql(id));
        }),
    });
    this.#replicas = new EmbeddedReplicas({
      records: this.#records,
      save: (record) => this.#save(record),
      runs: (id) => this.#running.has(id),
      sql: (id) => this.#superuserSql(id),
    });
    this.limitations =
      options.launcher instanceof Error
        ? [`Databases cannot run. ${options.launcher.message}`]
        : [
            `Databases run PostgreSQL ${options.launcher.version} and no other version of it.`,
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

  authority(): Promise<CertificateAuthority> {
    return this.#options.authority();
  }

  versions(_engine: DatabaseEngine): readonly string[] {
    return this.#options.launcher instanceof Error ? [] : [this.#options.launcher.version];
  }

  absence(): string | undefined {
    return this.#options.launcher instanceof Error ? this.#options.launcher.message : undefined;
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
        const { masterPassword: _, snapshotId, recovery, archived, ...kept } = spec;
        if (spec.replicaOf !== undefined) {
          progress(`copying ${spec.replicaOf}`);
          await this.#copyToReplica(spec.replicaOf, kept);
        } else if (snapshotId !== undefined) {
          progress(`restoring snapshot ${snapshotId}`);
          await this.#snapshots.restore(snapshotId, folder);
          if (recovery !== undefined) await this.archives.prepare(recovery, folder);
        } else {
          progress(`making a PostgreSQL ${launcher.version} cluster`);
          await createCluster(launcher, folder, spec);
        }
        signal?.throwIfAborted();
        if (spec.replicaOf === undefined) this.#save(kept);
        if (archived === true) await this.archives.open(id);
        progress(`starting it at port ${port}`);
        const server = await this.#startServer(this.#record(id), recovery);
        if (recovery !== undefined) await this.#endRecovery(this.#record(id));
        signal?.throwIfAborted();
        return server;
      } catch (error) {
        await this.#drop(id);
        await this.archives.remove(id);
        await this.#part(spec);
        signal?.throwIfAborted();
        if (error instanceof DatabaseLaunchError) throw error;
        const message = error instanceof Error ? error.message : String(error);
        throw new DatabaseLaunchError(`The database was not made: ${message}`, { cause: error });
      }
    });
  }

  async start(id: string): Promise<DatabaseServer> {
    const server = await this.#oneAtATime.run(id, async () => {
      const record = this.#record(id);
      return this.#running.has(id) ? this.#server(record) : await this.#startServer(record);
    });
    await this.#lead(id);
    return server;
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
    await this.#lead(id);
  }

  async change(id: string, { engineVersion, ...changes }: DatabaseChanges): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      const before = this.#record(id);
      const record = { ...before, ...changes };
      if (engineVersion !== undefined && engineVersion !== record.engineVersion) {
        throw new DatabaseLaunchError(`There is no PostgreSQL ${engineVersion} here.`);
      }
      this.#save(record);
      if (!this.#running.has(id)) return;
      await this.#halt(id);
      await this.#startServer(record).catch(async (error: unknown) => {
        // It goes on as it was: somebody else may have the port by now.
        this.#save(before);
        await this.#startServer(before);
        throw error;
      });
    });
    await this.#lead(id);
  }

  async promote(id: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      const { replicaOf, floors: _, ...record } = this.#record(id);
      await endReplication(this.#superuserSql(id));
      this.#save(record);
      await this.#configure(record);
      await reload(this.#superuserSql(id));
      if (replicaOf !== undefined) await this.#part({ id, replicaOf });
    });
  }

  async switchOver(id: string, replicaId: string, patience: number): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      await keepsUp(this.#superuserSql(id), slotOf(replicaId), patience);
      await this.#halt(id);
    });
    await this.promote(replicaId);
  }

  async remove(id: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      const record = this.#records.get(id);
      if (record === undefined) return;
      await this.#drop(id);
      await this.#part(record);
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

  async admitReader(id: string, username: string, password: string): Promise<void> {
    await this.#oneAtATime.run(id, () => admitReader(this.#superuserSql(id), username, password));
  }

  async configure(id: string, parameters: DatabaseParameters): Promise<{ pendingReboot: string[] }> {
    return await this.#oneAtATime.run(id, async () => {
      const record = { ...this.#record(id), parameters };
      this.#save(record);
      await this.#configure(record);
      return { pendingReboot: this.#running.has(id) ? await reload(this.#superuserSql(id)) : [] };
    });
  }

  async log(id: string, log: DatabaseLog = "error"): Promise<string> {
    return log === "error" && this.#records.has(id)
      ? endOf(join(this.#folder.path(id), "server.log"), 1024 * 1024)
      : "";
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
    await Promise.all(this.#ids().map((id) => this.remove(id)));
    await this.#snapshots.removeAll();
    await this.archives.removeAll();
  }

  async close(): Promise<void> {
    await Promise.all(this.#ids().map((id) => this.stop(id)));
  }

  async #startServer(record: DatabaseRecord, recovery?: RecoveryPoint): Promise<DatabaseServer> {
    const { id } = record;
    const settings = { ...(await this.#settings(record)), recovery };
    const server = await PostgresServer.start(this.#launcher(), this.#folder.path(id), settings);
    this.#running.add(id, server);
    await this.#replicas.tidy(record).catch((err: unknown) => {
      this.#options.log.warn({ err, database: id }, "a server goes on keeping what a replica had to have");
    });
    return this.#server(record);
  }

  /** After a crash, unless somebody has stopped or removed it meanwhile. */
  async #restart(id: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      if (this.#running.missing(id)) await this.#startServer(this.#record(id));
    });
    await this.#lead(id);
  }

  async #endRecovery(record: DatabaseRecord): Promise<void> {
    await this.#configure(record);
    await this.archives.tidy(this.#folder.path(record.id));
  }

  /** Copies a running server, which keeps from then on what the copy has to take over. */
  async #copyToReplica(sourceId: string, replica: DatabaseRecord): Promise<void> {
    const folder = this.#folder.path(replica.id);
    await this.#oneAtATime.run(sourceId, async () => {
      const replicationPassword = await this.#replicas.admit(this.#record(sourceId), replica.id);
      const copy = () => copyCluster(join(this.#folder.path(sourceId), "data"), folder);
      await this.#running.get(sourceId)?.whileFrozen(copy);
      const signal = join(folder, "data", "standby.signal");
      await writeFile(signal, "", { mode: 0o600 });
      this.#launcher().own(signal);
      // Before the source may start again, and look whose replicas there are.
      this.#save({ ...replica, replicationPassword });
    });
  }

  /** Tells the replicas of a server that has started where it is, and gives them as much as it has. */
  async #lead(id: string): Promise<void> {
    for (const follower of this.#replicas.followersOf(id)) {
      await this.#oneAtATime.run(follower.id, async () => {
        const record = this.#records.get(follower.id);
        if (record?.replicaOf !== id || !this.#running.has(record.id)) return;
        const { follows } = await this.#configure(record);
        if (follows !== undefined && (await isOutgrown(this.#superuserSql(record.id), follows))) {
          await this.#halt(record.id);
          await this.#startServer(record);
        } else {
          await reload(this.#superuserSql(record.id));
        }
      });
    }
  }

  async #part(replica: Pick<DatabaseSpec, "id" | "replicaOf">): Promise<void> {
    await this.#replicas.part(replica).catch((err: unknown) => {
      this.#options.log.warn(
        { err, database: replica.replicaOf },
        "a server goes on keeping what a replica had to have",
      );
    });
  }

  async #configure(record: DatabaseRecord): Promise<ServerSettings> {
    const settings = await this.#settings(record);
    await writeConfiguration(this.#launcher(), this.#folder.path(record.id), settings);
    return settings;
  }

  async #settings(record: DatabaseRecord): Promise<ServerSettings> {
    const follows = await this.#replicas.follows(record);
    if (follows !== undefined) this.#save({ ...record, floors: follows.floors });
    const authority = await this.authority();
    return { ...record, follows, tls: await authority.issue(serverAddresses) };
  }

  #save(record: DatabaseRecord): void {
    this.#folder.write(record.id, record);
    this.#records.set(record.id, record);
  }

  async #halt(id: string, patience?: number): Promise<void> {
    await this.#running.take(id)?.stop(patience);
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
