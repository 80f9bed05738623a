import { createHash, randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { DatabaseLaunchError } from "./database-driver.ts";
import { identifiedByHash, type MysqlSql, text } from "./mysql-users.ts";

// MariaDB's replicas follow by global transaction ids, which a crash of either server does not make wrong:
// https://mariadb.com/docs/server/ha-and-performance/standard-replication/gtid

/** The one user that replicas connect as, as on RDS. */
const replicationUser = "rdsrepladmin";

/** Milliseconds that a replica has to carry out what it has received. */
const applyTimeout = 120_000;

/** Where a replica finds the server that it follows. */
export interface FollowedMysqlServer {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

export function madeUpPassword(): string {
  return randomBytes(24).toString("hex");
}

/** Other than those of the servers that it follows, or that follow it. */
function serverNumber(id: string): number {
  return createHash("sha1").update(id).digest().readUInt32BE(0) || 1;
}

/** What a server's option file says of its binlogs; `follows`: it is a replica. */
export function replicationOptions(
  id: string,
  { follows, archived }: { readonly follows: boolean; readonly archived: boolean },
): Record<string, string | number> {
  return {
    binlog_expire_logs_seconds: binlogExpiry(archived),
    server_id: serverNumber(id),
    // A copy of another's data does not begin to follow whom that followed.
    loose_skip_slave_start: follows ? "OFF" : "ON",
    read_only: follows ? "ON" : "OFF",
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
export async function allowMysqlReplication(sql: MysqlSql, password: string): Promise<void> {
  const user = `'${replicationUser}'@'%'`;
  await sql(`CREATE USER IF NOT EXISTS ${user} ${identifiedByHash(password)}`);
  await sql(`ALTER USER ${user} ${identifiedByHash(password)}`);
  await sql(`GRANT REPLICATION SLAVE ON *.* TO ${user}`);
}

/** Has a running server that has a copy of another's data go on from there. */
export async function beginFollowing(sql: MysqlSql, source: FollowedMysqlServer): Promise<void> {
  // What its data hold is what the binlogs that were copied with them do.
  const position = (await sql("SELECT @@GLOBAL.gtid_binlog_pos"))[0]?.[0] ?? "";
  await forgetOrigin(sql);
  await sql(`SET GLOBAL gtid_slave_pos = ${text(position)}`);
  await follow(sql, source);
}

/** Tells a replica where the server that it follows is by now. */
export async function follow(sql: MysqlSql, { host, port, password }: FollowedMysqlServer): Promise<void> {
  await sql("STOP SLAVE");
  const settings = {
    ...{
      MASTER_HOST: text(host),
      MASTER_PORT: port,
      MASTER_USER: text(replicationUser),
      MASTER_PASSWORD: text(password),
    },
    // The server that it follows is back at once after its reboot. Where that insists on encryption, it gets it.
    ...{ MASTER_CONNECT_RETRY: 1, MASTER_SSL: 1, MASTER_SSL_VERIFY_SERVER_CERT: 0, MASTER_USE_GTID: "slave_pos" },
  };
  const list = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  await sql(`CHANGE MASTER TO ${list.join(", ")}`);
  await sql("START SLAVE");
}

/** A server that begins with another's data has nothing to do with what that followed, or wrote to its binlogs. */
export async function forgetOrigin(sql: MysqlSql): Promise<void> {
  await sql("STOP SLAVE");
  await sql("RESET SLAVE ALL");
  await sql("RESET MASTER");
  await sql("SET GLOBAL gtid_slave_pos = ''");
}

/** Resolves when the replica takes changes of its own, with all that it has received. */
export async function endFollowing(sql: MysqlSql): Promise<void> {
  if ((await sql("SHOW SLAVE STATUS")).length === 0) return;
  await sql("STOP SLAVE IO_THREAD");
  await untilApplied(sql);
  await sql("STOP SLAVE");
  await sql("RESET SLAVE ALL");
  await sql("SET GLOBAL read_only = OFF");
}

/** Resolves when the thread that carries out changes has done so with all that there are. @throws DatabaseLaunchError where it cannot */
export async function untilApplied(sql: MysqlSql): Promise<void> {
  const deadline = performance.now() + applyTimeout;
  for (;;) {
    const threads = await sql("SELECT STATE FROM information_schema.PROCESSLIST WHERE COMMAND = 'Slave_SQL'");
    if (threads.some(([state = ""]) => /has read all relay log/i.test(state))) return;
    if (threads.length === 0) {
      const [status = []] = await sql("SHOW SLAVE STATUS");
      throw new DatabaseLaunchError(`A change cannot be carried out: ${status[lastErrorColumn] ?? ""}`);
    }
    if (performance.now() > deadline) throw new DatabaseLaunchError("The server does not carry out its changes.");
    await delay(50);
  }
}

/** `Last_Error`: https://mariadb.com/docs/server/reference/sql-statements/administrative-sql-statements/show/show-replica-status */
const lastErrorColumn = 19;
