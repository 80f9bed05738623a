import { join } from "node:path";
import type { Logger } from "pino";
import { firstRelayLog, type Replay } from "../binlog-recovery.ts";
import type { CertificateAuthority, ServerCertificate } from "../certificate-authority.ts";
import {
  type DatabaseChanges,
  type DatabaseEngine,
  DatabaseLaunchError,
  type DatabaseLog,
  type DatabaseParameters,
  type DatabaseServer,
  type DatabaseSpec,
  type TokenAccounts,
} from "../database-driver.ts";
import { endOf } from "../end-of-file.ts";
import type { MysqlDriver } from "../engine-databases.ts";
import { followings } from "../mysql-followings.ts";
import { makeProcedures } from "../mysql-procedures.ts";
import { allowMysqlReplication, type FollowedMysqlServer, handOver, madeUpPassword } from "../mysql-replication.ts";
import { applySettings, logFiles } from "../mysql-settings.ts";
import { tokenAccounts } from "../mysql-token-accounts.ts";
import {
  admitMysqlReader,
  changeMysqlPassword,
  dropOtherUsers,
  type MysqlEngine,
  type MysqlSql,
  makeMasterUser,
  mysqlEngine,
} from "../mysql-users.ts";
import { serverAddresses } from "../superuser-sql.ts";
import { ClusterSnapshots, copyMysqlData } from "./cluster-snapshots.ts";
import { EmbeddedBinlogArchives } from "./embedded-binlog-archives.ts";
import { EmbeddedServers, tidyServers } from "./embedded-servers.ts";
import { createMysqlData, type MysqlServerSettings, superuserPassword, writeMysqlOptions } from "./mysql-data.ts";
import type { MysqlProgram, MysqlPrograms } from "./mysql-programs.ts";
import { endMysqlOrphan, MysqlServer, mysqlSuperuser } from "./mysql-server.ts";

/** What is kept beside the data; the passwords are in the data only. */
type MysqlRecord = Omit<DatabaseSpec, "masterPassword" | "snapshotId" | "recovery" | "archived"> & {
  readonly engine: MysqlEngine;
  /** With which replicas connect to it; one that is a replica has it from the server that it follows. */
  readonly replicationPassword?: string;
};

interface EmbeddedMysqlOptions {
  /** Absolute; each server has a folder in it. */
  readonly root: string;
  readonly log: Logger;
  readonly authority: () => Promise<CertificateAuthority>;
  readonly programs: MysqlPrograms;
}

/** Real servers of MariaDB and MySQL as children of this process. They end with `close`; their data stay. */
export class EmbeddedMysqlDatabases implements MysqlDriver {
  readonly limitations: readonly string[];
  readonly archives: EmbeddedBinlogArchives;
  readonly #options: EmbeddedMysqlOptions;
  readonly #servers: EmbeddedServers<MysqlRecord, MysqlServer>;
  readonly #identities = new Map<string, ServerCertificate>();
  readonly #snapshots: ClusterSnapshots;

  private constructor(options: EmbeddedMysqlOptions) {
    this.#options = options;
    this.#snapshots = new ClusterSnapshots(`${options.root}-snapshots`, copyMysqlData);
    this.#servers = new EmbeddedServers({
      ...{ root: options.root, log: options.log, snapshots: this.#snapshots },
      start: (record) => this.#startServer(record),
      versionOf: ({ engine }) => this.#program(engine).version,
      afterStart: (id) => this.#lead(id),
    });
    this.archives = new EmbeddedBinlogArchives({
      root: options.root,
      path: (id) => this.#servers.path(id),
      // Every server of these runs as the same account.
      own: (path) => this.#anyProgram().own(path),
      withSql: (id, work) =>
        this.#servers.inTurn(id, async () => {
          if (this.#servers.runs(id)) await work(this.#sql(id));
        }),
    });
    const { mariadb, mysql } = options.programs;
    this.limitations = [
      typeof mariadb === "string"
        ? mariadb
        : `Databases run MariaDB ${mariadb.version}, which was found on this machine.`,
      ...(typeof mysql === "string" ? [] : [`Databases run MySQL ${mysql.version}, which was found on this machine.`]),
    ];
  }

  /** Finds the servers of `root`, all stopped: ends those that a killed LocalAWS left, and removes what it left half-made. */
  static async open(options: EmbeddedMysqlOptions): Promise<EmbeddedMysqlDatabases> {
    await tidyServers(options.root, endMysqlOrphan);
    return new EmbeddedMysqlDatabases(options);
  }

  versions(engine: DatabaseEngine): readonly string[] {
    const program = engine === "postgres" ? undefined : this.#options.programs[engine];
    return program === undefined || typeof program === "string" ? [] : [program.version];
  }

  absence(engine: DatabaseEngine): string | undefined {
    const program = engine === "postgres" ? undefined : this.#options.programs[engine];
    return typeof program === "string" ? program : undefined;
  }

  upgrades(): readonly string[] {
    return [];
  }

  async create(spec: DatabaseSpec, progress: (line: string) => void, signal?: AbortSignal): Promise<DatabaseServer> {
    const engine = mysqlEngine(spec.engine);
    const program = this.#program(engine);
    if (spec.engineVersion !== program.version) {
      throw new DatabaseLaunchError(`There is no ${engine} ${spec.engineVersion} here, only ${program.version}.`);
    }
    return await this.#servers.create(spec, {
      signal,
      make: () => this.#make(spec, progress, signal),
      undo: () => this.archives.drop(spec.id),
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
    await this.#servers.change(id, changes);
  }

  async promote(id: string): Promise<void> {
    await this.#servers.inTurn(id, async () => {
      const { replicaOf: _, ...record } = this.#servers.requireRunning(id);
      await followings[record.engine].end(this.#sql(id));
      this.#servers.save(record);
      await writeMysqlOptions(this.#program(record.engine), this.#servers.path(id), await this.#settings(record));
    });
  }

  async switchOver(id: string, replicaId: string, patience: number): Promise<void> {
    await this.#servers.inTurn(id, async () => {
      const [source, replica] = [this.#sql(id), this.#sql(replicaId)];
      await handOver(followings[this.#servers.record(id).engine], { source, replica, patience });
      await this.#servers.halt(id);
    });
    await this.promote(replicaId);
  }

  async remove(id: string): Promise<void> {
    await this.#servers.inTurn(id, async () => {
      if (this.#servers.records.has(id)) await this.#servers.drop(id);
      this.#identities.delete(id);
    });
  }

  async get(id: string): Promise<DatabaseServer | undefined> {
    return this.#servers.server(id);
  }

  async list(): Promise<DatabaseServer[]> {
    return this.#servers.list();
  }

  async setPassword(id: string, username: string, password: string): Promise<void> {
    await this.#servers.inTurn(id, async () => {
      const { engine } = this.#servers.requireRunning(id);
      await changeMysqlPassword(mysqlSuperuser(this.#servers.path(id)), engine, { username, password });
    });
  }

  async identity(id: string): Promise<ServerCertificate> {
    this.#servers.requireRunning(id);
    return await this.#identity(id);
  }

  async tokenAccounts(id: string): Promise<TokenAccounts> {
    const { engine } = this.#servers.requireRunning(id);
    const folder = this.#servers.path(id);
    return tokenAccounts(mysqlSuperuser(folder), engine, await superuserPassword(folder));
  }

  async admitReader(id: string, username: string, password: string): Promise<void> {
    await this.#servers.inTurn(id, async () => {
      const { engine } = this.#servers.requireRunning(id);
      await admitMysqlReader(mysqlSuperuser(this.#servers.path(id)), engine, { username, password });
    });
  }

  async configure(id: string, parameters: DatabaseParameters): Promise<{ pendingReboot: string[] }> {
    return await this.#servers.inTurn(id, async () => {
      const before = this.#servers.record(id);
      const after = { ...before, parameters };
      this.#servers.save(after);
      const folder = this.#servers.path(id);
      await writeMysqlOptions(this.#program(after.engine), folder, await this.#settings(after));
      const started = this.#servers.running(id)?.settings;
      if (started === undefined) return { pendingReboot: [] };
      return { pendingReboot: await applySettings(mysqlSuperuser(folder), { started, before, after }) };
    });
  }

  async log(id: string, log: DatabaseLog = "error"): Promise<string> {
    if (!this.#servers.records.has(id)) return "";
    const folder = this.#servers.path(id);
    return await endOf(log === "error" ? join(folder, "server.log") : join(folder, "data", logFiles[log]), 1024 * 1024);
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
    const { masterPassword: _, recovery, archived, snapshotId, replicaOf, ...kept } = spec;
    const engine = mysqlEngine(spec.engine);
    const program = this.#program(engine);
    const following = followings[engine];
    const folder = this.#servers.path(spec.id);
    let replaying: Replay | undefined;
    if (replicaOf !== undefined) {
      progress(`copying ${replicaOf}`);
      await this.#copyToReplica(replicaOf, { ...kept, engine, replicaOf });
    } else if (snapshotId !== undefined) {
      progress(`restoring snapshot ${snapshotId}`);
      await this.#snapshots.restore(snapshotId, folder);
      replaying = recovery && (await this.archives.prepare(recovery, folder));
    } else {
      progress(`making the files of ${engine} ${program.version}`);
      await createMysqlData(program, folder);
    }
    signal?.throwIfAborted();
    if (archived === true) this.archives.make(spec.id);
    progress(`starting it at port ${spec.port}`);
    if (replicaOf === undefined) this.#servers.save({ ...kept, engine });
    await this.#startServer(this.#servers.record(spec.id));
    signal?.throwIfAborted();
    const sql = this.#sql(spec.id);
    const source = this.#sourceOf(this.#servers.record(spec.id));
    if (source !== undefined) {
      await following.begin(sql, source);
    } else if (snapshotId !== undefined) {
      if (replaying === undefined) await following.forget(sql);
      else await following.replay(sql, firstRelayLog, replaying.position);
    } else {
      await dropOtherUsers(sql);
      await makeMasterUser(sql, engine, spec);
      await makeProcedures(sql, engine);
    }
  }

  /** Copies a running server, which lets the copy follow it. */
  async #copyToReplica(sourceId: string, replica: MysqlRecord): Promise<void> {
    await this.#servers.inTurn(sourceId, async () => {
      const { replicationPassword = madeUpPassword(), ...source } = this.#servers.requireRunning(sourceId);
      if (source.replicaOf === undefined) {
        await allowMysqlReplication(this.#sql(sourceId), source.engine, replicationPassword);
      }
      this.#servers.save({ ...source, replicationPassword });
      const folder = this.#servers.path(replica.id);
      await this.#servers.whileFrozen(sourceId, () =>
        copyMysqlData(join(this.#servers.path(sourceId), "data"), folder),
      );
      this.#servers.save({ ...replica, replicationPassword });
    });
  }

  /** Tells the replicas of a server that has started where it is, and a replica where the server that it follows is. */
  async #lead(id: string): Promise<void> {
    const records = [...this.#servers.records.values()];
    for (const { id: follower } of records.filter((record) => record.id === id || record.replicaOf === id)) {
      await this.#servers.inTurn(follower, async () => {
        const record = this.#servers.records.get(follower);
        const source = record && this.#sourceOf(record);
        if (record !== undefined && source !== undefined && this.#servers.runs(follower)) {
          await followings[record.engine].follow(this.#sql(follower), source);
        }
      });
    }
  }

  #sourceOf({ replicaOf = "", replicationPassword: password = "" }: MysqlRecord): FollowedMysqlServer | undefined {
    const source = this.#servers.records.get(replicaOf);
    return source && { host: source.listenAddress, port: source.port, password };
  }

  #sql(id: string): MysqlSql {
    return mysqlSuperuser(this.#servers.path(this.#servers.requireRunning(id).id));
  }

  async #startServer(record: MysqlRecord): Promise<void> {
    const { id } = record;
    const settings = await this.#settings(record);
    const server = await MysqlServer.start(this.#program(record.engine), this.#servers.path(id), settings);
    this.#servers.add(id, server);
  }

  async #settings(record: MysqlRecord): Promise<MysqlServerSettings> {
    return { ...record, tls: await this.#identity(record.id), archived: this.archives.has(record.id) };
  }

  /** One for as long as LocalAWS runs: what stands before a server goes on when that has crashed. */
  async #identity(id: string): Promise<ServerCertificate> {
    const known = this.#identities.get(id) ?? (await (await this.#options.authority()).issue(serverAddresses));
    this.#identities.set(id, known);
    return known;
  }

  #anyProgram(): MysqlProgram {
    const { mariadb } = this.#options.programs;
    return typeof mariadb === "string" ? this.#program("mysql") : mariadb;
  }

  #program(engine: MysqlEngine): MysqlProgram {
    const program = this.#options.programs[engine];
    if (typeof program === "string") throw new DatabaseLaunchError(program);
    return program;
  }
}
