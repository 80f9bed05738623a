import { once } from "node:events";
import mysql, { type Connection, type FieldPacket, type ResultSetHeader } from "mysql2";
import {
  type BatchOptions,
  type ConnectOptions,
  type MysqlColumn,
  type MysqlConnection,
  type MysqlResult,
  type QueryOptions,
  SqlError,
  type SqlResult,
  type SqlServer,
} from "./sql-connection.ts";

export async function connectMysql(server: SqlServer, options: ConnectOptions): Promise<MysqlConnection> {
  const { timeoutMs, oneStatement = false } = options;
  const connection = mysql.createConnection({
    ...(server.host.startsWith("/") ? { socketPath: server.host } : { host: server.host, port: server.port }),
    user: server.username,
    password: server.password,
    ...(server.database !== undefined && { database: server.database }),
    connectTimeout: timeoutMs,
    multipleStatements: !oneStatement,
    rowsAsArray: true,
    typeCast: (field) => field.string(),
  });
  try {
    await once(connection, "connect");
  } catch (error) {
    throw toSqlError(error);
  }
  // A connection that breaks while nothing runs is noticed by the next statement.
  connection.on("error", () => {});
  return {
    query: (text, { maxRows }) => run(connection, text, { maxRows }, timeoutMs),
    batches: (text, of) => batches(connection, text, of),
    execute: (text, limits) => execute(connection, text, limits),
    close: async () => {
      connection.destroy();
    },
  };
}

interface Collected {
  columns: SqlResult["columns"];
  readonly rows: (string | null)[][];
  count: number;
}

function run(connection: Connection, sql: string, { maxRows }: QueryOptions, timeout: number): Promise<SqlResult[]> {
  return new Promise((resolve, reject) => {
    const results: Collected[] = [];
    const at = (index: number): Collected => {
      results[index] ??= { columns: [], rows: [], count: 0 };
      return results[index];
    };
    connection
      .query({ sql, timeout })
      .on("fields", (fields: FieldPacket[] | undefined, index: number) => {
        at(index).columns = (fields ?? []).map(({ name, columnType }) => ({ name, type: typeName(columnType) }));
      })
      .on("result", (row: (string | null)[] | ResultSetHeader, index: number) => {
        const result = at(index);
        if (!Array.isArray(row)) {
          result.count = row.affectedRows;
          return;
        }
        result.count++;
        if (result.rows.length < maxRows) result.rows.push(row);
      })
      .on("error", (error) => reject(toSqlError(error)))
      .on("end", () => {
        resolve(results.map(({ columns, rows, count }) => ({ command: "", columns, rows, rowCount: count })));
      });
  });
}

function execute(
  connection: Connection,
  sql: string,
  { maxBytes, timeoutMs: timeout }: Parameters<MysqlConnection["execute"]>[1],
): Promise<MysqlResult> {
  return new Promise((resolve, reject) => {
    let columns: MysqlColumn[] = [];
    const rows: (string | null)[][] = [];
    let [count, bytes] = [0, 0];
    let generatedIds: string[] = [];
    connection
      .query({ sql, ...(timeout !== undefined && { timeout }), typeCast: (field) => field.buffer() })
      .on("fields", (fields: FieldPacket[] | undefined) => {
        columns = (fields ?? []).map(toColumn);
      })
      .on("result", (row: (Buffer | null)[] | ResultSetHeader) => {
        if (!Array.isArray(row)) {
          count = row.affectedRows;
          generatedIds = idsOf(row);
          return;
        }
        count++;
        bytes += row.reduce((sum, value) => sum + (value?.length ?? 0), 0);
        if (bytes <= maxBytes) rows.push(row.map((value, index) => textOf(value, columns[index])));
      })
      .on("error", (error) => reject(toSqlError(error)))
      .on("end", () => resolve({ command: "", columns, rows, rowCount: count, generatedIds }));
  });
}

function toColumn(field: FieldPacket): MysqlColumn {
  const { name, orgName, orgTable, columnType, columnLength, characterSet, decimals, flags } = field;
  const type = typeName(columnType);
  return {
    ...{
      name,
      type,
      table: orgTable,
      originalName: orgName,
      length: columnLength ?? 0,
      decimals,
      flags: Number(flags),
    },
    isBytes: type === "bit" || (characterSet === noCharacterSet && ofBytes.test(type)),
  };
}

/** That of what is no text. */
const noCharacterSet = 63;
const ofBytes = /^(?:var_string|string|(?:tiny_|medium_|long_)?blob|geometry)$/;

/** Of rows that are inserted by one statement, one after the other. */
function idsOf({ insertId, info }: ResultSetHeader): string[] {
  if (insertId === 0) return [];
  const count = Number(/Records: (\d+)/.exec(info)?.[1] ?? 1);
  return Array.from({ length: count }, (_, index) => `${BigInt(insertId) + BigInt(index)}`);
}

function textOf(value: Buffer | null, column: MysqlColumn | undefined): string | null {
  if (value === null) return null;
  return column?.isBytes === true ? `\\x${value.toString("hex")}` : value.toString("utf8");
}

async function* batches(
  connection: Connection,
  sql: string,
  { rows }: BatchOptions,
): AsyncGenerator<SqlResult["rows"]> {
  let batch: (string | null)[][] = [];
  try {
    // The connection is paused while nobody takes the rows.
    for await (const row of connection.query(sql).stream({ highWaterMark: rows })) {
      batch.push(row);
      if (batch.length < rows) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    throw toSqlError(error);
  }
  if (batch.length > 0) yield batch;
}

function typeName(code: number | undefined): string {
  return String((code !== undefined && mysql.Types[code as keyof typeof mysql.Types]) || "").toLowerCase();
}

function toSqlError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code = "HY000", errno } = error as Error & { code?: string; errno?: number };
  return new SqlError(code, error.message || code, { ...(errno !== undefined && { number: errno }), cause: error });
}
