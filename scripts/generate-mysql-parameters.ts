import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import mysql, { type Connection } from "mysql2/promise";

/**
 * Writes src/services/rds/mysql-parameters.json from what a MySQL server of 9.1 or later says of its variables, whose `root` has no
 * password: `mysqld --no-defaults --initialize-insecure`, then `mysqld --no-defaults --socket=<socket>`.
 * usage: tsx scripts/generate-mysql-parameters.ts <socket>
 */
const file = fileURLToPath(new URL("../src/services/rds/mysql-parameters.json", import.meta.url));
const socketPath = process.argv[2] ?? "";

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type: string;
  readonly min: string;
  readonly max: string;
  readonly description: string;
}

const types: Readonly<Record<string, string>> = {
  ...{ Boolean: "bool", Integer: "integer", Numeric: "real", Enumeration: "enum", Set: "list" },
};

/** The names of an enumeration by their numbers; those of a set by their bits. None where the server lets nobody try them. */
async function optionsOf(connection: Connection, { name, type, value }: Variable): Promise<string[] | null> {
  if (type === "Boolean") return ["OFF", "ON"];
  if (type !== "Enumeration" && type !== "Set") return null;
  const options = new Map<number, string[]>();
  const numbers = Array.from({ length: 48 }, (_, number) => number);
  // Of some, each value can be had from its neighbours alone.
  for (const number of [...numbers, ...numbers.toReversed(), ...numbers]) {
    const bits = type === "Set" ? 2n ** BigInt(number) : BigInt(number);
    try {
      await connection.query(`SET GLOBAL ${name} = ${bits}`);
    } catch {
      continue;
    }
    const [[row]] = (await connection.query(`SELECT @@GLOBAL.${name} AS value`)) as unknown as [[{ value: string }]];
    options.set(number, `${row.value}`.split(","));
  }
  if (options.size === 0) return null;
  await connection.query(`SET GLOBAL ${name} = ?`, [value]).catch(() => {});
  const named = [...options].sort(([first], [second]) => first - second).flatMap(([, names]) => names);
  return [...new Set(named)].filter((option) => option !== "NOT_USED");
}

/** ER_INCORRECT_GLOBAL_LOCAL_VAR: "is a read only variable". */
const readOnly = 1238;

async function isStatic(connection: Connection, { name }: Variable): Promise<boolean> {
  try {
    await connection.query(`SET GLOBAL ${name} = @@GLOBAL.${name}`);
    return false;
  } catch (error) {
    return error instanceof Error && "errno" in error && error.errno === readOnly;
  }
}

/** Of this machine, of this server's start, or of no meaning to set. */
const ofMachine =
  /^(?:hostname|version.*|license|server_uuid|protocol_version|system_time_zone|gtid_(?:executed|owned)|have_.*|large_page_size|lower_case_file_system|skip_external_locking|locked_in_memory|statement_id|core_file|.*_dir|mysqlx_.*|basedir|datadir)$/;

const connection = await mysql.createConnection({ socketPath, user: "root" });
try {
  const [variables] = (await connection.query(
    `SELECT v.VARIABLE_NAME AS name, v.VARIABLE_VALUE AS value, m.DATA_TYPE AS type, m.MIN_VALUE AS min, m.MAX_VALUE AS max,
       m.DOCUMENTATION AS description
     FROM performance_schema.global_variables v JOIN performance_schema.variables_metadata m USING (VARIABLE_NAME)
     ORDER BY v.VARIABLE_NAME`,
  )) as unknown as [Variable[]];
  const rows: string[] = [];
  for (const variable of variables.filter(({ name }) => !ofMachine.test(name))) {
    const { name, value, type, min, max, description } = variable;
    const context = (await isStatic(connection, variable)) ? "postmaster" : "sighup";
    const options = await optionsOf(connection, variable);
    // What is said of fractions is no number of theirs.
    const range = type === "Integer" && min !== "" && max !== "" ? [min, max] : [null, null];
    // Of which each is `name=on` or `name=off`.
    const isOfSwitches = value.includes("=");
    const kind = isOfSwitches ? "string" : (types[type] ?? "string");
    const row = [name.toLowerCase(), value, null, context, kind, ...range, isOfSwitches ? null : options, description];
    rows.push(JSON.stringify(row));
  }
  await writeFile(file, `[\n${rows.join(",\n")}\n]\n`);
} finally {
  await connection.end();
}
