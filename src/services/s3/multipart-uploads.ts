import type * as S3 from "@aws-sdk/client-s3";
import type { Transaction } from "kysely";
import type { Operations } from "../../aws/operations.ts";
import type { BlobId } from "../../blobs/blob-store.ts";
import type { Database } from "../../db/database.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import { requireAlgorithm } from "./checksum-claims.ts";
import { isCombinable } from "./crc-combine.ts";
import { invalidArgument, invalidRequest, notImplementedHeader } from "./errors.ts";
import { type KeyEncoder, keyEncoder } from "./key-encoding.ts";
import { abortOutput } from "./lifecycle-configurations.ts";
import { commonPrefixesOutput, pageSize, positionAfter } from "./list-objects.ts";
import { listPage, type Position } from "./listing.ts";
import { newOwnership, ownersOf } from "./object-access.ts";
import { contextOutput, encryptionOutput, newEncryption, requireVersion4 } from "./object-encryption.ts";
import { newLock } from "./object-lock.ts";
import { objectMetadata, storageClass } from "./object-metadata.ts";
import { deleteParts, findVersion, liveId, objectKey } from "./object-rows.ts";
import { owner } from "./owner.ts";
import { parseTaggingHeader, storedTags } from "./tag-sets.ts";
import { commit } from "./transactions.ts";
import { findCompleted, requireUpload, type UploadRow, uploadChecksum } from "./upload-rows.ts";
import { isUploadId, newUploadId } from "./version-ids.ts";

export const multipartUploads = {
  async CreateMultipartUpload(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const now = ctx.now();
    const encryption = await newEncryption(ctx, bucket, input);
    requireVersion4(ctx, encryption);
    const lock = await newLock(ctx, bucket, input);
    const upload: UploadRow = {
      id: newUploadId(ctx, now),
      bucket_id: bucket.id,
      key: objectKey(input),
      initiated: now.setMilliseconds(0),
      initiator: ctx.principal.arn,
      storage_class: storageClass(input.StorageClass),
      ...requestedChecksum(input),
      tags: storedTags(parseTaggingHeader(input.Tagging)),
      attributes: JSON.stringify({ ...objectMetadata(ctx, input), ...encryption, ...lock }),
      replaces: liveId(await findVersion(ctx.db, bucket, { Key: input.Key })),
      ...(await newOwnership(ctx, bucket, input)),
    };
    await ctx.db.transaction().execute(async (trx) => {
      await requireBucket(ctx, input, trx);
      await trx.insertInto("s3_uploads").values(upload).execute();
    });
    return {
      Bucket: bucket.name,
      Key: input.Key,
      UploadId: upload.id,
      ...(await abortOutput(ctx, bucket, upload)),
      ...encryptionOutput(encryption),
      ...contextOutput(input),
      ...uploadChecksum(upload),
    };
  },

  async AbortMultipartUpload(ctx, input) {
    // For directory buckets.
    if (input.IfMatchInitiatedTime !== undefined) throw notImplementedHeader("x-amz-if-match-initiated-time");
    return commit(ctx, async (trx) => {
      const bucket = await requireBucket(ctx, input, trx);
      // Nothing is left to abort of what was completed (decision 0150).
      if ((await findCompleted(trx, bucket, input)) !== undefined) return { result: {}, unreferenced: [] };
      const { id } = await requireUpload(trx, bucket, input);
      await trx.deleteFrom("s3_uploads").where("id", "=", id).execute();
      return { result: {}, unreferenced: await deleteParts(trx, [id]) };
    });
  },

  async ListMultipartUploads(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const encode = keyEncoder(input.EncodingType);
    const limit = pageSize(input.MaxUploads, "max-uploads");
    const uploads = ctx.db.selectFrom("s3_uploads").selectAll().where("bucket_id", "=", bucket.id);
    const page = await listPage({
      prefix: Buffer.from(input.Prefix ?? ""),
      delimiter: Buffer.from(input.Delimiter ?? ""),
      limit,
      start: await startOf(ctx, bucket, input),
      fetch: ({ from, inclusive, afterId }, end, count) =>
        uploads
          .where("key", inclusive || afterId !== undefined ? ">=" : ">", from)
          .$if(afterId !== undefined, (query) =>
            query.where((eb) => eb.or([eb("key", ">", from), eb("id", ">", afterId ?? "")])),
          )
          .$if(end !== undefined, (query) => query.where("key", "<", end ?? from))
          .orderBy("key")
          .orderBy("id")
          .limit(count)
          .execute(),
    });
    const ownerOf = await ownersOf(ctx, bucket, page.rows);
    const { Prefix, ...common } = commonPrefixesOutput(input, page, encode);
    const lastRow = page.rows.at(-1);
    return {
      Bucket: bucket.name,
      KeyMarker: encode(input.KeyMarker ?? ""),
      UploadIdMarker: input.KeyMarker ? (input.UploadIdMarker ?? "") : "",
      // Where nothing follows, the markers are those of the last upload, whatever prefix comes after it.
      NextKeyMarker: encode((page.next === undefined ? lastRow?.key : page.last)?.toString() ?? ""),
      NextUploadIdMarker: page.next === undefined ? (lastRow?.id ?? "") : (page.next.afterId ?? ""),
      MaxUploads: limit,
      ...common,
      ...(input.Prefix === undefined ? {} : { Prefix }),
      Uploads: page.rows.map((upload) => ({ ...toMultipartUpload(upload, encode), Owner: ownerOf(upload) })),
    };
  },
} satisfies Operations<typeof S3, Context>;

/** Ends all uploads of a bucket that is being deleted. Returns their blobs, which nothing refers to any more. */
export async function removeBucketUploads(trx: Transaction<Database>, bucket: Bucket): Promise<BlobId[]> {
  const uploads = await trx.deleteFrom("s3_uploads").where("bucket_id", "=", bucket.id).returning("id").execute();
  const blobs: BlobId[] = [];
  for (const { id } of uploads) blobs.push(...(await deleteParts(trx, [id])));
  return blobs;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html#ChecksumTypes */
function requestedChecksum(input: { ChecksumAlgorithm?: string | undefined; ChecksumType?: string | undefined }) {
  const { ChecksumAlgorithm, ChecksumType } = input;
  if (ChecksumAlgorithm === undefined) {
    if (ChecksumType === undefined) return { checksum_algorithm: null, checksum_type: null };
    throw invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
  }
  const { name } = requireAlgorithm(ChecksumAlgorithm);
  const type = ChecksumType ?? (name === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  if (type !== "FULL_OBJECT" && type !== "COMPOSITE") {
    throw invalidRequest("Value for x-amz-checksum-type header is invalid.");
  }
  if (type === "FULL_OBJECT" ? !isCombinable(name) : name === "CRC64NVME") {
    throw invalidRequest(`The ${type} checksum type cannot be used with the ${name.toLowerCase()} checksum algorithm.`);
  }
  return { checksum_algorithm: name, checksum_type: type };
}

async function startOf(
  ctx: Context,
  bucket: Bucket,
  { KeyMarker, UploadIdMarker }: S3.ListMultipartUploadsRequest,
): Promise<Position> {
  const start = positionAfter(KeyMarker);
  if (KeyMarker === undefined || KeyMarker === "" || UploadIdMarker === undefined || UploadIdMarker === "")
    return start;
  const upload = await ctx.db
    .selectFrom("s3_uploads")
    .select("key")
    .where("id", "=", UploadIdMarker)
    .where("bucket_id", "=", bucket.id)
    .executeTakeFirst();
  // One that has ended since the last page is still a marker; one of another key is none.
  const ofAnother = upload !== undefined && !upload.key.equals(Buffer.from(KeyMarker));
  if (ofAnother || !isUploadId(UploadIdMarker)) {
    throw invalidArgument("Invalid uploadId marker", "upload-id-marker", UploadIdMarker);
  }
  return { ...start, afterId: UploadIdMarker };
}

function toMultipartUpload(upload: UploadRow, encode: KeyEncoder): S3.MultipartUpload {
  return {
    UploadId: upload.id,
    Key: encode(upload.key.toString()),
    Initiated: new Date(upload.initiated),
    StorageClass: upload.storage_class as S3.StorageClass,
    Initiator: initiatorOf(upload),
    ...uploadChecksum(upload),
  };
}

/** The root of an account goes by its canonical id, everybody else by an ARN. */
export function initiatorOf({ initiator }: UploadRow): S3.Initiator {
  return initiator === "" || initiator.endsWith(":root") ? owner(initiator.split(":")[4] ?? "") : { ID: initiator };
}
