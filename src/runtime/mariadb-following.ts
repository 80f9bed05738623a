import { DatabaseLaunchError } from "./database-driver.ts";
import {
  lastErrorColumn,
  type MysqlFollowing,
  replicationUser,
  settingList,
  untilApplied,
} from "./mysql-replication.ts";
import type { MysqlSql } from "./mysql-users.ts";

/**
 * MariaDB's replicas follow by global transaction ids, which a crash of either server does not make wrong:
 * https://mariadb.com/docs/server/ha-and-performance/standard-replication/gtid
 */
export const mariadbFollowing: MysqlFollowing = {
  async begin(sql, source) {
    // What its data hold is what the binlogs that were copied with them do.
    const position = (await sql("SELECT @@GLOBAL.gtid_binlog_pos"))[0]?.[0] ?? "";
    await this.forget(sql);
    await sql(`SET GLOBAL gtid_slave_pos = '${position}'`);
    await this.follow(sql, source);
  },

  async follow(sql, { host, port, password }) {
    await sql("STOP SLAVE");
    const place = { MASTER_HOST: host, MASTER_PORT: port, MASTER_USER: replicationUser, MASTER_PASSWORD: password };
    // The server that it follows is back at once after its reboot. Where that insists on encryption, it gets it.
    const way = { MASTER_CONNECT_RETRY: 1, MASTER_SSL: 1, MASTER_SSL_VERIFY_SERVER_CERT: 0 };
    await sql(`CHANGE MASTER TO ${settingList({ ...place, ...way })}, MASTER_USE_GTID = slave_pos`);
    await sql("START SLAVE");
  },

  async forget(sql) {
    await sql("STOP SLAVE");
    await sql("RESET SLAVE ALL");
    await sql("RESET MASTER");
    await sql("SET GLOBAL gtid_slave_pos = ''");
  },

  async position(sql) {
    return (await sql("SELECT @@GLOBAL.gtid_binlog_pos"))[0]?.[0] ?? "";
  },

  async hasReached(sql, position) {
    await requireExecuting(sql);
    // Without waiting: one that waits holds its connection.
    return (await sql(`SELECT MASTER_GTID_WAIT('${position}', 0)`))[0]?.[0] === "0";
  },

  async end(sql) {
    if ((await sql("SHOW SLAVE STATUS")).length === 0) return;
    await sql("STOP SLAVE IO_THREAD");
    await untilApplied(() => hasReadAll(sql));
    await sql("STOP SLAVE");
    await sql("RESET SLAVE ALL");
    await sql("SET GLOBAL read_only = OFF");
  },

  async replay(sql, relayLog, position) {
    // Nobody is connected to: the relay logs are there.
    const nobody = { MASTER_HOST: "127.0.0.1", MASTER_USER: "nobody" };
    const relayed = { RELAY_LOG_FILE: relayLog, RELAY_LOG_POS: position };
    await sql(`CHANGE MASTER TO ${settingList({ ...nobody, ...relayed })}, MASTER_USE_GTID = no`);
    await sql("START SLAVE SQL_THREAD");
    await untilApplied(() => hasReadAll(sql));
    await this.forget(sql);
  },
};

/** Whether the thread that carries out changes has done so with all that there are. @throws DatabaseLaunchError where it cannot */
async function hasReadAll(sql: MysqlSql): Promise<boolean> {
  return (await requireExecuting(sql)).some((state) => /has read all relay log/i.test(state));
}

/** What the threads that carry out changes do. @throws DatabaseLaunchError where there is none */
async function requireExecuting(sql: MysqlSql): Promise<string[]> {
  const threads = await sql("SELECT STATE FROM information_schema.PROCESSLIST WHERE COMMAND = 'Slave_SQL'");
  if (threads.length > 0) return threads.map(([state = ""]) => state);
  const [status = []] = await sql("SHOW SLAVE STATUS");
  throw new DatabaseLaunchError(`A change cannot be carried out: ${status[lastErrorColumn] ?? ""}`);
}
