import { rmSync } from "node:fs";
import { join } from "node:path";
import { authorityOf, type CertificateAuthority, type ServerCertificate } from "../certificate-authority.ts";
import {
  type DatabaseArchives,
  type DatabaseChanges,
  type DatabaseDriver,
  type DatabaseEngine,
  DatabaseLaunchError,
  type DatabaseServer,
  type DatabaseSpec,
  type TokenAccounts,
} from "../database-driver.ts";
import { noForwards } from "../database-forwards.ts";
import type { RuntimeKind } from "../runtime-kind.ts";
import { RecordFolder } from "./record-folder.ts";

interface DatabaseRecord {
  /** PostgreSQL, where none is said. */
  readonly engine?: DatabaseEngine;
  readonly engineVersion: string;
  readonly state: "running" | "stopped";
}

/**
 * Minor versions that RDS offers too: https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-versions.html,
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MariaDB.Concepts.VersionMgmt.html, MySQL.Concepts.VersionMgmt.html
 */
const versions: Readonly<Record<DatabaseEngine, readonly string[]>> = {
  postgres: ["17.6", "16.10", "15.14", "14.19", "13.22"],
  mariadb: ["11.4.8", "11.8.3", "10.11.14", "10.6.23"],
  mysql: ["8.4.6", "8.0.43"],
};

/** States have no past. */
const noArchives: DatabaseArchives = {
  engines: Object.keys(versions) as readonly DatabaseEngine[],
  async open() {},
  async flush() {},
  async prune() {},
  async remove() {},
  async list() {
    return [];
  },
};

interface RecordsDatabasesOptions {
  readonly dataDir: string;
  readonly kind: RuntimeKind;
  readonly limitations: readonly string[];
}

/** Database servers as states only: every change is done at once, nothing listens. */
export class RecordsDatabases implements DatabaseDriver {
  readonly kind: RuntimeKind;
  readonly limitations: readonly string[];
  readonly forwards = noForwards;
  readonly archives = noArchives;
  readonly authority: () => Promise<CertificateAuthority>;
  readonly #folder: RecordFolder<DatabaseRecord>;
  readonly #records: Map<string, DatabaseRecord>;
  readonly #snapshotFolder: RecordFolder<DatabaseRecord>;
  readonly #snapshots: Map<string, DatabaseRecord>;

  constructor({ dataDir, kind, limitations }: RecordsDatabasesOptions) {
    this.kind = kind;
    this.authority = authorityOf(dataDir);
    this.limitations = limitations;
    this.#folder = new RecordFolder(join(dataDir, "rds"), "records.json");
    this.#records = this.#folder.readAll().records;
    this.#snapshotFolder = new RecordFolder(join(dataDir, "rds-snapshots"), "records.json");
    this.#snapshots = this.#snapshotFolder.readAll().records;
  }

  async identity(id: string): Promise<ServerCertificate> {
    throw new DatabaseLaunchError(`The database server ${id} is a record only.`);
  }

  async tokenAccounts(id: string): Promise<TokenAccounts> {
    throw new DatabaseLaunchError(`The database server ${id} is a record only.`);
  }

  async mend(): Promise<void> {}

  versions(engine: DatabaseEngine): readonly string[] {
    return versions[engine];
  }

  absence(): undefined {
    return undefined;
  }

  upgrades(engine: DatabaseEngine, version: string): readonly string[] {
    return this.versions(engine).filter((other) => inOrder(other) > inOrder(version));
  }

  async create(spec: DatabaseSpec): Promise<DatabaseServer> {
    if (this.#records.has(spec.id)) throw new DatabaseLaunchError(`There is a database server ${spec.id} already.`);
    if (!versions[spec.engine].includes(spec.engineVersion)) {
      throw new DatabaseLaunchError(`This runtime has no ${spec.engine} ${spec.engineVersion}.`);
    }
    if (spec.snapshotId !== undefined) this.#requireSnapshot(spec.snapshotId);
    if (spec.replicaOf !== undefined) this.#require(spec.replicaOf);
    return this.#put(spec.id, { engine: spec.engine, engineVersion: spec.engineVersion, state: "running" });
  }

  async start(id: string): Promise<DatabaseServer> {
    return this.#put(id, { ...this.#require(id), state: "running" });
  }

  async stop(id: string): Promise<void> {
    const record = this.#records.get(id);
    if (record?.state === "running") this.#put(id, { ...record, state: "stopped" });
  }

  async reboot(id: string): Promise<void> {
    await this.start(id);
  }

  async change(id: string, { engineVersion }: DatabaseChanges): Promise<void> {
    const record = this.#require(id);
    if (engineVersion === undefined || engineVersion === record.engineVersion) return;
    if (!this.upgrades(record.engine ?? "postgres", record.engineVersion).includes(engineVersion)) {
      throw new DatabaseLaunchError(`${record.engineVersion} cannot become ${engineVersion}.`);
    }
    this.#put(id, { ...record, engineVersion });
  }

  async promote(id: string): Promise<void> {
    this.#require(id);
  }

  async switchOver(id: string, replicaId: string): Promise<void> {
    this.#require(replicaId);
    await this.stop(id);
  }

  async remove(id: string): Promise<void> {
    if (this.#records.delete(id)) rmSync(this.#folder.path(id), { recursive: true, force: true });
  }

  async get(id: string): Promise<DatabaseServer | undefined> {
    const record = this.#records.get(id);
    return record && toServer(id, record);
  }

  async list(): Promise<DatabaseServer[]> {
    return [...this.#records].map(([id, record]) => toServer(id, record));
  }

  async setPassword(id: string): Promise<void> {
    if (this.#require(id).state !== "running") throw new DatabaseLaunchError(`The database server ${id} does not run.`);
  }

  async admitReader(id: string): Promise<void> {
    this.#require(id);
  }

  async configure(id: string): Promise<{ pendingReboot: string[] }> {
    this.#require(id);
    return { pendingReboot: [] };
  }

  async log(): Promise<string> {
    return "";
  }

  async snapshot(id: string, snapshotId: string): Promise<void> {
    this.#putSnapshot(snapshotId, this.#require(id));
  }

  async copySnapshot(snapshotId: string, copyId: string): Promise<void> {
    this.#putSnapshot(copyId, this.#requireSnapshot(snapshotId));
  }

  async removeSnapshot(snapshotId: string): Promise<void> {
    if (!this.#snapshots.delete(snapshotId)) return;
    rmSync(this.#snapshotFolder.path(snapshotId), { recursive: true, force: true });
  }

  async listSnapshots(): Promise<string[]> {
    return [...this.#snapshots.keys()];
  }

  async removeAll(): Promise<void> {
    for (const id of [...this.#records.keys()]) await this.remove(id);
    for (const id of [...this.#snapshots.keys()]) await this.removeSnapshot(id);
  }

  async close(): Promise<void> {}

  #require(id: string): DatabaseRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw new DatabaseLaunchError(`There is no database server ${id}.`);
    return record;
  }

  #requireSnapshot(id: string): DatabaseRecord {
    const record = this.#snapshots.get(id);
    if (record === undefined) throw new DatabaseLaunchError(`There is no snapshot ${id}.`);
    return record;
  }

  #putSnapshot(id: string, record: DatabaseRecord): void {
    this.#snapshotFolder.write(id, record);
    this.#snapshots.set(id, record);
  }

  #put(id: string, record: DatabaseRecord): DatabaseServer {
    this.#folder.write(id, record);
    this.#records.set(id, record);
    return toServer(id, record);
  }
}

function toServer(id: string, { state, engineVersion }: DatabaseRecord): DatabaseServer {
  return { id, state, engineVersion };
}

/** A number for each part, so that their order as text is that of versions. */
function inOrder(version: string): string {
  return version
    .split(".")
    .map((part) => part.padStart(4, "0"))
    .join(".");
}
