import type { Kysely } from "kysely";
import type { Database } from "../../db/database.ts";
import type { ServiceContext } from "../service-context.ts";

/** Milliseconds after which what no webhook took is tried anew, and after which it is given up. */
const pause = 60_000;
const longest = 24 * 60 * 60 * 1000;

/** A message for every webhook, and whom of the bucket's configuration it is meant for. */
export interface Notification {
  /** An ARN, or `eventbridge`. */
  readonly target: string;
  readonly body: string;
}

const ending = new WeakSet<ServiceContext["blobs"]>();
const retries = new WeakMap<ServiceContext["blobs"], Set<NodeJS.Timeout>>();

/** Keeps messages until they have arrived, and sends them: an end of the process meanwhile loses none. */
export async function sendNotifications(ctx: ServiceContext, notifications: readonly Notification[]): Promise<void> {
  const send = await keepNotifications(ctx, ctx.db, notifications);
  send();
}

/** The same within a transaction: returns what sends them, which is for after its commit. */
export async function keepNotifications(
  ctx: ServiceContext,
  db: Kysely<Database>,
  notifications: readonly Notification[],
): Promise<() => void> {
  if (notifications.length === 0) return () => {};
  const madeAt = ctx.now().getTime();
  const rows = await db
    .insertInto("s3_notifications")
    .values(notifications.map(({ target, body }) => ({ made_at: madeAt, target, body })))
    .returning("id")
    .execute();
  return () => {
    for (const [index, notification] of notifications.entries()) {
      const id = rows[index]?.id;
      if (id !== undefined) post(ctx, { id, made_at: madeAt, ...notification });
    }
  };
}

/** At start: sends what an earlier process has left. */
export async function resumeNotifications(ctx: ServiceContext): Promise<void> {
  if (ctx.webhooks.none) return;
  const oldest = ctx.now().getTime() - longest;
  await ctx.db.deleteFrom("s3_notifications").where("made_at", "<", oldest).execute();
  const rows = await ctx.db.selectFrom("s3_notifications").selectAll().orderBy("id").execute();
  for (const row of rows) post(ctx, row);
}

/** Before a reset. */
export function forgetNotifications({ blobs }: ServiceContext): void {
  for (const timer of retries.get(blobs) ?? []) clearTimeout(timer);
  retries.delete(blobs);
}

/** What has not arrived from now on is for the next start. */
export function endNotifications(ctx: ServiceContext): void {
  forgetNotifications(ctx);
  ending.add(ctx.blobs);
}

type Kept = Notification & { readonly id: number; readonly made_at: number };

function post(ctx: ServiceContext, row: Kept): void {
  ctx.webhooks.post({
    body: row.body,
    // The target's name may have characters that no header has.
    headers: { "x-localaws-target": encodeURI(row.target) },
    ended: (outcome) => ended(ctx, row, outcome),
  });
}

function ended(ctx: ServiceContext, row: Kept, outcome: "settled" | "failed"): void {
  if (outcome === "failed" && ending.has(ctx.blobs)) return;
  if (outcome === "failed" && ctx.now().getTime() - row.made_at < longest) {
    const timers = retries.get(ctx.blobs) ?? new Set();
    retries.set(ctx.blobs, timers);
    const timer = setTimeout(() => {
      timers.delete(timer);
      post(ctx, row);
    }, pause).unref();
    timers.add(timer);
    return;
  }
  ctx.background("s3 notifications", async () => {
    await ctx.db.deleteFrom("s3_notifications").where("id", "=", row.id).execute();
  });
}
