import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import { methodNotAllowedForDeleteMarker, noSuchKey } from "./errors.ts";
import type { EventName } from "./event-messages.ts";
import { notifyOfRequest, versionEvent } from "./event-notifications.ts";
import {
  deleteMarkerHeaders,
  findVersion,
  type ObjectInput,
  type ObjectRow,
  requireObject,
  versionOutput,
} from "./object-rows.ts";
import { planChange } from "./replication-plan.ts";
import { storedTags, tagsOf, validTagSet } from "./tag-sets.ts";

export const objectTags = {
  async PutObjectTagging(ctx, input) {
    const tags = validTagSet(input.Tagging?.TagSet, "object");
    return storeTags(ctx, input, storedTags(tags), "ObjectTagging:Put");
  },

  async GetObjectTagging(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const object = await requireTagged(ctx, bucket, input);
    return { TagSet: tagsOf(object.tags), ...versionOutput(bucket, object) };
  },

  async DeleteObjectTagging(ctx, input) {
    return storeTags(ctx, input, null, "ObjectTagging:Delete");
  },
} satisfies Operations<typeof S3, Context>;

/** Of a current delete marker, as of everything else but a read of the object, S3 says what it is. */
async function requireTagged(ctx: Context, bucket: Bucket, input: ObjectInput) {
  const row = await findVersion(ctx.db, bucket, input);
  if (row === undefined && input.VersionId === undefined) throw noSuchKey(`${bucket.name}/${input.Key}`);
  refuseCurrentMarker(ctx, row, input);
  return requireObject(ctx, bucket, input);
}

function refuseCurrentMarker(ctx: Context, row: ObjectRow | undefined, { VersionId }: ObjectInput): void {
  if (row === undefined || row.is_delete_marker === 0 || VersionId !== undefined) return;
  throw methodNotAllowedForDeleteMarker(ctx.request.method, deleteMarkerHeaders(row));
}

interface TaggedInput extends ObjectInput {
  readonly Bucket: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
  readonly Tagging?: S3.Tagging | undefined;
}

async function storeTags(ctx: Context, input: TaggedInput, tags: string | null, event: EventName) {
  const bucket = await requireBucket(ctx, input);
  const object = await ctx.db.transaction().execute(async (trx) => {
    refuseCurrentMarker(ctx, await findVersion(trx, bucket, input), input);
    const object = await requireObject(ctx, bucket, input, trx);
    await planChange(ctx, trx, bucket, object);
    await trx.updateTable("s3_objects").set({ tags }).where("id", "=", object.id).execute();
    return object;
  });
  await notifyOfRequest(ctx, bucket, [versionEvent(event, bucket, object)]);
  return versionOutput(bucket, object);
}
