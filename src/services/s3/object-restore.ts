import type * as S3 from "@aws-sdk/client-s3";
import type { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import {
  invalidArgument,
  malformedXml,
  restoreAlreadyInProgress,
  restoreNotAllowed,
  retrievalNotSupported,
  selectNotAllowed,
} from "./errors.ts";
import { notifyOfRequest, versionEvent } from "./event-notifications.ts";
import { lastMoment } from "./lifecycle-evaluation.ts";
import { archiveOf } from "./object-metadata.ts";
import { isReadable, type ObjectRow, requireObject, versionOutput } from "./object-rows.ts";
import { isReady, metadataOf, notifyWhenReady, type Restoration, restorationOf } from "./restorations.ts";
import { requireInts } from "./whole-numbers.ts";

/**
 * How long a restore takes, in hours, at most. Here an hour lasts a second: who waits for a restore sees it going on, and need
 * not wait for half a day. https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
 */
const hours: Readonly<Record<"GLACIER" | "DEEP_ARCHIVE", Partial<Record<S3.Tier, number>>>> = {
  GLACIER: { Expedited: 5 / 60, Standard: 5, Bulk: 12 },
  DEEP_ARCHIVE: { Standard: 12, Bulk: 48 },
};
const hourMilliseconds = 1000;

export const objectRestore = {
  async RestoreObject(ctx, input) {
    const { bucket, object, restoration, again } = await ctx.db.transaction().execute(async (trx) => {
      const bucket = await requireBucket(ctx, input, trx);
      const object = await requireObject(ctx, bucket, input, trx);
      const archive = archiveOf(object.storage_class);
      if (archive === undefined) throw restoreNotAllowed(object.storage_class);
      const { days, tier } = validRequest(input.RestoreRequest);
      const duration = hours[archive][tier];
      if (duration === undefined) throw retrievalNotSupported();

      const now = ctx.now().getTime();
      const current = restorationOf(object, ctx.now());
      const ready = current !== undefined && isReady(current, ctx.now());
      if (current !== undefined && !ready) requireFaster(archive, current, { days, tier });
      const midnight = new Date(midnightAfter(now, days, ctx.config.lifecycleDay)).toISOString();
      const restoration: Restoration = ready
        ? { ...current, expiresAt: midnight }
        : {
            readyAt: new Date(now + duration * hourMilliseconds).toISOString(),
            // One that becomes faster is kept as long as it would have been.
            expiresAt: current?.expiresAt ?? midnight,
            ...{ days, tier },
            ...(ctx.webhooks.none && { told: true }),
          };
      const attributes = JSON.stringify({ ...metadataOf(object), Restoration: restoration });
      await trx.updateTable("s3_objects").set({ attributes }).where("id", "=", object.id).execute();
      return { bucket, object, restoration, again: ready };
    });
    const { VersionId } = versionOutput(bucket, object);
    const httpHeaders = VersionId === undefined ? {} : { "x-amz-version-id": VersionId };
    // A copy that is there already is only kept for longer.
    if (again) return { $metadata: { httpStatusCode: 200, httpHeaders } };
    const storageClass = object.storage_class;
    await notifyOfRequest(ctx, bucket, [{ ...versionEvent("ObjectRestore:Post", bucket, object), storageClass }]);
    notifyWhenReady(ctx, object.id, restoration);
    return { $metadata: { httpStatusCode: 202, httpHeaders } };
  },
} satisfies Operations<typeof S3, Context>;

/** In the order of the recordings (decision 0161). @throws MalformedXML, MethodNotAllowed, InvalidArgument */
function validRequest({
  Days,
  GlacierJobParameters,
  Tier,
  Type,
  SelectParameters,
  OutputLocation,
}: S3.RestoreRequest = {}): { days: number; tier: S3.Tier } {
  if (Type === "SELECT") throw selectNotAllowed();
  if ((Type ?? Tier ?? SelectParameters ?? OutputLocation) !== undefined) throw malformedXml();
  if (Days === undefined) throw malformedXml();
  requireInts(Days);
  if (Days < 1) throw invalidArgument("restoration days should be at least 1", "Days", Days);
  const tier = GlacierJobParameters?.Tier ?? "Standard";
  if (!["Standard", "Bulk", "Expedited"].includes(tier)) throw malformedXml();
  return { days: Days, tier };
}

/**
 * A restore that goes on can be made faster, by another of a faster tier for the same days. @throws RestoreAlreadyInProgress
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-upgrade-restore-tier.html
 */
function requireFaster(
  archive: keyof typeof hours,
  current: Restoration,
  { days, tier }: { days: number; tier: S3.Tier },
): void {
  if (current.days !== undefined && current.days !== days) throw restoreAlreadyInProgress();
  const [before, after] = [hours[archive][current.tier ?? "Standard"] ?? 0, hours[archive][tier] ?? 0];
  if (after >= before) throw restoreAlreadyInProgress();
}

/** S3 rounds up to the next midnight, UTC; `day` is a day in milliseconds, which tests shorten. */
function midnightAfter(now: number, days: number, day: number): number {
  return Math.min((Math.floor(now / day) + days + 1) * day, lastMoment);
}

/** @throws InvalidObjectState for an archived version without a restored copy */
export function requireReadable(ctx: Context, object: ObjectRow, refuse: (storageClass: string) => AwsError): void {
  if (archiveOf(object.storage_class) === undefined) return;
  const restoration = restorationOf(object, ctx.now());
  if (restoration === undefined || !isReady(restoration, ctx.now())) throw refuse(object.storage_class);
}

/** The header `x-amz-restore`. https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html */
export function restoreOutput(ctx: Context, object: ObjectRow): { Restore?: string } {
  if (archiveOf(object.storage_class) === undefined) return {};
  const restoration = restorationOf(object, ctx.now());
  if (restoration === undefined) return {};
  if (!isReady(restoration, ctx.now())) return { Restore: 'ongoing-request="true"' };
  const expiry = new Date(restoration.expiresAt).toUTCString();
  return { Restore: `ongoing-request="false", expiry-date="${expiry}"` };
}

/** The same in a listing, for who asks for it. */
export function restoreStatus(
  ctx: Context,
  object: { readonly storage_class: string; readonly attributes?: string | undefined },
): { RestoreStatus?: S3.RestoreStatus } {
  const { attributes } = object;
  if (attributes === undefined || archiveOf(object.storage_class) === undefined) return {};
  // One row that cannot be read does not hide all the others.
  if (!isReadable({ attributes, tags: null })) return {};
  const restoration = restorationOf({ attributes }, ctx.now());
  if (restoration === undefined) return {};
  const ready = isReady(restoration, ctx.now());
  return {
    RestoreStatus: {
      IsRestoreInProgress: !ready,
      ...(ready ? { RestoreExpiryDate: new Date(restoration.expiresAt) } : {}),
    },
  };
}
