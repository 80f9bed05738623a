import { type MysqlEngine, MysqlRefusal, type MysqlSql } from "./mysql-users.ts";

// The procedures in `mysql` that RDS has for what its master user has no right to, carried out as the superuser who makes them:
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.MySQL.SQLRef.html and
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.MariaDB.SQLRef.html

/** In a database without data of its own. */
export async function makeProcedures(sql: MysqlSql, engine: MysqlEngine): Promise<void> {
  const all = { ...procedures, ...(engine === "mariadb" ? proceduresOfMariadb : {}), ...replicationProcedures(engine) };
  const statements = [
    "CREATE TABLE mysql.rds_configuration (name VARCHAR(100) PRIMARY KEY, value VARCHAR(100), description VARCHAR(300) NOT NULL)",
    `INSERT INTO mysql.rds_configuration VALUES ('${retention}', NULL, '${retention} specifies the duration in hours before binary logs are automatically deleted.')`,
    ...Object.entries(all).map(([signature, body]) => `CREATE PROCEDURE mysql.${signature}\nBEGIN\n${body};\nEND`),
  ];
  await sql(statements.join(";\n"));
}

/** Hours for which binlogs are to be kept, as `rds_set_configuration` was told; 0 where it was told nothing. */
export async function binlogRetentionHours(sql: MysqlSql): Promise<number> {
  try {
    const rows = await sql(`SELECT COALESCE(value, 0) FROM mysql.rds_configuration WHERE name = '${retention}'`);
    return Number(rows[0]?.[0] ?? 0);
  } catch (error) {
    // ER_NO_SUCH_TABLE: data that were made before there was any.
    if (error instanceof MysqlRefusal && error.number === 1146) return 0;
    throw error;
  }
}

const retention = "binlog retention hours";

const refuse = (condition: string, message: string) =>
  `IF ${condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${message}'; END IF`;

/** Whose sessions nobody ends: LocalAWS's own, and those of replicas. */
const killing = (what: string) =>
  [
    "DECLARE owner VARCHAR(128)",
    "SELECT user INTO owner FROM information_schema.processlist WHERE id = thread",
    refuse("owner = 'rdsadmin'", "ERROR (RDS): CANNOT KILL RDSADMIN SESSION"),
    refuse("owner = 'rdsrepladmin'", "ERROR (RDS): CANNOT KILL RDSREPLADMIN SESSION"),
    `KILL ${what} thread`,
  ].join(";\n");

/** The log that is a table begins anew; the one before is kept until the next rotation. Replicas rotate theirs themselves. */
const rotating = (log: string) =>
  [
    "DECLARE logged BOOLEAN DEFAULT @@SESSION.sql_log_bin",
    "SET SESSION sql_log_bin = OFF",
    `CREATE TABLE IF NOT EXISTS mysql.${log}2 LIKE mysql.${log}`,
    `DROP TABLE IF EXISTS mysql.${log}_backup`,
    `RENAME TABLE mysql.${log} TO mysql.${log}_backup, mysql.${log}2 TO mysql.${log}`,
    "SET SESSION sql_log_bin = logged",
  ].join(";\n");

const procedures = {
  "rds_kill(IN thread BIGINT)": killing("CONNECTION"),
  "rds_kill_query(IN thread BIGINT)": killing("QUERY"),
  "rds_set_configuration(IN name_to_set VARCHAR(100), IN value_to_set INT)": [
    refuse(`name_to_set <> '${retention}'`, "ERROR (RDS): This configuration parameter is not supported"),
    refuse(
      "value_to_set < 1 OR value_to_set > 168",
      `For ${retention} the value must be between 1 and 168, inclusive or be NULL`,
    ),
    "UPDATE mysql.rds_configuration SET value = value_to_set WHERE name = name_to_set",
  ].join(";\n"),
  "rds_show_configuration()": "SELECT name, value, description FROM mysql.rds_configuration",
  "rds_rotate_general_log()": rotating("general_log"),
  "rds_rotate_slow_log()": rotating("slow_log"),
  "rds_innodb_buffer_pool_dump_now()": "SET GLOBAL innodb_buffer_pool_dump_now = ON",
  "rds_innodb_buffer_pool_load_now()": "SET GLOBAL innodb_buffer_pool_load_now = ON",
  "rds_innodb_buffer_pool_load_abort()": "SET GLOBAL innodb_buffer_pool_load_abort = ON",
};

const proceduresOfMariadb = { "rds_kill_query_id(IN query BIGINT)": "KILL QUERY ID query" };

const external = [
  ...[
    "IN host VARCHAR(255)",
    "IN port INT",
    "IN replication_user VARCHAR(128)",
    "IN replication_password VARCHAR(255)",
  ],
  ...["IN log_file VARCHAR(255)", "IN log_position BIGINT", "IN ssl_encryption TINYINT"],
].join(", ");

/** MySQL has other words for it from 8.0 on, and no longer MariaDB's from 8.4 on. */
function replicationProcedures(engine: MysqlEngine): Record<string, string> {
  const [replica, source] = engine === "mariadb" ? ["SLAVE", "MASTER"] : ["REPLICA", "SOURCE"];
  const skip = engine === "mariadb" ? "sql_slave_skip_counter" : "sql_replica_skip_counter";
  const values = {
    ...{ HOST: "QUOTE(host)", PORT: "port", USER: "QUOTE(replication_user)", PASSWORD: "QUOTE(replication_password)" },
    ...{ LOG_FILE: "QUOTE(log_file)", LOG_POS: "log_position", SSL: "ssl_encryption" },
  };
  const settings = Object.entries(values).map(([name, value]) => `'${source}_${name} = ', ${value}`);
  const verb = engine === "mariadb" ? "CHANGE MASTER" : "CHANGE REPLICATION SOURCE";
  const following = [
    `SET @rds_statement = CONCAT('${verb} TO ', ${settings.join(", ', ', ")})`,
    "PREPARE following FROM @rds_statement",
    "SET @rds_statement = NULL",
    "EXECUTE following",
    "DEALLOCATE PREPARE following",
  ].join(";\n");
  const name = source.toLowerCase();
  return {
    [`rds_set_external_${name}(${external})`]: following,
    [`rds_reset_external_${name}()`]: `STOP ${replica};\nRESET ${replica} ALL;\nSELECT 'Replica has been reset' AS message`,
    "rds_start_replication()": `START ${replica};\nSELECT 'Replica running normally.' AS Message`,
    "rds_stop_replication()": `STOP ${replica};\nSELECT 'Replica is down or disabled' AS Message`,
    "rds_skip_repl_error()": [
      `STOP ${replica}`,
      `SET GLOBAL ${skip} = 1`,
      `START ${replica}`,
      "SELECT 'Statement in error has been skipped' AS Message",
    ].join(";\n"),
  };
}
