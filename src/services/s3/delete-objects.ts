import type * as S3 from "@aws-sdk/client-s3";
import type { Transaction } from "kysely";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { BlobId } from "../../blobs/blob-store.ts";
import type { Database } from "../../db/database.ts";
import type { LoggedAccess } from "../service.ts";
import type { Context } from "../service-context.ts";
import { logPart } from "./access-log.ts";
import { type Bucket, deleteAuthorizer, mayAlso, requireBucket } from "./bucket-access.ts";
import { requireIntegrity } from "./checksum-claims.ts";
import { checkDeleteCondition } from "./conditions.ts";
import { internalError, invalidArgument, malformedXml, noSuchVersion, notImplementedHeader } from "./errors.ts";
import type { ObjectEvent } from "./event-messages.ts";
import { keepEventsOfRequest } from "./event-notifications.ts";
import { checkDeletable, lockConfiguration } from "./object-lock.ts";
import {
  type Content,
  findVersion,
  isVersionId,
  nullVersion,
  objectKey,
  unreferencedBlobs,
  validateVersionId,
} from "./object-rows.ts";
import { keepPlans, plansForMarker } from "./replication-plan.ts";
import { commit } from "./transactions.ts";
import { insertDeleteMarker, removeObjects, removeVersion } from "./version-writes.ts";

const maxObjects = 1000;
/** What a header is told of DeleteObject is one of an element here. */
const unknownField = "A form field you provided implies functionality that is not implemented";

export const deleteObjects = {
  async DeleteObject(ctx, input) {
    // These two are for directory buckets.
    if (input.IfMatchLastModifiedTime !== undefined) throw notImplementedHeader("x-amz-if-match-last-modified-time");
    if (input.IfMatchSize !== undefined) throw notImplementedHeader("x-amz-if-match-size");
    return deleting(ctx, async (trx) => {
      const bucket = await requireBucket(ctx, input, trx);
      const { Key = "", VersionId, IfMatch, BypassGovernanceRetention } = input;
      if (BypassGovernanceRetention !== undefined) await requireLockableBucket(trx, bucket);
      const batch = newBatch(ctx, trx, bucket, input);
      return { batch, output: await remove(batch, { Key, VersionId, ETag: IfMatch }) };
    });
  },

  async DeleteObjects(ctx, input) {
    await requireBucket(ctx, input);
    const objects = input.Delete?.Objects ?? [];
    if (objects.length === 0 || objects.length > maxObjects) throw malformedXml();
    if (objects.some(({ Key }) => Key === undefined || Key === "")) throw malformedXml();
    requireIntegrity(ctx);
    const { bucket, outcomes, output } = await deleting(ctx, async (trx) => {
      const bucket = await requireBucket(ctx, input, trx);
      // AWS refuses the bypass in a bucket without Object Lock; S3's test suites clean up with it whatever a bucket has.
      const batch = newBatch(ctx, trx, bucket, input);
      const authorize = await deleteAuthorizer(ctx, bucket.name, trx);
      const deleted: S3.DeletedObject[] = [];
      const errors: S3._Error[] = [];
      const outcomes: Outcome[] = [];
      for (const object of objects) {
        const { Key, VersionId } = object;
        const named = { Key, ...(VersionId === undefined ? {} : { VersionId }) };
        try {
          if (VersionId !== undefined && !isVersionId(VersionId)) throw noSuchVersion(Key ?? "", VersionId);
          refuseOthersConditions(object);
          await authorize(object);
          const removed = await remove(batch, object);
          deleted.push({ ...named, ...deleteMarker(removed) });
          outcomes.push({ key: Key, versionId: removed.VersionId, status: 204, errorCode: undefined });
        } catch (error) {
          const { code, message, status } = refusalOf(ctx, object, error);
          errors.push({ ...named, Code: code, Message: code === "NotImplemented" ? unknownField : message });
          outcomes.push({ key: Key, versionId: VersionId, status, errorCode: code });
        }
      }
      const output = { Errors: errors, ...(input.Delete?.Quiet === true ? {} : { Deleted: deleted }) };
      return { batch, output: { bucket, outcomes, output } };
    });
    for (const outcome of outcomes) {
      logPart(ctx, bucket, { operation: "BATCH.DELETE.OBJECT", objectSize: undefined, ...outcome });
    }
    return output;
  },
} satisfies Operations<typeof S3, Context>;

/** A condition that was not looked at would let go what is to be kept: these two are for directory buckets. */
function refuseOthersConditions({ LastModifiedTime, Size }: S3.ObjectIdentifier): void {
  if (LastModifiedTime !== undefined) throw notImplementedHeader("x-amz-if-match-last-modified-time");
  if (Size !== undefined) throw notImplementedHeader("x-amz-if-match-size");
}

/** A row that cannot be read keeps none of the other keys from being deleted. */
function refusalOf({ log }: Context, { Key, VersionId }: S3.ObjectIdentifier, error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  if (!(error instanceof SyntaxError)) throw error;
  log.error({ err: error, key: Key, version: VersionId }, "the row of an S3 object cannot be read");
  return internalError();
}

/** What became of one key, for the access log. */
type Outcome = Pick<LoggedAccess, "key" | "versionId" | "status" | "errorCode">;

/** Deletes within one transaction. */
interface Batch {
  readonly ctx: Context;
  readonly trx: Transaction<Database>;
  readonly bucket: Bucket;
  /** Whether GOVERNANCE is to give way. */
  readonly bypass: boolean;
  /** Objects of a bucket that never had versioning: all go in one statement. */
  readonly keys: Buffer[];
  /** What the versions held that are gone already. */
  readonly contents: Content[];
  /** What there will be to tell. */
  readonly events: ObjectEvent[];
}

function newBatch(
  ctx: Context,
  trx: Transaction<Database>,
  bucket: Bucket,
  input: { readonly BypassGovernanceRetention?: boolean | undefined },
): Batch {
  return { ctx, trx, bucket, bypass: input.BypassGovernanceRetention === true, keys: [], contents: [], events: [] };
}

async function requireLockableBucket(trx: Transaction<Database>, bucket: Bucket): Promise<void> {
  if ((await lockConfiguration(trx, bucket)) !== undefined) return;
  throw invalidArgument(
    "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
    "x-amz-bypass-governance-retention",
  );
}

/** Deletes in one transaction, which keeps what is to be told of it. */
async function deleting<Output>(
  ctx: Context,
  work: (trx: Transaction<Database>) => Promise<{ batch: Batch; output: Output }>,
): Promise<Output> {
  return commit(ctx, async (trx) => {
    const { batch, output } = await work(trx);
    const unreferenced = await finish(batch);
    const committed = await keepEventsOfRequest(ctx, trx, batch.bucket, batch.events);
    return { result: output, unreferenced, committed };
  });
}

/** Returns the blobs that nothing refers to any more. */
async function finish({ trx, bucket, keys, contents, events }: Batch): Promise<BlobId[]> {
  const removed = await removeObjects(trx, bucket, keys);
  for (const { key } of removed) events.push({ name: "ObjectRemoved:Delete", key: key.toString() });
  return unreferencedBlobs(trx, [...contents, ...removed]);
}

/** What DeleteObject answers: the version that is gone, or the delete marker that was made. */
interface Removed {
  readonly VersionId?: string;
  readonly DeleteMarker?: true;
}

const noConditionOfVersions =
  "Conditional delete operations are not allowed when a version ID is included in the request parameters.";

/** Deleting what is not there is no error, unless a condition says that it must be. */
async function remove(batch: Batch, { Key = "", VersionId, ETag }: S3.ObjectIdentifier): Promise<Removed> {
  const { ctx, trx, bucket } = batch;
  const key = objectKey({ Key });
  // Conditions are of the current version alone (decision 0150).
  if (ETag !== undefined && VersionId !== undefined) throw notImplementedHeader("If-Match", noConditionOfVersions);
  if (VersionId !== undefined) validateVersionId(VersionId);
  if (ETag !== undefined) checkDeleteCondition({ Key, IfMatch: ETag }, await findVersion(trx, bucket, { Key }));
  if (bucket.versioning === null) {
    if (VersionId === undefined || VersionId === nullVersion) batch.keys.push(key);
    return VersionId === undefined ? {} : { VersionId };
  }
  if (VersionId === undefined) {
    const { versionId, replaced } = await insertDeleteMarker(ctx, trx, bucket, key);
    batch.contents.push(...replaced);
    const marker = { bucket_id: bucket.id, key, version_id: versionId };
    await keepPlans(ctx, trx, marker, await plansForMarker(trx, bucket, key));
    batch.events.push({ name: "ObjectRemoved:DeleteMarkerCreated", key: key.toString(), versionId });
    return { VersionId: versionId, DeleteMarker: true };
  }
  const row = await findVersion(trx, bucket, { Key, VersionId });
  if (row === undefined) return { VersionId };
  const bypass =
    batch.bypass &&
    (await mayAlso(ctx, bucket, { operation: "BypassGovernanceRetention", target: { Key, VersionId }, db: trx }));
  checkDeletable(ctx, row.attributes, bypass);
  batch.contents.push(await removeVersion(trx, bucket, row));
  batch.events.push({ name: "ObjectRemoved:Delete", key: key.toString(), versionId: VersionId });
  return { VersionId, ...(row.is_delete_marker === 0 ? {} : { DeleteMarker: true }) };
}

/** DeleteObjects tells the version that was named from that of the delete marker, made or removed. */
function deleteMarker({ DeleteMarker, VersionId }: Removed): S3.DeletedObject {
  return DeleteMarker === undefined ? {} : { DeleteMarker, DeleteMarkerVersionId: VersionId };
}
