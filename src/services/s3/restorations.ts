import type * as S3 from "@aws-sdk/client-s3";
import { sql } from "kysely";
import type { ServiceContext } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import { notify, serviceCause, versionEvent } from "./event-notifications.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import { isReadable, type ObjectRow } from "./object-rows.ts";
import { customerId } from "./owner.ts";

/** The temporary copy of an archived version, among its attributes; ISO 8601. */
export interface Restoration {
  /** Until then the restore goes on. */
  readonly readyAt: string;
  /** From then on it is as if there had been none. */
  readonly expiresAt: string;
  /** How fast it goes: another restore may only be faster. */
  readonly tier?: S3.Tier;
  /** For how many days it was asked; unknown of an older one. */
  readonly days?: number;
  /** Whether its completion has been told, or nobody is there to be told. */
  readonly told?: true;
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

/** Tells that a restore has been completed, when it is. */
export function notifyWhenReady(ctx: ServiceContext, id: number, { readyAt }: Restoration): void {
  if (ctx.webhooks.none) return;
  const timers = waiting.get(ctx.blobs) ?? new Set();
  waiting.set(ctx.blobs, timers);
  const timer = setTimeout(
    () => {
      timers.delete(timer);
      ctx.background("s3 restore", () => notifyOfRestore(ctx, id, readyAt));
    },
    Math.max(0, new Date(readyAt).getTime() - ctx.now().getTime()) + 1,
  ).unref();
  timers.add(timer);
}

/** Before the end, and before a reset. */
export function forgetRestores({ blobs }: ServiceContext): void {
  for (const timer of waiting.get(blobs) ?? []) clearTimeout(timer);
  waiting.delete(blobs);
}

/** The versions of archives that have, or had, a restored copy. */
async function restoredVersions({ db, log }: ServiceContext): Promise<ObjectRow[]> {
  // The literals are those of the index over what is archived.
  const rows = await db
    .selectFrom("s3_objects")
    .selectAll()
    .where("storage_class", "in", [sql.lit("GLACIER"), sql.lit("DEEP_ARCHIVE")])
    .where("attributes", "like", '%"Restoration":%')
    .execute();
  return rows.filter((row) => {
    const readable = isReadable(row);
    if (!readable) log.error({ id: row.id, key: row.key.toString() }, "the row of an S3 object cannot be read");
    return readable;
  });
}

/** At start: goes on with the restores of an earlier process. */
export async function resumeRestores(ctx: ServiceContext): Promise<void> {
  if (ctx.webhooks.none) return;
  for (const row of await restoredVersions(ctx)) {
    const restoration = restorationOf(row, ctx.now());
    if (restoration !== undefined && restoration.told !== true) notifyWhenReady(ctx, row.id, restoration);
  }
}

/** Removes the restored copies whose time is over, and tells of it. */
export async function expireRestores(ctx: ServiceContext): Promise<void> {
  for (const { id } of await restoredVersions(ctx)) {
    const expired = await changeRestoration(ctx, id, (row) => (restorationOf(row, ctx.now()) ? "keep" : undefined));
    if (expired === undefined) continue;
    const { bucket, object } = expired;
    const event = { ...versionEvent("ObjectRestore:Delete", bucket, object), storageClass: object.storage_class };
    await notify(ctx, bucket, () => serviceCause(ctx), [event]);
  }
}

async function notifyOfRestore(ctx: ServiceContext, id: number, readyAt: string): Promise<void> {
  const done = await changeRestoration(ctx, id, (row) => {
    const restoration = restorationOf(row, ctx.now());
    // One that has become faster meanwhile is told by another timer.
    const isThis = restoration?.readyAt === readyAt && restoration.told !== true;
    return restoration !== undefined && isThis ? { ...restoration, told: true } : "keep";
  });
  if (done === undefined) return;
  const { bucket, object } = done;
  const cause = () => serviceCause(ctx, `AmazonCustomer:${customerId(bucket.account_id)}`);
  const event = versionEvent("ObjectRestore:Completed", bucket, object);
  const expiresAt = metadataOf(object).Restoration?.expiresAt ?? "";
  await notify(ctx, bucket, cause, [{ ...event, storageClass: object.storage_class, expiresAt }]);
}

/** Replaces or removes what a version says of its restored copy. Undefined where it is kept, or the version is gone. */
async function changeRestoration(
  ctx: ServiceContext,
  id: number,
  change: (row: ObjectRow) => Restoration | undefined | "keep",
): Promise<{ bucket: Bucket; object: ObjectRow } | undefined> {
  return ctx.db.transaction().execute(async (trx) => {
    const object = await trx.selectFrom("s3_objects").selectAll().where("id", "=", id).executeTakeFirst();
    const changed = object === undefined ? "keep" : change(object);
    if (object === undefined || changed === "keep") return undefined;
    const { Restoration: _restoration, ...others } = metadataOf(object);
    const attributes = JSON.stringify({ ...others, ...(changed && { Restoration: changed }) });
    await trx.updateTable("s3_objects").set({ attributes }).where("id", "=", id).execute();
    const bucket = await trx.selectFrom("buckets").selectAll().where("id", "=", object.bucket_id).executeTakeFirst();
    return bucket && { bucket, object };
  });
}
