import type { ServiceContext } from "../service-context.ts";
import { notify, serviceCause, versionEvent } from "./event-notifications.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import type { ObjectRow } from "./object-rows.ts";
import { customerId } from "./owner.ts";

/** The temporary copy of an archived version, among its attributes; ISO 8601. */
export interface Restoration {
  /** Until then the restore goes on. */
  readonly readyAt: string;
  /** From then on it is as if there had been none. */
  readonly expiresAt: string;
}

export function metadataOf({ attributes }: Pick<ObjectRow, "attributes">): ObjectMetadata {
  return JSON.parse(attributes) as ObjectMetadata;
}

/** The restore that goes on, or the copy that is there; undefined where there is none any more. */
export function restorationOf(object: Pick<ObjectRow, "attributes">, now: Date): Restoration | undefined {
  const { Restoration: restoration } = metadataOf(object);
  return restoration !== undefined && new Date(restoration.expiresAt) > now ? restoration : undefined;
}

export function isReady({ readyAt }: Restoration, now: Date): boolean {
  return new Date(readyAt) <= now;
}

const waiting = new WeakMap<ServiceContext["blobs"], Set<NodeJS.Timeout>>();

/** Tells that a restore has been completed, when it is: a restart forgets it. */
export function notifyWhenReady(ctx: ServiceContext, { id }: ObjectRow, { readyAt }: Restoration): void {
  if (ctx.webhooks.none) return;
  const timers = waiting.get(ctx.blobs) ?? new Set();
  waiting.set(ctx.blobs, timers);
  const timer = setTimeout(
    () => {
      timers.delete(timer);
      ctx.background("s3 restore", () => notifyOfRestore(ctx, id));
    },
    new Date(readyAt).getTime() - ctx.now().getTime() + 1,
  ).unref();
  timers.add(timer);
}

/** Before the end, and before a reset. */
export function forgetRestores({ blobs }: ServiceContext): void {
  for (const timer of waiting.get(blobs) ?? []) clearTimeout(timer);
  waiting.delete(blobs);
}

async function notifyOfRestore(ctx: ServiceContext, id: number): Promise<void> {
  const object = await ctx.db.selectFrom("s3_objects").selectAll().where("id", "=", id).executeTakeFirst();
  const restoration = object && restorationOf(object, ctx.now());
  if (object === undefined || restoration === undefined) return;
  const bucket = await ctx.db.selectFrom("buckets").selectAll().where("id", "=", object.bucket_id).executeTakeFirst();
  if (bucket === undefined) return;
  const cause = () => serviceCause(ctx, `AmazonCustomer:${customerId(bucket.account_id)}`);
  const event = versionEvent("ObjectRestore:Completed", bucket, object);
  await notify(ctx, bucket, cause, [
    { ...event, storageClass: object.storage_class, expiresAt: restoration.expiresAt },
  ]);
}
