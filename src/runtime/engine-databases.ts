import type { ServerCertificate } from "./certificate-authority.ts";
import type {
  DatabaseArchives,
  DatabaseChanges,
  DatabaseDriver,
  DatabaseEngine,
  DatabaseForwards,
  DatabaseLog,
  DatabaseParameters,
  DatabaseServer,
  DatabaseSpec,
  TokenAccounts,
} from "./database-driver.ts";
import { EngineArchives } from "./engine-archives.ts";
import type { RuntimeKind } from "./runtime-kind.ts";

/** Runs what some engines have in common; what is of another engine it knows nothing of. */
export type EngineDriver = Omit<
  DatabaseDriver,
  "kind" | "forwards" | "archives" | "authority" | "tokenAccounts" | "mend"
>;

type ArchivingDriver = EngineDriver & Pick<DatabaseDriver, "archives">;

/** PostgreSQL alone goes to another major version by steps. */
export type PostgresDriver = ArchivingDriver & Pick<DatabaseDriver, "authority" | "mend">;

export type MysqlDriver = ArchivingDriver & Pick<DatabaseDriver, "tokenAccounts">;

/** One driver made of one for each kind of engine. A server, and a snapshot, is that driver's which made it. */
export class EngineDatabases implements DatabaseDriver {
  readonly kind: RuntimeKind;
  readonly forwards: DatabaseForwards;
  readonly archives: DatabaseArchives;
  readonly authority: DatabaseDriver["authority"];
  readonly limitations: readonly string[];
  readonly #postgres: PostgresDriver;
  readonly #mysql: MysqlDriver;
  readonly #closeForwards: () => Promise<void>;

  constructor(options: {
    readonly kind: RuntimeKind;
    readonly forwards: DatabaseForwards & { closeAll(): Promise<void> };
    readonly postgres: PostgresDriver;
    /** Of MariaDB and MySQL. */
    readonly mysql: MysqlDriver;
    /** Of databases of whatever engine. */
    readonly limitations?: readonly string[];
  }) {
    const { kind, forwards, postgres, mysql, limitations = [] } = options;
    this.kind = kind;
    this.forwards = forwards;
    this.#closeForwards = () => forwards.closeAll();
    this.#postgres = postgres;
    this.#mysql = mysql;
    this.archives = new EngineArchives(
      [postgres.archives, mysql.archives],
      async (id) => (await this.#ofServer(id)).archives,
    );
    this.authority = () => postgres.authority();
    this.limitations = [...limitations, ...postgres.limitations, ...mysql.limitations];
  }

  async identity(id: string): Promise<ServerCertificate> {
    return await (await this.#ofServer(id)).identity(id);
  }

  tokenAccounts(id: string): Promise<TokenAccounts> {
    return this.#mysql.tokenAccounts(id);
  }

  async mend(): Promise<void> {
    await this.#postgres.mend();
  }

  versions(engine: DatabaseEngine): readonly string[] {
    return this.#ofEngine(engine).versions(engine);
  }

  absence(engine: DatabaseEngine): string | undefined {
    return this.#ofEngine(engine).absence(engine);
  }

  upgrades(engine: DatabaseEngine, version: string): readonly string[] {
    return this.#ofEngine(engine).upgrades(engine, version);
  }

  create(spec: DatabaseSpec, progress: (line: string) => void, signal?: AbortSignal): Promise<DatabaseServer> {
    return this.#ofEngine(spec.engine).create(spec, progress, signal);
  }

  async start(id: string): Promise<DatabaseServer> {
    return await (await this.#ofServer(id)).start(id);
  }

  async stop(id: string): Promise<void> {
    await Promise.all(this.#all.map((driver) => driver.stop(id)));
  }

  async reboot(id: string): Promise<void> {
    await (await this.#ofServer(id)).reboot(id);
  }

  async change(id: string, changes: DatabaseChanges): Promise<void> {
    await (await this.#ofServer(id)).change(id, changes);
  }

  async promote(id: string): Promise<void> {
    await (await this.#ofServer(id)).promote(id);
  }

  async switchOver(id: string, replicaId: string, patience: number): Promise<void> {
    await (await this.#ofServer(id)).switchOver(id, replicaId, patience);
  }

  async remove(id: string): Promise<void> {
    await Promise.all(this.#all.map((driver) => driver.remove(id)));
  }

  async get(id: string): Promise<DatabaseServer | undefined> {
    const found = await Promise.all(this.#all.map((driver) => driver.get(id)));
    return found.find((server) => server !== undefined);
  }

  async list(): Promise<DatabaseServer[]> {
    return (await Promise.all(this.#all.map((driver) => driver.list()))).flat();
  }

  async setPassword(id: string, username: string, password: string): Promise<void> {
    await (await this.#ofServer(id)).setPassword(id, username, password);
  }

  async admitReader(id: string, username: string, password: string): Promise<void> {
    await (await this.#ofServer(id)).admitReader(id, username, password);
  }

  async configure(id: string, parameters: DatabaseParameters): Promise<{ pendingReboot: string[] }> {
    return await (await this.#ofServer(id)).configure(id, parameters);
  }

  async log(id: string, log: DatabaseLog = "error"): Promise<string> {
    return await (await this.#ofServer(id)).log(id, log);
  }

  async snapshot(id: string, snapshotId: string): Promise<void> {
    await (await this.#ofServer(id)).snapshot(id, snapshotId);
  }

  async copySnapshot(snapshotId: string, copyId: string): Promise<void> {
    const isOfMysql = (await this.#mysql.listSnapshots()).includes(snapshotId);
    await (isOfMysql ? this.#mysql : this.#postgres).copySnapshot(snapshotId, copyId);
  }

  async removeSnapshot(snapshotId: string): Promise<void> {
    await Promise.all(this.#all.map((driver) => driver.removeSnapshot(snapshotId)));
  }

  async listSnapshots(): Promise<string[]> {
    return (await Promise.all(this.#all.map((driver) => driver.listSnapshots()))).flat();
  }

  async removeAll(): Promise<void> {
    await this.#closeForwards();
    await Promise.all(this.#all.map((driver) => driver.removeAll()));
  }

  async close(): Promise<void> {
    await this.#closeForwards();
    await Promise.all(this.#all.map((driver) => driver.close()));
  }

  get #all(): readonly EngineDriver[] {
    return [this.#postgres, this.#mysql];
  }

  #ofEngine(engine: DatabaseEngine): EngineDriver {
    return engine === "postgres" ? this.#postgres : this.#mysql;
  }

  /** PostgreSQL's where nobody knows the server: it says so. */
  async #ofServer(id: string): Promise<ArchivingDriver> {
    return (await this.#mysql.get(id)) === undefined ? this.#postgres : this.#mysql;
  }
}
