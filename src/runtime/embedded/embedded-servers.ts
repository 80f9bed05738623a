import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import {
  type DatabaseChanges,
  DatabaseLaunchError,
  type DatabaseServer,
  type DatabaseSpec,
} from "../database-driver.ts";
import { isPortFree } from "../free-port.ts";
import { OneAtATime } from "../one-at-a-time.ts";
import { RecordFolder } from "../records/record-folder.ts";
import type { ClusterSnapshots } from "./cluster-snapshots.ts";
import { RunningServers } from "./running-servers.ts";

/** What is kept beside the data. */
type ServerRecord = Pick<DatabaseSpec, "id" | "engine" | "engineVersion">;

interface Server {
  readonly exited: Promise<void>;
  /** `patience` in milliseconds. */
  stop(patience?: number): Promise<void>;
  whileFrozen<T>(work: () => Promise<T>): Promise<T>;
}

interface EmbeddedServersOptions<Kept extends ServerRecord> {
  /** Absolute; each server has a folder in it. */
  readonly root: string;
  readonly log: Logger;
  readonly snapshots: ClusterSnapshots;
  /** Starts a server in its turn, and adds it to those that run. */
  start(record: Kept): Promise<unknown>;
  /** The version that runs. */
  versionOf(record: Kept): string;
  /** Whether data can be taken over by another version as they are; by none where this is not said. */
  canBecome?(record: Kept, engineVersion: string): boolean;
  /** After each start, out of turn. */
  afterStart?(id: string): Promise<void>;
}

/** The servers of one driver, as children of this process: what is alike for all engines. */
export class EmbeddedServers<Kept extends ServerRecord, Running extends Server> {
  readonly records: ReadonlyMap<string, Kept>;
  readonly #records: Map<string, Kept>;
  readonly #folder: RecordFolder<Kept>;
  readonly #running: RunningServers<Running>;
  readonly #oneAtATime = new OneAtATime();
  readonly #options: EmbeddedServersOptions<Kept>;

  constructor(options: EmbeddedServersOptions<Kept>) {
    this.#options = options;
    this.#folder = serverFolders(options.root);
    this.#records = this.#folder.readAll().records;
    this.records = this.#records;
    this.#running = new RunningServers({ restart: (id) => this.#revive(id), log: options.log });
  }

  /** Those being made too: what is asked of them waits its turn. */
  get ids(): string[] {
    return [...new Set([...this.#records.keys(), ...this.#oneAtATime.ids])];
  }

  path(id: string): string {
    return this.#folder.path(id);
  }

  /** @throws DatabaseLaunchError */
  record(id: string): Kept {
    const record = this.#records.get(id);
    if (record === undefined) throw new DatabaseLaunchError(`There is no database server ${id}.`);
    return record;
  }

  save(record: Kept): void {
    this.#folder.write(record.id, record);
    this.#records.set(record.id, record);
  }

  runs(id: string): boolean {
    return this.#running.has(id);
  }

  running(id: string): Running | undefined {
    return this.#running.get(id);
  }

  /** @throws DatabaseLaunchError where it does not run */
  requireRunning(id: string): Kept {
    const record = this.record(id);
    if (!this.runs(id)) throw new DatabaseLaunchError(`The database server ${id} does not run.`);
    return record;
  }

  /** One that has been started. */
  add(id: string, server: Running): void {
    this.#running.add(id, server);
  }

  /** In the order of the calls. */
  inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.#oneAtATime.run(id, work);
  }

  /**
   * Makes a server in its turn: where `make` fails, it is dropped, and `undo` drops what else there is of it.
   * @throws DatabaseLaunchError; the signal's reason when that was aborted
   */
  async create(
    { id, port, listenAddress }: DatabaseSpec,
    work: { readonly signal: AbortSignal | undefined; make(): Promise<void>; undo?(): Promise<void> },
  ): Promise<DatabaseServer> {
    return await this.inTurn(id, async () => {
      if (this.#records.has(id)) throw new DatabaseLaunchError(`There is a database server ${id} already.`);
      // Before the work, though only the server's own try counts.
      if (!(await isPortFree(listenAddress, port))) {
        throw new DatabaseLaunchError(`Port ${port} of ${listenAddress} is in use by another program.`);
      }
      try {
        await work.make();
        work.signal?.throwIfAborted();
        return this.#toServer(this.record(id));
      } catch (error) {
        await this.drop(id);
        await work.undo?.();
        work.signal?.throwIfAborted();
        if (error instanceof DatabaseLaunchError) throw error;
        const message = error instanceof Error ? error.message : String(error);
        throw new DatabaseLaunchError(`The database was not made: ${message}`, { cause: error });
      }
    });
  }

  async start(id: string): Promise<DatabaseServer> {
    const server = await this.inTurn(id, async () => {
      const record = this.record(id);
      if (!this.runs(id)) await this.#options.start(record);
      return this.#toServer(record);
    });
    await this.#options.afterStart?.(id);
    return server;
  }

  async stop(id: string): Promise<void> {
    await this.inTurn(id, () => this.halt(id));
  }

  async reboot(id: string): Promise<void> {
    await this.inTurn(id, () => this.restart(this.record(id)));
    await this.#options.afterStart?.(id);
  }

  /** @throws DatabaseLaunchError for another version than its data can be taken over by */
  async change(id: string, changes: DatabaseChanges): Promise<void> {
    await this.inTurn(id, async () => {
      const before = this.record(id);
      const record = { ...before, ...changes };
      const { engineVersion } = record;
      if (engineVersion !== before.engineVersion && this.#options.canBecome?.(before, engineVersion) !== true) {
        throw new DatabaseLaunchError(`There is no ${record.engine} ${engineVersion} here.`);
      }
      this.save(record);
      if (!this.runs(id)) return;
      await this.restart(record).catch(async (error: unknown) => {
        // It goes on as it was: somebody else may have the port by now.
        this.save(before);
        await this.#options.start(before);
        throw error;
      });
    });
    await this.#options.afterStart?.(id);
  }

  /** In its turn. */
  async restart(record: Kept): Promise<void> {
    await this.halt(record.id);
    await this.#options.start(record);
  }

  /** In its turn. */
  async drop(id: string): Promise<void> {
    await this.halt(id, 0);
    this.#records.delete(id);
    await rm(this.path(id), { recursive: true, force: true, maxRetries: 3 });
  }

  server(id: string): DatabaseServer | undefined {
    const record = this.#records.get(id);
    return record === undefined ? undefined : this.#toServer(record);
  }

  list(): DatabaseServer[] {
    return [...this.#records.values()].map((record) => this.#toServer(record));
  }

  async snapshot(id: string, snapshotId: string): Promise<void> {
    await this.inTurn(id, async () => {
      this.record(id);
      await this.whileFrozen(id, () => this.#options.snapshots.take(join(this.path(id), "data"), snapshotId));
    });
  }

  /** In its turn; one that does not run stands still anyway. */
  async whileFrozen<T>(id: string, work: () => Promise<T>): Promise<T> {
    const server = this.running(id);
    return await (server === undefined ? work() : server.whileFrozen(work));
  }

  async close(): Promise<void> {
    await Promise.all(this.ids.map((id) => this.stop(id)));
  }

  /** In its turn. */
  async halt(id: string, patience?: number): Promise<void> {
    await this.#running.take(id)?.stop(patience);
  }

  /** After a crash, unless somebody has stopped or removed it meanwhile. */
  async #revive(id: string): Promise<void> {
    await this.inTurn(id, async () => {
      if (this.#running.missing(id)) await this.#options.start(this.record(id));
    });
    await this.#options.afterStart?.(id);
  }

  #toServer(record: Kept): DatabaseServer {
    const { id, engineVersion } = record;
    return this.runs(id)
      ? { id, state: "running", engineVersion: this.#options.versionOf(record) }
      : { id, state: "stopped", engineVersion };
  }
}

/** Ends the servers of `root` that a killed LocalAWS left, and removes what it left half-made. */
export async function tidyServers(root: string, endOrphanOf: (data: string) => Promise<void>): Promise<void> {
  const folder = serverFolders(root);
  const { records, remains } = folder.readAll();
  const ids = [...records.keys(), ...remains];
  await Promise.all(ids.map((id) => endOrphanOf(join(folder.path(id), "data"))));
  await Promise.all(remains.map((id) => rm(folder.path(id), { recursive: true, force: true })));
}

function serverFolders<Kept>(root: string): RecordFolder<Kept> {
  return new RecordFolder<Kept>(root, "server.json");
}
