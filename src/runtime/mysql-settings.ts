import { DatabaseLaunchError, type DatabaseSpec } from "./database-driver.ts";
import { MysqlRefusal, type MysqlSql, text } from "./mysql-users.ts";

/** What the servers call their logs; the files are in the data folder. */
export const logFiles = { slow: "slow.log", general: "general.log" } as const;

type Settings = Readonly<Record<string, string | number>>;

/** What a server goes by where its parameters say nothing else. */
function defaultSettings(memoryBytes: number): Settings {
  return {
    // RDS gives three quarters of the memory; what is more than 128 MB a developer's machine needs elsewhere.
    innodb_buffer_pool_size: Math.min(Math.max(Math.floor(memoryBytes / 16), 32 * mebibyte), 128 * mebibyte),
    // RDS's default: {DBInstanceClassMemory/12582880}.
    max_connections: Math.min(Math.max(Math.floor(memoryBytes / 12_582_880), 50), 500),
    innodb_log_buffer_size: 2 * mebibyte,
    key_buffer_size: 8 * mebibyte,
    // RDS's default.
    log_output: "TABLE",
    // RDS's defaults.
    ...{ binlog_format: "MIXED", max_binlog_size: 128 * mebibyte, sync_binlog: 1 },
    performance_schema: "OFF",
  };
}

/** The server's own certificate and its key, in the data folder. Hidden, since an installation wants that folder empty. */
export const tlsFiles = { certificate: ".rds-cert.pem", privateKey: ".rds-key.pem" } as const;

const mebibyte = 1024 * 1024;

/** What the files with the changes of a server, and with those that it is to carry out, are called. */
const binlogName = "binlog";
export const relayLogName = "relay-bin";

/** What no parameter changes. Of MariaDB alone: the others do not know all of it, and pass over it. */
const fixedSettings: Settings = {
  // A name would have to be looked up for each connection, and the superuser is the socket's alone.
  skip_name_resolve: "ON",
  slow_query_log_file: logFiles.slow,
  general_log_file: logFiles.general,
  // Written by the server's own threads, so that nothing is written any more while it stands still.
  innodb_use_native_aio: "OFF",
  innodb_flush_log_at_trx_commit: 1,
  // In the data folder, so that copies of the data have what a recovery looks at.
  ...{ log_bin: binlogName, relay_log: relayLogName, loose_log_slave_updates: "ON" },
  loose_innodb_log_file_size: 32 * mebibyte,
  loose_innodb_redo_log_capacity: 64 * mebibyte,
  loose_aria_pagecache_buffer_size: 8 * mebibyte,
  // MySQL's second protocol would take another port.
  loose_mysqlx: "OFF",
};

/** Settings of the machine and of RDS, which the server is not told. */
const untold =
  /^(?:rds\..*|basedir|datadir|tmpdir|socket|port|pid_file|bind_address|plugin_dir|plugin_load(?:_add)?|init_file|log_error|log_bin|binlog_expire_logs_seconds|expire_logs_days|relay_log|server_id|read_only|skip_slave_start|secure_file_priv|ssl_\w+|user)$/;

function toldSettings({ memoryBytes, parameters = {} }: ServerTuning): Settings {
  const isTold = ([name]: [string, string]) => !untold.test(name) && !(name in fixedSettings);
  return { ...defaultSettings(memoryBytes), ...Object.fromEntries(Object.entries(parameters).filter(isTold)) };
}

/** The lines of an option file. @throws DatabaseLaunchError for a name or a value that no line can say */
export function optionFile(tuning: ServerTuning, place: Settings): string {
  const known = Object.entries(toldSettings(tuning)).map(([name, value]) => optionLine(`loose_${name}`, value));
  const own = Object.entries({ ...fixedSettings, ...place }).map(([name, value]) => optionLine(name, value));
  return `[mysqld]\n${[...known, ...own].join("")}`;
}

/** https://mariadb.com/docs/server/server-management/install-and-upgrade-mariadb/configuring-mariadb/configuring-mariadb-with-option-files */
function optionLine(name: string, value: string | number): string {
  if (!/^\w+$/.test(name) || /[\r\n\0]/.test(`${value}`)) {
    throw new DatabaseLaunchError(`${JSON.stringify(name)} cannot be set to ${JSON.stringify(value)}.`);
  }
  return `${name}="${`${value}`.replaceAll("\\", "\\\\")}"\n`;
}

/** ER_UNKNOWN_SYSTEM_VARIABLE, ER_LOCAL_VARIABLE, ER_NO_DEFAULT: there is nothing to tell the server. */
const ofNoMeaning: readonly (number | undefined)[] = [1193, 1228, 1230];
/** ER_INCORRECT_GLOBAL_LOCAL_VAR: "is a read only variable". */
const readOnly = 1238;
/** ER_WRONG_TYPE_FOR_VAR */
const wrongType = 1232;

/** What a server goes by. */
export type ServerTuning = Pick<DatabaseSpec, "memoryBytes" | "parameters">;

/**
 * Has a running server go by other parameters. Resolves with the names of those that it takes up at its next start.
 * @throws MysqlRefusal for a value that it does not take
 */
export async function applySettings(
  sql: MysqlSql,
  { started, before, after }: Readonly<Record<"started" | "before" | "after", ServerTuning>>,
): Promise<string[]> {
  const [first, old, now] = [started, before, after].map(toldSettings) as [Settings, Settings, Settings];
  const pending: string[] = [];
  for (const name of new Set([...Object.keys(first), ...Object.keys(old), ...Object.keys(now)])) {
    const waited = `${first[name]}` !== `${now[name]}`;
    if (!waited && `${old[name]}` === `${now[name]}`) continue;
    try {
      await setGlobal(sql, name, now[name]);
    } catch (error) {
      if (!(error instanceof MysqlRefusal)) throw error;
      if (error.number === readOnly) pending.push(...(waited ? [name] : []));
      else if (!ofNoMeaning.includes(error.number)) throw error;
    }
  }
  return pending.sort();
}

async function setGlobal(sql: MysqlSql, name: string, value: string | number | undefined): Promise<void> {
  if (value === undefined) {
    await sql(`SET GLOBAL ${name} = DEFAULT`);
    return;
  }
  const number = numberOf(`${value}`);
  try {
    await sql(`SET GLOBAL ${name} = ${number ?? text(`${value}`)}`);
  } catch (error) {
    if (number === undefined || !(error instanceof MysqlRefusal) || error.number !== wrongType) throw error;
    await sql(`SET GLOBAL ${name} = ${text(`${value}`)}`);
  }
}

/** As option files have it, with a unit: `16M`. */
function numberOf(value: string): string | undefined {
  const [, digits, unit = ""] = /^(-?\d+(?:\.\d+)?)([KMGT]?)$/i.exec(value) ?? [];
  if (digits === undefined) return undefined;
  const power = "KMGT".indexOf(unit.toUpperCase()) + 1;
  return unit === "" ? digits : `${BigInt(digits.split(".")[0] ?? 0) * 1024n ** BigInt(power)}`;
}
