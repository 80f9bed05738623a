import { randomBytes } from "node:crypto";
import type { DatabaseSpec } from "../database-driver.ts";
import {
  allowReplication,
  closeSlot,
  connectionTo,
  type FollowedServer,
  openSlot,
  openSlots,
  replicationFloors,
  slotOf,
} from "../replication.ts";
import type { SuperuserSql } from "../superuser-sql.ts";

/** What is kept beside the data; the master password is in the data only, and only as PostgreSQL keeps it. */
export type DatabaseRecord = Omit<DatabaseSpec, "masterPassword" | "snapshotId" | "recovery" | "archived"> & {
  /** With which replicas connect to it; one that is a replica has it from the server that it follows. */
  readonly replicationPassword?: string;
  /** Settings that the server which it follows had when that last ran. */
  readonly floors?: Readonly<Record<string, number>>;
};

interface Servers {
  readonly records: ReadonlyMap<string, DatabaseRecord>;
  save(record: DatabaseRecord): void;
  runs(id: string): boolean;
  /** @throws DatabaseLaunchError where it does not run */
  sql(id: string): SuperuserSql;
}

/** Who follows whom, and what the servers have to know of it. */
export class EmbeddedReplicas {
  readonly #servers: Servers;

  constructor(servers: Servers) {
    this.#servers = servers;
  }

  /** Makes a running server keep what is to come for a new replica. Resolves with the password for that. */
  async admit(source: DatabaseRecord, replicaId: string): Promise<string> {
    const sql = this.#servers.sql(source.id);
    const password = source.replicationPassword ?? randomBytes(24).toString("hex");
    if (source.replicaOf === undefined) await allowReplication(sql, password);
    this.#servers.save({ ...source, replicationPassword: password });
    await openSlot(sql, slotOf(replicaId));
    return password;
  }

  /** What a replica's configuration says of the server that it follows; none for any other, or where that is gone. */
  async follows(record: DatabaseRecord): Promise<FollowedServer | undefined> {
    const source = this.#servers.records.get(record.replicaOf ?? "");
    if (source === undefined) return undefined;
    const floors = this.#servers.runs(source.id)
      ? await replicationFloors(this.#servers.sql(source.id))
      : (record.floors ?? {});
    const { listenAddress: host, port } = source;
    const connection = connectionTo({ host, port, password: record.replicationPassword ?? "" }, record.id);
    return { connection, slot: slotOf(record.id), floors };
  }

  followersOf(id: string): DatabaseRecord[] {
    return [...this.#servers.records.values()].filter(({ replicaOf }) => replicaOf === id);
  }

  /** The server that it followed keeps nothing for it any more. One that does not run is told when it starts. */
  async part({ id, replicaOf }: Pick<DatabaseSpec, "id" | "replicaOf">): Promise<void> {
    if (replicaOf !== undefined && this.#servers.runs(replicaOf)) {
      await closeSlot(this.#servers.sql(replicaOf), slotOf(id));
    }
  }

  /** A server that has started keeps nothing for replicas that are gone. */
  async tidy(record: DatabaseRecord): Promise<void> {
    if (record.replicationPassword === undefined) return;
    const sql = this.#servers.sql(record.id);
    const wanted = this.followersOf(record.id).map(({ id }) => slotOf(id));
    for (const slot of await openSlots(sql)) if (!wanted.includes(slot)) await closeSlot(sql, slot);
  }
}
