import type { ServiceContext } from "../service-context.ts";
import type { SqlSession } from "./sql-session.ts";

/** Milliseconds without a call, and of all: https://docs.aws.amazon.com/rdsdataservice/latest/APIReference/API_BeginTransaction.html */
const idleLimit = 3 * 60 * 1000;
const ageLimit = 24 * 60 * 60 * 1000;

/** A transaction that calls may take part in; its session is in it. */
export interface OpenTransaction {
  readonly session: SqlSession;
  readonly clusterResourceId: string;
  readonly username: string;
  readonly database: string | undefined;
}

interface Kept {
  readonly transaction: OpenTransaction;
  readonly endsAt: number;
  calls: number;
  timer?: NodeJS.Timeout;
}

const open = new WeakMap<ServiceContext["databases"], Map<string, Kept>>();

export function keepTransaction(ctx: ServiceContext, id: string, transaction: OpenTransaction): void {
  const kept: Kept = { transaction, endsAt: ctx.now().getTime() + ageLimit, calls: 0 };
  const all = open.get(ctx.databases) ?? new Map<string, Kept>();
  open.set(ctx.databases, all.set(id, kept));
  watch(ctx, id, kept);
}

export function findTransaction(ctx: ServiceContext, id: string): OpenTransaction | undefined {
  return open.get(ctx.databases)?.get(id)?.transaction;
}

/** A transaction does not expire while a call of it runs. */
export async function whileUsed<T>(ctx: ServiceContext, id: string, work: () => Promise<T>): Promise<T> {
  const kept = open.get(ctx.databases)?.get(id);
  if (kept === undefined) return await work();
  kept.calls++;
  clearTimeout(kept.timer);
  try {
    return await work();
  } finally {
    kept.calls--;
    if (kept.calls === 0) watch(ctx, id, kept);
  }
}

/** Whoever takes it ends it. */
export function takeTransaction(ctx: ServiceContext, id: string): OpenTransaction | undefined {
  const all = open.get(ctx.databases);
  const kept = all?.get(id);
  clearTimeout(kept?.timer);
  all?.delete(id);
  return kept?.transaction;
}

/** All of them; the servers roll them back. */
export async function endTransactions(ctx: ServiceContext): Promise<void> {
  const ids = [...(open.get(ctx.databases)?.keys() ?? [])];
  await Promise.all(ids.map((id) => takeTransaction(ctx, id)?.session.close()));
}

function watch(ctx: ServiceContext, id: string, kept: Kept): void {
  if (open.get(ctx.databases)?.get(id) !== kept) return;
  const left = Math.min(idleLimit, kept.endsAt - ctx.now().getTime());
  kept.timer = setTimeout(() => {
    const expired = takeTransaction(ctx, id);
    ctx.background("rds-data expired transaction", async () => await expired?.session.close());
  }, left).unref();
}
