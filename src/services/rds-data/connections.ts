import type { PostgresConnection } from "../../sql/sql-connection.ts";
import type { Context } from "../service-context.ts";
import { requireCluster } from "./clusters.ts";
import { readCredentials } from "./credentials.ts";
import { badRequest, databaseUnavailable, statementTimeout, toDataApiError, transactionNotFound } from "./errors.ts";
import { findTransaction, whileUsed } from "./open-transactions.ts";

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.calling.html: a call that takes longer has failed. */
const callMilliseconds = 45_000;

/** How values are written in text, whatever the server or the user has by default. */
const session = "SET timezone = 'UTC'; SET datestyle = 'ISO'; SET bytea_output = 'hex'; SET extra_float_digits = 1";

export interface DataApiRequest {
  readonly resourceArn: string | undefined;
  readonly secretArn: string | undefined;
  readonly database?: string | undefined;
}

/** Who asks, of which database. @throws AwsError in the order in which a request is looked at */
export async function resolveSession(ctx: Context, { resourceArn = "", secretArn = "", database }: DataApiRequest) {
  const cluster = await requireCluster(ctx, resourceArn);
  const credentials = await readCredentials(ctx, secretArn);
  return { cluster, credentials, database: database || cluster.databaseName };
}

export type DataApiSession = Awaited<ReturnType<typeof resolveSession>>;

/** @throws AwsError where the server does not take the user, or is not there */
export async function openConnection(ctx: Context, of: DataApiSession): Promise<PostgresConnection> {
  const { cluster, credentials, database } = of;
  if (ctx.databases.kind === "records") throw databaseUnavailable();
  try {
    const connection = await ctx.connectSql(
      { dialect: "postgres", host: "127.0.0.1", port: cluster.port, ...credentials, database },
      { timeoutMs: callMilliseconds },
    );
    await connection.query(session, { maxRows: 0 });
    return connection;
  } catch (error) {
    throw toDataApiError(error);
  }
}

/** The transaction that a call names. @throws AwsError where there is none of this cluster and user */
export function requireTransaction(ctx: Context, id: string, { cluster, credentials, database }: DataApiSession) {
  const found = findTransaction(ctx, id);
  if (
    found === undefined ||
    found.clusterResourceId !== cluster.resourceId ||
    found.username !== credentials.username
  ) {
    throw transactionNotFound(id);
  }
  return { ...found, isOther: found.database !== database };
}

interface Call extends DataApiRequest {
  readonly transactionId?: string | undefined;
  /** A statement that takes longer than a call goes on, and the call fails. */
  readonly continueAfterTimeout?: boolean | undefined;
}

type Work<T> = (connection: PostgresConnection) => Promise<T>;

/** Runs what a call asks for: in its transaction, or by a connection of its own. @throws AwsError */
export async function withConnection<T>(ctx: Context, call: Call, work: Work<T>): Promise<T> {
  const of = await resolveSession(ctx, call);
  const patient = call.continueAfterTimeout === true ? unlimited(work) : work;
  const { transactionId } = call;
  const begin = () =>
    transactionId === undefined
      ? runAlone(ctx, of, patient)
      : whileUsed(ctx, transactionId, () => run(transactionOf(ctx, transactionId, call, of), patient));
  return await (call.continueAfterTimeout === true ? orTimeout(begin()) : begin());
}

function transactionOf(ctx: Context, id: string, { database }: Call, of: DataApiSession): PostgresConnection {
  const { connection, isOther } = requireTransaction(ctx, id, of);
  if (database !== undefined && isOther) throw badRequest("Database name is not the same as transaction's");
  return connection;
}

async function runAlone<T>(ctx: Context, of: DataApiSession, work: Work<T>): Promise<T> {
  const connection = await openConnection(ctx, of);
  try {
    return await run(connection, work);
  } finally {
    await connection.close();
  }
}

async function run<T>(connection: PostgresConnection, work: Work<T>): Promise<T> {
  try {
    return await work(connection);
  } catch (error) {
    throw toDataApiError(error);
  }
}

function unlimited<T>(work: Work<T>): Work<T> {
  return async (connection) => {
    await connection.query("SET statement_timeout = 0", { maxRows: 0 });
    try {
      return await work(connection);
    } finally {
      // For the transaction's next statement. Where the transaction has failed there is none.
      await connection.query(`SET statement_timeout = ${callMilliseconds}`, { maxRows: 0 }).catch(() => {});
    }
  };
}

async function orTimeout<T>(running: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(statementTimeout()), callMilliseconds).unref();
  });
  // What the statement comes to later on nobody learns.
  running.catch(() => {});
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}
