import type { Context } from "../service-context.ts";
import { requireCluster } from "./clusters.ts";
import { readCredentials } from "./credentials.ts";
import { badRequest, databaseUnavailable, statementTimeout, toDataApiError, transactionNotFound } from "./errors.ts";
import { mysqlSession } from "./mysql-session.ts";
import { findTransaction, whileUsed } from "./open-transactions.ts";
import { postgresSession } from "./postgres-session.ts";
import type { SqlSession } from "./sql-session.ts";

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.calling.html: a call that takes longer has failed. */
const callMilliseconds = 45_000;

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
export async function openSession(ctx: Context, of: DataApiSession): Promise<SqlSession> {
  const { cluster, credentials, database } = of;
  if (ctx.databases.kind === "records") throw databaseUnavailable();
  const server = { host: "127.0.0.1", port: cluster.port, ...credentials, ...(database !== undefined && { database }) };
  const timeoutMs = callMilliseconds;
  try {
    return cluster.dialect === "mysql"
      ? await mysqlSession(
          await ctx.connectSql({ ...server, dialect: "mysql" }, { timeoutMs, oneStatement: true }),
          timeoutMs,
        )
      : await postgresSession(await ctx.connectSql({ ...server, dialect: "postgres" }, { timeoutMs }), timeoutMs);
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

type Work<T> = (session: SqlSession) => Promise<T>;

/** Runs what a call asks for: in its transaction, or by a connection of its own. @throws AwsError */
export async function withSession<T>(ctx: Context, call: Call, work: Work<T>): Promise<T> {
  const of = await resolveSession(ctx, call);
  const patient = call.continueAfterTimeout === true ? unlimited(work) : work;
  const { transactionId } = call;
  const begin = () =>
    transactionId === undefined
      ? runAlone(ctx, of, patient)
      : whileUsed(ctx, transactionId, () => run(transactionOf(ctx, transactionId, call, of), patient));
  return await (call.continueAfterTimeout === true ? orTimeout(begin()) : begin());
}

function transactionOf(ctx: Context, id: string, { database }: Call, of: DataApiSession): SqlSession {
  const { session, isOther } = requireTransaction(ctx, id, of);
  if (database !== undefined && isOther) throw badRequest("Database name is not the same as transaction's");
  return session;
}

async function runAlone<T>(ctx: Context, of: DataApiSession, work: Work<T>): Promise<T> {
  const session = await openSession(ctx, of);
  try {
    return await run(session, work);
  } finally {
    await session.close();
  }
}

async function run<T>(session: SqlSession, work: Work<T>): Promise<T> {
  try {
    return await work(session);
  } catch (error) {
    throw toDataApiError(error);
  }
}

function unlimited<T>(work: Work<T>): Work<T> {
  return async (session) => {
    await session.limit(false);
    try {
      return await work(session);
    } finally {
      // For the transaction's next statement. Where the transaction has failed there is none.
      await session.limit(true).catch(() => {});
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
