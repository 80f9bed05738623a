import { join } from "node:path";
import type { Logger } from "pino";
import type { CertificateAuthority, ServerCertificate } from "../certificate-authority.ts";
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
import { endReplication, keepsUp, slotOf } from "../replication.ts";
import { admitReader, changePassword, reload, type SuperuserSql } from "../superuser-sql.ts";
import { ClusterSnapshots } from "./cluster-snapshots.ts";
import { EmbeddedArchives } from "./embedded-archives.ts";
import { type DatabaseRecord, EmbeddedReplicas } from "./embedded-replicas.ts";
import { EmbeddedServers, tidyServers } from "./embedded-servers.ts";
import { EmbeddedSettings } from "./embedded-settings.ts";
import { EmbeddedUpgrades } from "./embedded-upgrades.ts";
import type { PostgresClients } from "./postgres-clients.ts";
import { createCluster } from "./postgres-cluster.ts";
import type { PostgresLauncher } from "./postgres-launcher.ts";
import type { PostgresLaunchers } from "./postgres-launchers.ts";
import { PostgresServer } from "./postgres-server.ts";
import { mendUpgrade } from "./postgres-upgrade.ts";
import { byVersion, majorOf } from "./published-postgres.ts";
import { endOrphan } from "./server-orphan.ts";
import { queryAsSuperuser } from "./superuser-connection.ts";

interface EmbeddedDatabasesOptions {
  /** Absolute; each server has a folder in it. */
  readonly root: string;
  readonly log: Logger;
  readonly authority: () => Promise<CertificateAuthority>;
  /** Or the reason why there is none here. */
  readonly launchers: PostgresLaunchers | Error;
  readonly clients?: PostgresClients | undefined;
}

/** Real PostgreSQL servers as children of this process. They end with `close`; their data stay. */
export class EmbeddedDatabases implements PostgresDriver {
  readonly limitations: readonly string[];
  readonly archives: EmbeddedArchives;
  readonly #options: EmbeddedDatabasesOptions;
  readonly #servers: EmbeddedServers<DatabaseRecord, PostgresServer>;
  readonly #snapshots: ClusterSnapshots;
  readonly #replicas: EmbeddedReplicas;
  readonly #settings: EmbeddedSettings;
  readonly #upgrades: EmbeddedUpgrades;

  private constructor(options: EmbeddedDatabasesOptions) {
    this.#options = options;
    this.#snapshots = new ClusterSnapshots(`${options.root}-snapshots`);
    this.#servers = new EmbeddedServers({
      ...{ root: options.root, log: options.log, snapshots: this.#snapshots },
      start: (record) => this.#startServer(record),
      canBecome: (record, version) => majorOf(record.engineVersion) === majorOf(version),
      versionOf: ({ engineVersion }) => this.#launcher(engineVersion).version,
      afterStart: (id) => this.#replicas.lead(id, (record) => this.#settings.write(record)),
    });
    this.archives = new EmbeddedArchives({
      root: options.root,
      launcher: () => this.#launchers().own,
      withSql: (id, work) =>
        this.#servers.inTurn(id, async () => {
          if (this.#servers.runs(id)) await work(this.#superuserSql(id));
        }),
    });
    this.#replicas = new EmbeddedReplicas(this.#servers, { log: options.log, sql: (id) => this.#superuserSql(id) });
    this.#settings = new EmbeddedSettings({
      ...{ servers: this.#servers, replicas: this.#replicas, authority: options.authority },
      launcher: () => this.#launchers().own,
    });
    this.#upgrades = new EmbeddedUpgrades({
      ...{ servers: this.#servers, clients: options.clients },
      launcher: (version) => this.#launcher(version),
      settings: (record) => this.#settings.of(record),
      start: (record) => this.#startServer(record),
      replicates: ({ id, replicaOf }) => replicaOf !== undefined || this.#replicas.followersOf(id).length > 0,
      archiveAnew: (id) => this.archives.begin(id),
    });
    this.limitations =
      options.launchers instanceof Error
        ? [`Databases cannot run. ${options.launchers.message}`]
        : [
            `Databases run PostgreSQL ${options.launchers.own.version}; other versions are fetched from npm when they are first asked for.`,
            "Extensions that only a superuser may create, and RDS does not let rds_superuser create, cannot be created.",
          ];
  }

  /** Finds the servers of `root`, all stopped: ends those that a killed LocalAWS left, and removes what it left half-made. */
  static async open(options: EmbeddedDatabasesOptions): Promise<EmbeddedDatabases> {
    await tidyServers(options.root, endOrphan);
    return new EmbeddedDatabases(options);
  }

  authority(): Promise<CertificateAuthority> {
    return this.#options.authority();
  }

  async identity(id: string): Promise<ServerCertificate> {
    return this.#settings.identity(id);
  }

  versions(_engine: DatabaseEngine): readonly string[] {
    return this.#options.launchers instanceof Error ? [] : this.#options.launchers.versions;
  }

  absence(): string | undefined {
    return this.#options.launchers instanceof Error ? this.#options.launchers.message : undefined;
  }

  /** To later minor versions, whose programs take the data as they are; to later majors where there is a pg_dump. */
  upgrades(engine: DatabaseEngine, version: string): readonly string[] {
    const isKnown = this.#upgrades.writesOut(version);
    return this.versions(engine).filter(
      (one) => byVersion(one, version) > 0 && (isKnown || majorOf(one) === majorOf(version)),
    );
  }

  async mend(): Promise<void> {
    for (const { id, engineVersion } of this.#servers.records.values()) {
      if (await mendUpgrade(this.#servers.path(id), engineVersion)) await this.archives.begin(id);
    }
  }

  async create(spec: DatabaseSpec, progress: (line: string) => void, signal?: AbortSignal): Promise<DatabaseServer> {
    const { versions } = this.#launchers();
    if (!versions.some((version) => majorOf(version) === majorOf(spec.engineVersion))) {
      throw new DatabaseLaunchError(
        `There is no ${spec.engine} ${spec.engineVersion} here, only ${versions.join(", ")}.`,
      );
    }
    return await this.#servers.create(spec, {
      signal,
      make: () => this.#make(spec, progress, signal),
      undo: async () => {
        await this.archives.remove(spec.id);
        await this.#replicas.part(spec);
      },
    });
  }

  async start(id: string): Promise<DatabaseServer> {
    return await this.#servers.start(id);
  }

  async stop(id: string): Promise<void> {
    await this.#servers.stop(id);
  }

  async reboot(id: string): Promise<void> {
    await this.#servers.reboot(id);
  }

  async change(id: string, changes: DatabaseChanges): Promise<void> {
    const { engineVersion: asked, ...others } = changes;
    // Before the server stops: it takes a while.
    const engineVersion = asked && (await this.#launchers().prepare(asked, this.#progressOf(id)));
    const isMajor = engineVersion && majorOf(this.#servers.record(id).engineVersion) !== majorOf(engineVersion);
    if (isMajor) await this.#servers.inTurn(id, () => this.#upgrades.upgrade(id, engineVersion));
    if (isMajor && Object.keys(others).length === 0) return;
    await this.#servers.change(id, { ...others, ...(engineVersion && { engineVersion }) });
  }

  #progressOf(id: string): (line: string) => void {
    return (line) => this.#options.log.info({ database: id }, line);
  }

  async promote(id: string): Promise<void> {
    await this.#servers.inTurn(id, async () => {
      const { replicaOf, floors: _, ...record } = this.#servers.record(id);
      await endReplication(this.#superuserSql(id));
      this.#servers.save(record);
      await this.#settings.write(record);
      await reload(this.#superuserSql(id));
      if (replicaOf !== undefined) await this.#replicas.part({ id, replicaOf });
    });
  }

  async switchOver(id: string, replicaId: string, patience: number): Promise<void> {
    await this.#servers.inTurn(id, async () => {
      await keepsUp(this.#superuserSql(id), slotOf(replicaId), patience);
      await this.#servers.halt(id);
    });
    await this.promote(replicaId);
  }

  async remove(id: string): Promise<void> {
    await this.#servers.inTurn(id, async () => {
      const record = this.#servers.records.get(id);
      if (record === undefined) return;
      await this.#servers.drop(id);
      this.#settings.forget(id);
      await this.#replicas.part(record);
    });
  }

  async get(id: string): Promise<DatabaseServer | undefined> {
    return this.#servers.server(id);
  }

  async list(): Promise<DatabaseServer[]> {
    return this.#servers.list();
  }

  async setPassword(id: string, username: string, password: string): Promise<void> {
    await this.#servers.inTurn(id, () => changePassword(this.#superuserSql(id), username, password));
  }

  async admitReader(id: string, username: string, password: string): Promise<void> {
    await this.#servers.inTurn(id, () => admitReader(this.#superuserSql(id), username, password));
  }

  async configure(id: string, parameters: DatabaseParameters): Promise<{ pendingReboot: string[] }> {
    return await this.#servers.inTurn(id, async () => {
      const record = { ...this.#servers.record(id), parameters };
      this.#servers.save(record);
      await this.#settings.write(record);
      return { pendingReboot: this.#servers.runs(id) ? await reload(this.#superuserSql(id)) : [] };
    });
  }

  async log(id: string, log: DatabaseLog = "error"): Promise<string> {
    return log === "error" && this.#servers.records.has(id)
      ? endOf(join(this.#servers.path(id), "server.log"), 1024 * 1024)
      : "";
  }

  async snapshot(id: string, snapshotId: string): Promise<void> {
    await this.#servers.snapshot(id, snapshotId);
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
    await Promise.all(this.#servers.ids.map((id) => this.remove(id)));
    await this.#snapshots.removeAll();
    await this.archives.removeAll();
  }

  async close(): Promise<void> {
    await this.#servers.close();
  }

  async #make(spec: DatabaseSpec, progress: (line: string) => void, signal?: AbortSignal): Promise<void> {
    const { masterPassword: _, snapshotId, recovery, archived, ...asked } = spec;
    const { id, replicaOf } = spec;
    const folder = this.#servers.path(id);
    const kept = { ...asked, engineVersion: await this.#launchers().prepare(spec.engineVersion, progress) };
    signal?.throwIfAborted();
    if (replicaOf !== undefined) {
      progress(`copying ${replicaOf}`);
      await this.#replicas.copy(replicaOf, kept, (file) => this.#launcher(kept.engineVersion).own(file));
    } else if (snapshotId !== undefined) {
      progress(`restoring snapshot ${snapshotId}`);
      await this.#snapshots.restore(snapshotId, folder);
      if (recovery !== undefined) await this.archives.prepare(recovery, folder);
    } else {
      progress(`making a PostgreSQL ${kept.engineVersion} cluster`);
      await createCluster(this.#launcher(kept.engineVersion), folder, spec);
    }
    signal?.throwIfAborted();
    if (replicaOf === undefined) this.#servers.save(kept);
    if (archived === true) await this.archives.open(id);
    progress(`starting it at port ${spec.port}`);
    await this.#startServer(this.#servers.record(id), recovery);
    if (recovery !== undefined) await this.#endRecovery(this.#servers.record(id));
  }

  async #startServer(record: DatabaseRecord, recovery?: RecoveryPoint): Promise<void> {
    const { id, engineVersion } = record;
    // Programs that were lost, as when data were moved to another machine.
    if (!this.#launchers().has(engineVersion)) {
      await this.#launchers().prepare(engineVersion, this.#progressOf(id));
    }
    const settings = { ...(await this.#settings.of(record)), recovery };
    const server = await PostgresServer.start(this.#launcher(engineVersion), this.#servers.path(id), settings);
    this.#servers.add(id, server);
    await this.#replicas.tidy(record);
  }

  async #endRecovery(record: DatabaseRecord): Promise<void> {
    await this.#settings.write(record);
    await this.archives.tidy(this.#servers.path(record.id));
  }

  #superuserSql(id: string): SuperuserSql {
    const { port } = this.#servers.requireRunning(id);
    return (sql, database) => queryAsSuperuser({ data: join(this.#servers.path(id), "data"), port }, sql, database);
  }

  #launchers(): PostgresLaunchers {
    const { launchers } = this.#options;
    if (launchers instanceof Error) throw new DatabaseLaunchError(launchers.message);
    return launchers;
  }

  #launcher(version: string): PostgresLauncher {
    return this.#launchers().of(version);
  }
}
