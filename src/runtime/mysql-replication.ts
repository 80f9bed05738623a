import { createHash, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseLaunchError } from "./database-driver.ts";
import { binlogRetentionHours } from "./mysql-procedures.ts";
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
  /** How far a server has got with its changes, in words of `hasReached`. */
  position(sql: MysqlSql): Promise<string>;
  /** Whether a replica has carried out what its source had at a position. @throws DatabaseLaunchError where it cannot go on */
  hasReached(sql: MysqlSql, position: string): Promise<boolean>;
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

/** Drops the binlogs that were last written before, but for those that a replica still reads, and those that the master user keeps. */
export async function purgeBinlogs(sql: MysqlSql, before: Date): Promise<void> {
  const seconds = (await binlogRetentionHours(sql)) * 60 * 60;
  const limit = `FROM_UNIXTIME(LEAST(${Math.floor(before.getTime() / 1000)}, UNIX_TIMESTAMP() - ${seconds}))`;
  await sql(`PURGE BINARY LOGS BEFORE ${limit}`);
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

/** Asks again until it is true. `patience` in milliseconds. @throws DatabaseLaunchError where that takes longer */
export async function untilApplied(isApplied: () => Promise<boolean>, patience = applyTimeout): Promise<void> {
  const deadline = performance.now() + patience;
  while (!(await isApplied())) {
    if (performance.now() > deadline) throw new DatabaseLaunchError("The server does not carry out its changes.");
    await delay(50);
  }
}

/**
 * Has a running server take no more changes, and resolves when its replica has all that there are. `patience` in milliseconds.
 * @throws DatabaseLaunchError where the replica does not keep up with it: it takes changes again then
 */
export async function handOver(
  { position, hasReached }: MysqlFollowing,
  { source, replica, patience }: { readonly source: MysqlSql; readonly replica: MysqlSql; readonly patience: number },
): Promise<void> {
  const deadline = performance.now() + patience;
  const catchUp = async () => {
    const all = await position(source);
    await untilApplied(() => hasReached(replica, all), deadline - performance.now());
  };
  // What is to be waited for is little by the time that nobody may write.
  await catchUp();
  try {
    await source("SET GLOBAL read_only = ON");
    await catchUp();
  } catch (error) {
    await source("SET GLOBAL read_only = OFF");
    throw error;
  }
}

/** `Last_Error`, in the status of a replica of either engine. */
export const lastErrorColumn = 19;
