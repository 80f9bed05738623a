import { once } from "node:events";
import mysql, { type Connection, type FieldPacket, type ResultSetHeader } from "mysql2";
import {
  type BatchOptions,
  type ConnectOptions,
  type QueryOptions,
  type SqlConnection,
  SqlError,
  type SqlResult,
  type SqlServer,
} from "./sql-connection.ts";

export async function connectMysql(server: SqlServer, { timeoutMs }: ConnectOptions): Promise<SqlConnection> {
  const connection = mysql.createConnection({
    ...(server.host.startsWith("/") ? { socketPath: server.host } : { host: server.host, port: server.port }),
    user: server.username,
    password: server.password,
    ...(server.database !== undefined && { database: server.database }),
    connectTimeout: timeoutMs,
    multipleStatements: true,
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
    query: (text, options) => run(connection, text, options, timeoutMs),
    batches: (text, options) => batches(connection, text, options),
    close: async () => {
      connection.destroy();
    },
  } satisfies SqlConnection;
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
  const { code = "HY000" } = error as Error & { code?: string };
  return new SqlError(code, error.message || code, { cause: error });
}
