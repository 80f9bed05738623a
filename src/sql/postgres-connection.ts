import { once } from "node:events";
import pg from "pg";
import {
  type BatchOptions,
  type ConnectOptions,
  type PostgresConnection,
  type SqlColumn,
  SqlError,
  type SqlResult,
  type SqlServer,
} from "./sql-connection.ts";

/** Values stay the text that the server sent. */
const asText = { getTypeParser: () => (value: string | Buffer) => String(value) };

const typeNames = new Map(Object.entries(pg.types.builtins).map(([name, oid]) => [oid, name.toLowerCase()]));

/** "pg_hba.conf rejects connection for host …, no encryption": https://www.postgresql.org/docs/17/errcodes-appendix.html */
const invalidAuthorization = "28000";

/** Encrypted only where the server wants that: it is on this machine. */
export async function connectPostgres(server: SqlServer, options: ConnectOptions): Promise<PostgresConnection> {
  try {
    return await connect(server, options);
  } catch (error) {
    const wantsEncryption =
      error instanceof SqlError && error.code === invalidAuthorization && error.message.endsWith("no encryption");
    if (!wantsEncryption) throw error;
    return await connect(server, options, { ssl: { rejectUnauthorized: false } });
  }
}

async function connect(
  server: SqlServer,
  { timeoutMs }: ConnectOptions,
  encryption: Pick<pg.ClientConfig, "ssl"> = {},
): Promise<PostgresConnection> {
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
    query: (text, { maxRows }) => run(client, { text }, (rows) => rows.length < maxRows),
    batches: (text, options) => batches(client, text, options),
    async execute(text, values, { maxBytes }) {
      let bytes = 0;
      const [result] = await run(client, { text, values: [...values], queryMode: "extended" }, (_, row) => {
        bytes += row.reduce((sum, value) => sum + (value?.length ?? 0), 0);
        return bytes <= maxBytes;
      });
      if (result === undefined) throw new Error("A statement has no result.");
      return result;
    },
    close: () => client.end(),
  };
}

type Row = (string | null)[];

interface Collected {
  readonly rows: Row[];
  count: number;
}

/** With a listener on its rows, pg keeps none of them: what is not `wanted` takes no memory. */
async function run(
  client: pg.Client,
  statement: { text: string; values?: (string | null)[]; queryMode?: "extended" },
  wanted: (rows: readonly Row[], row: Row) => boolean,
): Promise<SqlResult[]> {
  // A name for it, since the package's types do not know `rowMode` and `queryMode` here.
  const config = { ...statement, rowMode: "array" };
  const query = new pg.Query<Row>(config);
  const collected = new Map<object, Collected>();
  query.on("row", (row, result) => {
    const known = result === undefined ? undefined : collected.get(result);
    const of = known ?? { rows: [], count: 0 };
    if (known === undefined && result !== undefined) collected.set(result, of);
    of.count++;
    if (wanted(of.rows, row)) of.rows.push(row);
  });
  client.query(query);
  const [results] = await once(query, "end").catch((error: unknown) => {
    throw toSqlError(error);
  });
  return ([results].flat() as pg.QueryResult[]).map((result) => {
    const { rows, count } = collected.get(result) ?? { rows: [], count: result.rowCount ?? 0 };
    return { command: result.command ?? "", columns: result.fields.map(toColumn), rows, rowCount: count };
  });
}

function toColumn({ name, dataTypeID, dataTypeModifier, tableID, columnID }: pg.FieldDef): SqlColumn {
  return {
    name,
    type: typeNames.get(dataTypeID) ?? `oid ${dataTypeID}`,
    origin: { typeOid: dataTypeID, typeModifier: dataTypeModifier, tableOid: tableID, columnNumber: columnID },
  };
}

async function* batches(client: pg.Client, sql: string, { rows }: BatchOptions): AsyncGenerator<SqlResult["rows"]> {
  const all = (text: string) => run(client, { text }, () => true);
  await all(`BEGIN READ ONLY; DECLARE localaws_batches NO SCROLL CURSOR FOR ${sql}`);
  try {
    for (;;) {
      const [batch] = await all(`FETCH FORWARD ${rows} FROM localaws_batches`);
      if (batch === undefined || batch.rows.length === 0) return;
      yield batch.rows;
    }
  } finally {
    await all("ROLLBACK");
  }
}

function toSqlError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code = "08006", position, hint, detail, severity } = error as Partial<pg.DatabaseError> & Error;
  return new SqlError(code, error.message || code, {
    ...(position !== undefined && { position: Number(position) }),
    ...(hint !== undefined && { hint }),
    ...(detail !== undefined && { detail }),
    ...(severity !== undefined && { severity }),
    cause: error,
  });
}
