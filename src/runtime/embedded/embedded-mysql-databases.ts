import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import {
  type DatabaseChanges,
  type DatabaseEngine,
  DatabaseLaunchError,
  type DatabaseLog,
  type DatabaseParameters,
  type DatabaseServer,
  type DatabaseSpec,
} from "../database-driver.ts";
import { endOf } from "../end-of-file.ts";
import type { EngineDriver } from "../engine-databases.ts";
import { isPortFree } from "../free-port.ts";
import { applySettings, logFiles } from "../mysql-settings.ts";
import {
  admitMysqlReader,
  changeMysqlPassword,
  dropOtherUsers,
  type MysqlEngine,
  makeMasterUser,
  mysqlEngine,
  requirePlain,
} from "../mysql-users.ts";
import { OneAtATime } from "../one-at-a-time.ts";
import { RecordFolder } from "../records/record-folder.ts";
import { ClusterSnapshots, copyMysqlData } from "./cluster-snapshots.ts";
import { createMysqlData, writeMysqlOptions } from "./mysql-data.ts";
import type { MysqlProgram, MysqlPrograms } from "./mysql-programs.ts";
import { endMysqlOrphan, MysqlServer, mysqlSuperuser } from "./mysql-server.ts";
import { RunningServers } from "./running-servers.ts";

/** What is kept beside the data; the passwords are in the data only. */
type MysqlRecord = Omit<DatabaseSpec, "masterPassword" | "snapshotId" | "replicaOf" | "recovery" | "archived"> & {
  readonly engine: MysqlEngine;
};

interface EmbeddedMysqlOptions {
  /** Absolute; each server has a folder in it. */
  readonly root: string;
  readonly log: Logger;
  readonly programs: MysqlPrograms;
}

/** Real servers of MariaDB and MySQL as children of this process. They end with `close`; their data stay. */
export class EmbeddedMysqlDatabases implements EngineDriver {
  readonly limitations: readonly string[];
  readonly #options: EmbeddedMysqlOptions;
  readonly #folder: RecordFolder<MysqlRecord>;
  readonly #records: Map<string, MysqlRecord>;
  readonly #running: RunningServers<MysqlServer>;
  readonly #oneAtATime = new OneAtATime();
  readonly #snapshots: ClusterSnapshots;

  private constructor(options: EmbeddedMysqlOptions, folder: RecordFolder<MysqlRecord>) {
    this.#options = options;
    this.#folder = folder;
    this.#snapshots = new ClusterSnapshots(`${options.root}-snapshots`, copyMysqlData);
    this.#records = folder.readAll().records;
    this.#running = new RunningServers({ restart: (id) => this.#restart(id), log: options.log });
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
    const folder = new RecordFolder<MysqlRecord>(options.root, "server.json");
    const { records, remains } = folder.readAll();
    const ids = [...records.keys(), ...remains];
    await Promise.all(ids.map((id) => endMysqlOrphan(join(folder.path(id), "data"))));
    await Promise.all(remains.map((id) => rm(folder.path(id), { recursive: true, force: true })));
    return new EmbeddedMysqlDatabases(options, folder);
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
    return await this.#oneAtATime.run(spec.id, async () => {
      const { id, port, listenAddress } = spec;
      const folder = this.#folder.path(id);
      if (this.#records.has(id)) throw new DatabaseLaunchError(`There is a database server ${id} already.`);
      requirePlain(spec);
      const engine = mysqlEngine(spec.engine);
      const program = this.#program(engine);
      if (spec.engineVersion !== program.version) {
        throw new DatabaseLaunchError(`There is no ${engine} ${spec.engineVersion} here, only ${program.version}.`);
      }
      // Before the work, though only the server's own try counts.
      if (!(await isPortFree(listenAddress, port))) {
        throw new DatabaseLaunchError(`Port ${port} of ${listenAddress} is in use by another program.`);
      }
      try {
        const {
          masterPassword: _,
          replicaOf: _source,
          recovery: _point,
          archived: _archived,
          snapshotId,
          ...kept
        } = spec;
        if (snapshotId !== undefined) {
          progress(`restoring snapshot ${snapshotId}`);
          await this.#snapshots.restore(snapshotId, folder);
        } else {
          progress(`making the files of ${engine} ${program.version}`);
          await createMysqlData(program, folder);
        }
        signal?.throwIfAborted();
        const record = { ...kept, engine };
        progress(`starting it at port ${port}`);
        this.#save(record);
        const server = await this.#startServer(record);
        signal?.throwIfAborted();
        if (snapshotId === undefined) {
          const sql = mysqlSuperuser(folder);
          await dropOtherUsers(sql);
          await makeMasterUser(sql, engine, spec);
        }
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
      const before = this.#record(id);
      const record = { ...before, ...changes };
      if (engineVersion !== undefined && engineVersion !== record.engineVersion) {
        throw new DatabaseLaunchError(`There is no ${record.engine} ${engineVersion} here.`);
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
  }

  async promote(id: string): Promise<void> {
    throw new DatabaseLaunchError(`The database server ${this.#record(id).id} is no replica.`);
  }

  async switchOver(id: string): Promise<void> {
    await this.promote(id);
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
    await this.#oneAtATime.run(id, async () => {
      const { engine } = this.#runningRecord(id);
      await changeMysqlPassword(mysqlSuperuser(this.#folder.path(id)), engine, { username, password });
    });
  }

  async admitReader(id: string, username: string, password: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      const { engine } = this.#runningRecord(id);
      await admitMysqlReader(mysqlSuperuser(this.#folder.path(id)), engine, { username, password });
    });
  }

  async configure(id: string, parameters: DatabaseParameters): Promise<{ pendingReboot: string[] }> {
    return await this.#oneAtATime.run(id, async () => {
      const before = this.#record(id);
      const after = { ...before, parameters };
      this.#save(after);
      const folder = this.#folder.path(id);
      await writeMysqlOptions(this.#program(after.engine), folder, after);
      const started = this.#running.get(id)?.settings;
      if (started === undefined) return { pendingReboot: [] };
      return { pendingReboot: await applySettings(mysqlSuperuser(folder), { started, before, after }) };
    });
  }

  async log(id: string, log: DatabaseLog = "error"): Promise<string> {
    if (!this.#records.has(id)) return "";
    const folder = this.#folder.path(id);
    return await endOf(log === "error" ? join(folder, "server.log") : join(folder, "data", logFiles[log]), 1024 * 1024);
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
  }

  async close(): Promise<void> {
    await Promise.all(this.#ids().map((id) => this.stop(id)));
  }

  async #startServer(record: MysqlRecord): Promise<DatabaseServer> {
    const { id } = record;
    const server = await MysqlServer.start(this.#program(record.engine), this.#folder.path(id), record);
    this.#running.add(id, server);
    return this.#server(record);
  }

  /** After a crash, unless somebody has stopped or removed it meanwhile. */
  async #restart(id: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      if (this.#running.missing(id)) await this.#startServer(this.#record(id));
    });
  }

  #save(record: MysqlRecord): void {
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

  #server({ id, engine, engineVersion }: MysqlRecord): DatabaseServer {
    return this.#running.has(id)
      ? { id, state: "running", engineVersion: this.#program(engine).version }
      : { id, state: "stopped", engineVersion };
  }

  /** Those being made too: what is asked of them waits its turn. */
  #ids(): string[] {
    return [...new Set([...this.#records.keys(), ...this.#oneAtATime.ids])];
  }

  #program(engine: MysqlEngine): MysqlProgram {
    const program = this.#options.programs[engine];
    if (typeof program === "string") throw new DatabaseLaunchError(program);
    return program;
  }

  #record(id: string): MysqlRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw new DatabaseLaunchError(`There is no database server ${id}.`);
    return record;
  }

  #runningRecord(id: string): MysqlRecord {
    const record = this.#record(id);
    if (!this.#running.has(id)) throw new DatabaseLaunchError(`The database server ${id} does not run.`);
    return record;
  }
}
