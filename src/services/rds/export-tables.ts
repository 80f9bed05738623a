import type { SqlConnection } from "../../sql/sql-connection.ts";
import { type ExportType, isMysqlBinary, mysqlExportType, postgresExportType } from "./export-types.ts";

interface ExportColumn {
  readonly name: string;
  /** The database's own word for it: `character varying(20)`. */
  readonly originalType: string;
  readonly type: ExportType;
}

export interface ExportTable {
  readonly database: string;
  /** Of MariaDB and MySQL, the database. */
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly ExportColumn[];
  /** Gives all of its rows. */
  readonly query: string;
}

const all = { maxRows: Number.POSITIVE_INFINITY };

/** The databases of a PostgreSQL server that people may have put something into. */
export async function postgresDatabases(sql: SqlConnection): Promise<string[]> {
  const [found] = await sql.query(
    "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate AND datname <> 'rdsadmin' ORDER BY 1",
    all,
  );
  return (found?.rows ?? []).flatMap(([name]) => name ?? []);
}

/** Of the database that the connection is to; tables that are neither temporary nor unlogged. */
export async function postgresTables(sql: SqlConnection, database: string): Promise<ExportTable[]> {
  const [found] = await sql.query(
    `SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), t.typname
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_type d ON d.oid = a.atttypid
            LEFT JOIN pg_type t ON t.oid = CASE d.typtype WHEN 'd' THEN d.typbasetype ELSE d.oid END
      WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      ORDER BY n.nspname, c.relname, a.attnum`,
    all,
  );
  return tablesOf(found?.rows ?? [], ([schema = null, table = null, column = null, original = null, type = null]) => ({
    ...{ database, schema: schema ?? "", table: table ?? "", quote: postgresName, from: "ONLY " },
    column: column === null ? undefined : { name: column, originalType: original ?? "" },
    type: postgresExportType(type ?? ""),
  }));
}

export async function mysqlTables(sql: SqlConnection): Promise<ExportTable[]> {
  const [found] = await sql.query(
    `SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME, c.COLUMN_TYPE, c.DATA_TYPE, c.NUMERIC_PRECISION, c.NUMERIC_SCALE
       FROM information_schema.COLUMNS c
            JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
      WHERE t.TABLE_TYPE = 'BASE TABLE'
        AND c.TABLE_SCHEMA NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')
      ORDER BY c.TABLE_SCHEMA, c.TABLE_NAME, c.ORDINAL_POSITION`,
    all,
  );
  return tablesOf(found?.rows ?? [], ([schema, table, column, columnType, dataType, precision, scale]) => ({
    ...{ database: schema ?? "", schema: schema ?? "", table: table ?? "", quote: mysqlName, from: "" },
    column: {
      ...{ name: column ?? "", originalType: columnType ?? "" },
      ...(isMysqlBinary(dataType ?? "") && { expression: (name: string) => `HEX(${name})` }),
    },
    type: mysqlExportType({
      ...{ dataType: dataType ?? "", columnType: columnType ?? "" },
      ...{ precision: Number(precision), scale: Number(scale) },
    }),
  }));
}

interface ColumnRow {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly quote: (name: string) => string;
  readonly from: string;
  /** None: the table has no columns. */
  readonly column:
    | { readonly name: string; readonly originalType: string; readonly expression?: (name: string) => string }
    | undefined;
  readonly type: ExportType;
}

/** One table of the rows that have its name, which follow each other. */
function tablesOf(
  rows: readonly (readonly (string | null)[])[],
  read: (row: readonly (string | null)[]) => ColumnRow,
): ExportTable[] {
  const tables = new Map<string, ColumnRow[]>();
  for (const row of rows.map(read)) {
    const key = JSON.stringify([row.schema, row.table]);
    tables.set(key, [...(tables.get(key) ?? []), row]);
  }
  return [...tables.values()].flatMap((ofTable) => {
    const [first] = ofTable;
    if (first === undefined) return [];
    const { database, schema, table, quote, from } = first;
    const columns = ofTable.flatMap(({ column, type }) => (column === undefined ? [] : { ...column, type }));
    const list = columns.map(({ name, expression = (quoted) => quoted }) => expression(quote(name)));
    const query = `SELECT ${list.join(", ")} FROM ${from}${quote(schema)}.${quote(table)}`;
    return [{ database, schema, name: table, columns, query }];
  });
}

const postgresName = (name: string) => `"${name.replaceAll('"', '""')}"`;
const mysqlName = (name: string) => `\`${name.replaceAll("`", "``")}\``;

/** Whether `ExportOnly` says that a table is to be exported; its members have been checked. */
export function isWanted({ database, schema, name }: ExportTable, exportOnly: readonly string[], isMysql: boolean) {
  if (exportOnly.length === 0) return true;
  const path = isMysql ? [database, name] : [database, schema, name];
  return exportOnly.some((wanted) => wanted.split(".").every((part, index) => part === path[index]));
}

/** Names that RDS does not export: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.Considerations.html */
export function isExportable({ name, columns }: ExportTable): boolean {
  return !name.includes("/") && columns.length > 0 && columns.every((column) => !/[,;{}()\n\t= ]/.test(column.name));
}
