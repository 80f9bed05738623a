import { setTimeout as delay } from "node:timers/promises";
import { DatabaseLaunchError } from "./database-driver.ts";
import { scramVerifier } from "./scram-verifier.ts";
import type { SuperuserSql } from "./superuser-sql.ts";

/** The one role that replicas connect as, as on RDS. */
const replicationRole = "rdsrepladmin";

export const replicaSlotPrefix = "rds_";

/** Milliseconds. */
const promotionTimeout = 60_000;
const slotTimeout = 10_000;

/** A server keeps what its replica has not had yet by a slot: https://www.postgresql.org/docs/17/warm-standby.html */
export function slotOf(replicaId: string): string {
  return `${replicaSlotPrefix}${replicaId.toLowerCase().replaceAll(/[^a-z0-9]/g, "_")}`;
}

/** What a replica goes by. */
export interface FollowedServer {
  /** As `primary_conninfo` has it. */
  readonly connection: string;
  readonly slot: string;
  /** Settings that have to be at least as large. */
  readonly floors: Readonly<Record<string, number>>;
}

/** `name=value` of each, for `primary_conninfo`: the values have no blanks. */
export function connectionTo(server: { host: string; port: number; password: string }, replicaId: string): string {
  const settings = { ...server, user: replicationRole, sslmode: "disable", application_name: slotOf(replicaId) };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** A replica's settings: those that it would have by itself, and what following takes. */
export function followingSettings(
  own: Readonly<Record<string, string | number>>,
  { connection, slot, floors }: FollowedServer,
): Record<string, string | number> {
  const raised = Object.entries(floors).map(([name, least]) => [name, Math.max(Number(own[name] ?? 0), least)]);
  return {
    ...own,
    ...Object.fromEntries(raised),
    primary_conninfo: connection,
    primary_slot_name: slot,
    // The server that it follows is back at once after its reboot.
    wal_retrieve_retry_interval: "500ms",
  };
}

/** Whether a server has too little of what it would have to have. */
export async function isOutgrown(sql: SuperuserSql, { floors }: FollowedServer): Promise<boolean> {
  const own = await replicationFloors(sql);
  return Object.entries(floors).some(([name, least]) => (own[name] ?? 0) < least);
}

/** Settings of which a replica needs at least as much as the server that it follows: https://www.postgresql.org/docs/17/hot-standby.html */
const floorNames = [
  ...["max_connections", "max_locks_per_transaction", "max_prepared_transactions", "max_wal_senders"],
  "max_worker_processes",
];

/** Lets the role in with a password. Not for a replica, which has its role from the server that it follows. */
export async function allowReplication(sql: SuperuserSql, password: string): Promise<void> {
  const exists = (await sql(`SELECT 1 FROM pg_roles WHERE rolname = '${replicationRole}'`)).length > 0;
  const verb = exists ? "ALTER" : "CREATE";
  await sql(`${verb} ROLE ${replicationRole} LOGIN REPLICATION PASSWORD '${scramVerifier(password)}'`);
}

/** From now on the server keeps what is written for the replica of that slot. */
export async function openSlot(sql: SuperuserSql, slot: string): Promise<void> {
  await closeSlot(sql, slot);
  await sql(`SELECT pg_create_physical_replication_slot('${slot}', true)`);
}

/** No error where there is none. @throws DatabaseLaunchError where a replica stays connected to it */
export async function closeSlot(sql: SuperuserSql, slot: string): Promise<void> {
  const deadline = performance.now() + slotTimeout;
  while ((await sql(`SELECT 1 FROM pg_replication_slots WHERE slot_name = '${slot}'`)).length > 0) {
    await sql(`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
                WHERE slot_name = '${slot}' AND NOT active`);
    if (performance.now() > deadline) throw new DatabaseLaunchError(`The replication slot ${slot} stays in use.`);
    await delay(50);
  }
}

/** The slots of replicas that a server has. */
export async function openSlots(sql: SuperuserSql): Promise<string[]> {
  const rows = await sql("SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'physical'");
  return rows.flat().filter((slot) => slot.startsWith(replicaSlotPrefix));
}

export async function replicationFloors(sql: SuperuserSql): Promise<Record<string, number>> {
  const names = floorNames.map((name) => `'${name}'`).join(", ");
  const rows = await sql(`SELECT name, setting FROM pg_settings WHERE name IN (${names})`);
  return Object.fromEntries(rows.map(([name = "", setting]) => [name, Number(setting)]));
}

/**
 * Resolves when a replica takes over changes as they are made. A server that is shut down then waits for it to have all:
 * https://www.postgresql.org/docs/17/server-shutdown.html. @throws DatabaseLaunchError after `patience` milliseconds
 */
export async function keepsUp(sql: SuperuserSql, slot: string, patience: number): Promise<void> {
  const deadline = performance.now() + patience;
  const streams = `SELECT 1 FROM pg_stat_replication WHERE application_name = '${slot}' AND state = 'streaming'`;
  while ((await sql(streams)).length === 0) {
    if (performance.now() > deadline) throw new DatabaseLaunchError("The replica does not keep up with its source.");
    await delay(50);
  }
}

/** Resolves when the replica takes changes of its own. */
export async function endReplication(sql: SuperuserSql): Promise<void> {
  const isReplica = async () => (await sql("SELECT pg_is_in_recovery()"))[0]?.[0] === "t";
  if (!(await isReplica())) return;
  await sql("SELECT pg_promote(false)");
  const deadline = performance.now() + promotionTimeout;
  while (await isReplica()) {
    if (performance.now() > deadline) throw new DatabaseLaunchError("The replica was not promoted.");
    await delay(50);
  }
}
