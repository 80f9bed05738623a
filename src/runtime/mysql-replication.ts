import { createHash, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseLaunchError } from "./database-driver.ts";
import { identified, type MysqlEngine, type MysqlSql, text } from "./mysql-users.ts";

/** The one user that replicas connect as, as on RDS. */
export const replicationUser = "rdsrepladmin";

/** Milliseconds that a replica has to carry out what it has received. */
const applyTimeout = 120_000;

/** Where a replica finds the server that it follows. */
export interface FollowedMysqlServer {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

/** How the servers of one engine follow others; each statement is the superuser's, at a running server. */
export interface MysqlFollowing {
  /** Has one that has a copy of another's data, and has just started with it, go on from there. */
  begin(sql: MysqlSql, source: FollowedMysqlServer): Promise<void>;
  /** Tells a replica where the server that it follows is by now. */
  follow(sql: MysqlSql, source: FollowedMysqlServer): Promise<void>;
  /** A server that begins with another's data has nothing to do with what that followed, or wrote to its binlogs. */
  forget(sql: MysqlSql): Promise<void>;
  /** Resolves when the replica takes changes of its own, with all that it has received. Nothing of any other. */
  end(sql: MysqlSql): Promise<void>;
  /** Carries out the relay logs that the server has got with its data, from a byte of the first on. */
  replay(sql: MysqlSql, relayLog: string, position: number): Promise<void>;
}

/** MySQL takes 32 characters at most. */
export function madeUpPassword(): string {
  return randomBytes(16).toString("hex");
}

/** Other than those of the servers that it follows, or that follow it. */
function serverNumber(id: string): number {
  return createHash("sha1").update(id).digest().readUInt32BE(0) || 1;
}

/** What a server's option file says of its binlogs; `follows`: it is a replica. */
export function replicationOptions(
  id: string,
  {
    engine,
    follows,
    archived,
  }: { readonly engine: MysqlEngine; readonly follows: boolean; readonly archived: boolean },
): Record<string, string | number> {
  return {
    binlog_expire_logs_seconds: binlogExpiry(archived),
    server_id: serverNumber(id),
    // A copy of another's data does not begin to follow whom that followed.
    [engine === "mariadb" ? "loose_skip_slave_start" : "skip_replica_start"]: follows ? "OFF" : "ON",
    read_only: follows ? "ON" : "OFF",
    // What a crash has left of its relay logs may be broken; it gets them again.
    ...(engine === "mysql" && { relay_log_recovery: follows ? "ON" : "OFF" }),
  };
}

/** Seconds that a server keeps what no replica and no backup needs. */
const binlogSeconds = 24 * 60 * 60;

/** For how long a server keeps its binlogs: `archived` ones are dropped by whoever has archived them. */
function binlogExpiry(archived: boolean): number {
  return archived ? 0 : binlogSeconds;
}

export async function keepBinlogs(sql: MysqlSql, archived: boolean): Promise<void> {
  await sql(`SET GLOBAL binlog_expire_logs_seconds = ${binlogExpiry(archived)}`);
}

/** Drops the binlogs that were last written before, but for those that a replica still reads. */
export async function purgeBinlogs(sql: MysqlSql, before: Date): Promise<void> {
  await sql(`PURGE BINARY LOGS BEFORE FROM_UNIXTIME(${Math.floor(before.getTime() / 1000)})`);
}

/** Lets the user in with a password. Not for a replica, which has its users from the server that it follows. */
export async function allowMysqlReplication(sql: MysqlSql, engine: MysqlEngine, password: string): Promise<void> {
  const user = `'${replicationUser}'@'%'`;
  await sql(`CREATE USER IF NOT EXISTS ${user} ${identified(engine, password)}`);
  await sql(`ALTER USER ${user} ${identified(engine, password)}`);
  await sql(`GRANT REPLICATION SLAVE ON *.* TO ${user}`);
}

/** `SOURCE_HOST = 'there', SOURCE_PORT = 3306`, of what is text or a number. */
export function settingList(settings: Readonly<Record<string, string | number>>): string {
  const value = (of: string | number) => (typeof of === "number" ? `${of}` : text(of));
  return Object.entries(settings)
    .map(([name, of]) => `${name} = ${value(of)}`)
    .join(", ");
}

/** Asks again until it is true. @throws DatabaseLaunchError where that takes longer than changes may */
export async function untilApplied(isApplied: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + applyTimeout;
  while (!(await isApplied())) {
    if (performance.now() > deadline) throw new DatabaseLaunchError("The server does not carry out its changes.");
    await delay(50);
  }
}

/** `Last_Error`, in the status of a replica of either engine. */
export const lastErrorColumn = 19;
