import { byNumber } from "./binlog-recovery.ts";
import { DatabaseLaunchError } from "./database-driver.ts";
import {
  lastErrorColumn,
  type MysqlFollowing,
  replicationUser,
  settingList,
  untilApplied,
} from "./mysql-replication.ts";
import { MysqlRefusal, type MysqlSql } from "./mysql-users.ts";

/**
 * MySQL's replicas follow by positions in the binlogs of their source, which they keep in tables, with their data: so no crash
 * makes them wrong, and `gtid_mode` stays the user's. Versions from 8.0.26 on have these words:
 * https://dev.mysql.com/doc/refman/8.4/en/change-replication-source-to.html
 */
export const mysqlFollowing: MysqlFollowing = {
  async begin(sql, source) {
    // Its start has ended the newest binlog that was copied, which holds what its data do, and begun another.
    const [file, position] = (await sql("SHOW BINARY LOGS")).at(-2) ?? [];
    if (file === undefined) throw new DatabaseLaunchError("The copy has no binlog to go on from.");
    await this.forget(sql);
    await changeSource(sql, source, { file, position: Number(position) });
  },

  async follow(sql, source) {
    await sql("STOP REPLICA");
    const status = await statusOf(sql);
    // A place that is named, be it the same, is taken for another server's, without a position.
    if (status !== undefined) await changeSource(sql, source, status.executed);
  },

  async forget(sql) {
    await sql("STOP REPLICA");
    await sql("RESET REPLICA ALL");
    await sql("RESET BINARY LOGS AND GTIDS").catch(async (error: unknown) => {
      if (!(error instanceof MysqlRefusal) || error.number !== syntaxError) throw error;
      // As 8.0 calls it.
      await sql("RESET MASTER");
    });
  },

  async position(sql) {
    const [file = "", bytes = "0"] = (await sql("SHOW BINARY LOGS")).at(-1) ?? [];
    return `${file}:${bytes}`;
  },

  async hasReached(sql, position) {
    const status = await statusOf(sql);
    if (status === undefined) throw new DatabaseLaunchError("The server follows nobody.");
    requireRunning(status);
    const [file = "", bytes] = position.split(":");
    const { executed } = status;
    if (executed.file === "") return false;
    const ahead = byNumber(executed.file, file);
    return ahead > 0 || (ahead === 0 && executed.position >= Number(bytes));
  },

  async end(sql) {
    if ((await statusOf(sql)) === undefined) return;
    await sql("STOP REPLICA IO_THREAD");
    await untilApplied(async () => {
      const status = await statusOf(sql);
      if (status === undefined) return true;
      requireRunning(status);
      const { received, executed } = status;
      return received.file === executed.file && received.position === executed.position;
    });
    await sql("STOP REPLICA");
    await sql("RESET REPLICA ALL");
    await sql("SET GLOBAL read_only = OFF");
  },

  async replay(sql, relayLog, position) {
    const [[workers = "4"] = []] = await sql("SELECT @@GLOBAL.replica_parallel_workers");
    // Several would go on after the thread that reads has read all.
    await sql("SET GLOBAL replica_parallel_workers = 0");
    // Nobody is connected to: the relay logs are there.
    const nobody = { SOURCE_HOST: "127.0.0.1", SOURCE_USER: "nobody" };
    const relayed = { RELAY_LOG_FILE: relayLog, RELAY_LOG_POS: position };
    await sql(`CHANGE REPLICATION SOURCE TO ${settingList({ ...nobody, ...relayed })}`);
    await sql("START REPLICA SQL_THREAD");
    await untilApplied(async () => {
      if ((await sql("SHOW PROCESSLIST")).some((row) => row.some((field) => /has read all relay log/i.test(field))))
        return true;
      const status = await statusOf(sql);
      if (status !== undefined) requireRunning(status);
      return false;
    });
    await this.forget(sql);
    await sql(`SET GLOBAL replica_parallel_workers = ${workers}`);
  },
};

/** ER_PARSE_ERROR */
const syntaxError = 1064;

interface Position {
  readonly file: string;
  /** Bytes from the begin of the file. */
  readonly position: number;
}

/** Replaces what the replica was told before, and lets it go on from there. */
async function changeSource(
  sql: MysqlSql,
  { host, port, password }: Parameters<MysqlFollowing["follow"]>[1],
  { file, position }: Position,
): Promise<void> {
  const place = { SOURCE_HOST: host, SOURCE_PORT: port, SOURCE_USER: replicationUser, SOURCE_PASSWORD: password };
  // The server that it follows is back at once after its reboot. What it lets in by its password, it does so encrypted.
  const way = { SOURCE_CONNECT_RETRY: 1, SOURCE_RETRY_COUNT: 4_294_967_295, SOURCE_SSL: 1 };
  const from = { SOURCE_LOG_FILE: file, SOURCE_LOG_POS: position };
  await sql(`CHANGE REPLICATION SOURCE TO ${settingList({ ...place, ...way, ...from })}`);
  await sql("START REPLICA");
}

interface ReplicaStatus {
  readonly received: Position;
  readonly executed: Position;
  readonly executes: boolean;
  readonly lastError: string;
}

/** None of a server that follows nobody. The columns: https://dev.mysql.com/doc/refman/8.4/en/show-replica-status.html */
async function statusOf(sql: MysqlSql): Promise<ReplicaStatus | undefined> {
  const [row] = await sql("SHOW REPLICA STATUS");
  if (row === undefined) return undefined;
  return {
    received: { file: row[5] ?? "", position: Number(row[6]) },
    executed: { file: row[9] ?? "", position: Number(row[21]) },
    executes: row[11] === "Yes",
    lastError: row[lastErrorColumn] ?? "",
  };
}

function requireRunning({ executes, lastError }: ReplicaStatus): void {
  if (!executes && lastError !== "") throw new DatabaseLaunchError(`A change cannot be carried out: ${lastError}`);
}
