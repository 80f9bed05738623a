import { once } from "node:events";
import pg from "pg";
import {
  type BatchOptions,
  type ConnectSql,
  type QueryOptions,
  type SqlConnection,
  SqlError,
  type SqlResult,
} from "./sql-connection.ts";

/** Values stay the text that the server sent. */
const asText = { getTypeParser: () => (value: string | Buffer) => String(value) };

const typeNames = new Map(Object.entries(pg.types.builtins).map(([name, oid]) => [oid, name.toLowerCase()]));

/** "pg_hba.conf rejects connection for host …, no encryption": https://www.postgresql.org/docs/17/errcodes-appendix.html */
const invalidAuthorization = "28000";

/** Encrypted only where the server wants that: it is on this machine. */
export const connectPostgres: ConnectSql = async (server, options) => {
  try {
    return await connect(server, options);
  } catch (error) {
    const wantsEncryption =
      error instanceof SqlError && error.code === invalidAuthorization && error.message.endsWith("no encryption");
    if (!wantsEncryption) throw error;
    return await connect(server, options, { ssl: { rejectUnauthorized: false } });
  }
};

async function connect(
  server: Parameters<ConnectSql>[0],
  { timeoutMs }: Parameters<ConnectSql>[1],
  encryption: Pick<pg.ClientConfig, "ssl"> = {},
): Promise<SqlConnection> {
  const client = new pg.Client({
    ...encryption,
    host: server.host,
    port: server.port,
    user: server.username,
    password: server.password,
    database: server.database ?? "postgres",
    connectionTimeoutMillis: timeoutMs,
    statement_timeout: timeoutMs,
    application_name: "localaws",
    types: asText,
  });
  // A connection that breaks while nothing runs is noticed by the next statement.
  client.on("error", () => {});
  await client.connect().catch((error: unknown) => {
    throw toSqlError(error);
  });
  return {
    query: (text, options) => run(client, text, options),
    batches: (text, options) => batches(client, text, options),
    close: () => client.end(),
  };
}

interface Collected {
  readonly rows: (string | null)[][];
  count: number;
}

/** With a listener on its rows, pg keeps none of them: what is not wanted takes no memory. */
async function run(client: pg.Client, text: string, { maxRows }: QueryOptions): Promise<SqlResult[]> {
  // A name for it, since the package's types do not know `rowMode` here.
  const config = { text, rowMode: "array" };
  const query = new pg.Query<(string | null)[]>(config);
  const collected = new Map<object, Collected>();
  query.on("row", (row, result) => {
    const known = result === undefined ? undefined : collected.get(result);
    const of = known ?? { rows: [], count: 0 };
    if (known === undefined && result !== undefined) collected.set(result, of);
    of.count++;
    if (of.rows.length < maxRows) of.rows.push(row);
  });
  client.query(query);
  const [results] = await once(query, "end").catch((error: unknown) => {
    throw toSqlError(error);
  });
  return ([results].flat() as pg.QueryResult[]).map((result) => {
    const { rows, count } = collected.get(result) ?? { rows: [], count: result.rowCount ?? 0 };
    return {
      command: result.command ?? "",
      columns: result.fields.map(({ name, dataTypeID }) => ({
        name,
        type: typeNames.get(dataTypeID) ?? `oid ${dataTypeID}`,
      })),
      rows,
      rowCount: count,
    };
  });
}

async function* batches(client: pg.Client, text: string, { rows }: BatchOptions): AsyncGenerator<SqlResult["rows"]> {
  const all = { maxRows: rows };
  await run(client, `BEGIN READ ONLY; DECLARE localaws_batches NO SCROLL CURSOR FOR ${text}`, all);
  try {
    for (;;) {
      const [batch] = await run(client, `FETCH FORWARD ${rows} FROM localaws_batches`, all);
      if (batch === undefined || batch.rows.length === 0) return;
      yield batch.rows;
    }
  } finally {
    await run(client, "ROLLBACK", all);
  }
}

function toSqlError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code = "08006", position, hint } = error as Error & { code?: string; position?: string; hint?: string };
  return new SqlError(code, error.message || code, {
    ...(position !== undefined && { position: Number(position) }),
    ...(hint !== undefined && { hint }),
    cause: error,
  });
}
