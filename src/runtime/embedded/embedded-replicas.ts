import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import type { DatabaseSpec } from "../database-driver.ts";
import {
  allowReplication,
  closeSlot,
  connectionTo,
  type FollowedServer,
  isOutgrown,
  openSlot,
  openSlots,
  replicationFloors,
  slotOf,
} from "../replication.ts";
import { reload, type SuperuserSql } from "../superuser-sql.ts";
import { copyCluster } from "./cluster-snapshots.ts";
import type { EmbeddedServers } from "./embedded-servers.ts";
import type { ServerSettings } from "./postgres-cluster.ts";
import type { PostgresServer } from "./postgres-server.ts";

/** What is kept beside the data; the master password is in the data only, and only as PostgreSQL keeps it. */
export type DatabaseRecord = Omit<DatabaseSpec, "masterPassword" | "snapshotId" | "recovery" | "archived"> & {
  /** With which replicas connect to it; one that is a replica has it from the server that it follows. */
  readonly replicationPassword?: string;
  /** Settings that the server which it follows had when that last ran. */
  readonly floors?: Readonly<Record<string, number>>;
};

/** Who follows whom, and what the servers have to know of it. */
export class EmbeddedReplicas {
  readonly #servers: EmbeddedServers<DatabaseRecord, PostgresServer>;
  readonly #log: Logger;
  /** @throws DatabaseLaunchError where it does not run */
  readonly #sql: (id: string) => SuperuserSql;

  constructor(
    servers: EmbeddedServers<DatabaseRecord, PostgresServer>,
    { log, sql }: { log: Logger; sql: (id: string) => SuperuserSql },
  ) {
    this.#servers = servers;
    this.#log = log;
    this.#sql = sql;
  }

  /** Copies a running server, which keeps from then on what the copy has to take over. `own` gives a file to its account. */
  async copy(sourceId: string, replica: DatabaseRecord, own: (file: string) => void): Promise<void> {
    const folder = this.#servers.path(replica.id);
    await this.#servers.inTurn(sourceId, async () => {
      const replicationPassword = await this.#admit(this.#servers.record(sourceId), replica.id);
      const copy = () => copyCluster(join(this.#servers.path(sourceId), "data"), folder);
      await this.#servers.running(sourceId)?.whileFrozen(copy);
      const signal = join(folder, "data", "standby.signal");
      await writeFile(signal, "", { mode: 0o600 });
      own(signal);
      // Before the source may start again, and look whose replicas there are.
      this.#servers.save({ ...replica, replicationPassword });
    });
  }

  /** Tells the replicas of a server that has started where it is, and gives them as much as it has. */
  async lead(id: string, configure: (record: DatabaseRecord) => Promise<ServerSettings>): Promise<void> {
    for (const follower of this.followersOf(id)) {
      await this.#servers.inTurn(follower.id, async () => {
        const record = this.#servers.records.get(follower.id);
        if (record?.replicaOf !== id || !this.#servers.runs(record.id)) return;
        const { follows } = await configure(record);
        if (follows !== undefined && (await isOutgrown(this.#sql(record.id), follows))) {
          await this.#servers.restart(record);
        } else {
          await reload(this.#sql(record.id));
        }
      });
    }
  }

  /** Makes a running server keep what is to come for a new replica. Resolves with the password for that. */
  async #admit(source: DatabaseRecord, replicaId: string): Promise<string> {
    const sql = this.#sql(source.id);
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
      ? await replicationFloors(this.#sql(source.id))
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
    if (replicaOf === undefined || !this.#servers.runs(replicaOf)) return;
    await this.#unlessKept(replicaOf, () => closeSlot(this.#sql(replicaOf), slotOf(id)));
  }

  /** A server that has started keeps nothing for replicas that are gone. */
  async tidy(record: DatabaseRecord): Promise<void> {
    if (record.replicationPassword === undefined) return;
    await this.#unlessKept(record.id, async () => {
      const sql = this.#sql(record.id);
      const wanted = this.followersOf(record.id).map(({ id }) => slotOf(id));
      for (const slot of await openSlots(sql)) if (!wanted.includes(slot)) await closeSlot(sql, slot);
    });
  }

  async #unlessKept(id: string, close: () => Promise<void>): Promise<void> {
    await close().catch((err: unknown) => {
      this.#log.warn({ err, database: id }, "a server goes on keeping what a replica had to have");
    });
  }
}
