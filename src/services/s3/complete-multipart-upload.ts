import { createHash } from "node:crypto";
import type * as S3 from "@aws-sdk/client-s3";
import type { Transaction } from "kysely";
import { type ChecksumName, createChecksum } from "../../aws/checksum.ts";
import { objectLocation } from "../../aws/object-location.ts";
import type { Operations } from "../../aws/operations.ts";
import type { BlobId } from "../../blobs/blob-store.ts";
import type { Database } from "../../db/database.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import { type ChecksumKind, checksumOutput, headerClaim } from "./checksum-claims.ts";
import { validateWriteConditions } from "./conditions.ts";
import { combineCrcs } from "./crc-combine.ts";
import { type CustomerKey, requireCompletionKey } from "./customer-keys.ts";
import { badDigest, conditionalRequestConflict, invalidRequest, malformedXml, noSuchUpload } from "./errors.ts";
import { createdEvent, keepEventsOfRequest } from "./event-notifications.ts";
import { expirationOutput } from "./lifecycle-configurations.ts";
import { listedParts } from "./listed-parts.ts";
import { storedEncryption } from "./object-encryption.ts";
import { deleteParts, findVersion, liveId, type NewVersion, type ObjectRow, versionOutput } from "./object-rows.ts";
import { checkWrite } from "./object-writes.ts";
import { type PartRow, partChecksums } from "./part-rows.ts";
import { commit } from "./transactions.ts";
import { laterVersions, moveBehind } from "./upload-precedence.ts";
import { algorithmOf, findCompleted, findUpload, type UploadRow } from "./upload-rows.ts";
import { beginningOf } from "./version-ids.ts";
import { insertVersion } from "./version-writes.ts";

export const completeMultipartUpload = {
  async CompleteMultipartUpload(ctx, input) {
    await requireBucket(ctx, input);
    validateWriteConditions(input);
    const parts = input.MultipartUpload?.Parts;
    if (parts === undefined || parts.length === 0) throw malformedXml();
    const { bucket, object, output } = await commit<Completed>(ctx, async (trx) => {
      const bucket = await requireBucket(ctx, input, trx);
      const upload = await findUpload(trx, bucket, input);
      if (upload === undefined) {
        const output = await completedBefore(ctx, trx, bucket, input);
        return { result: { bucket, object: undefined, output }, unreferenced: [] };
      }

      // 1. Check the parts against what was uploaded, then the object against what the request says of it.
      const key = requireCompletionKey(storedEncryption(upload.attributes), input, upload.checksum_algorithm !== null);
      const rows = await partsOf(trx, upload.id);
      const listed = listedParts(upload, rows, parts);
      const object = newObject(upload, listed);
      checkObject(input, upload, object);
      await checkWrite(trx, bucket, input);
      await refuseConflict(trx, bucket, input, upload);
      // 2. Drop the parts that are not listed, and place those that are.
      const dropped = await dropUnlisted(trx, upload.id, rows, listed);
      await placeParts(trx, upload.id);
      // 3. The parts become the content of the object.
      await trx.deleteFrom("s3_uploads").where("id", "=", upload.id).execute();
      const { result: version, unreferenced: replaced } = await placeUpload(ctx, trx, bucket, { upload, object });
      const output = {
        ...completeOutput(ctx, bucket, input, { object, key }),
        ...objectChecksumOutput(object),
        ...version,
      };
      const created = createdEvent("ObjectCreated:CompleteMultipartUpload", object, output);
      const committed = await keepEventsOfRequest(ctx, trx, bucket, [created]);
      return { result: { bucket, object, output }, unreferenced: [...dropped, ...replaced], committed };
    });
    if (object === undefined) return output;
    return { ...output, ...(await expirationOutput(ctx, bucket, { ...object, tags: object.tags ?? null })) };
  },
} satisfies Operations<typeof S3, Context>;

interface Completed {
  readonly bucket: Bucket;
  /** None where an earlier request has made it. */
  readonly object: NewVersion | undefined;
  readonly output: S3.CompleteMultipartUploadOutput;
}

/** A condition holds for the object that the upload was begun over, not for one that was written or deleted meanwhile. */
async function refuseConflict(
  trx: Transaction<Database>,
  bucket: Bucket,
  { Key = "", IfMatch, IfNoneMatch }: S3.CompleteMultipartUploadRequest,
  upload: UploadRow,
): Promise<void> {
  if (IfMatch === undefined && IfNoneMatch === undefined) return;
  if (liveId(await findVersion(trx, bucket, { Key })) === upload.replaces) return;
  throw conditionalRequestConflict(Key, IfMatch === undefined ? "If-None-Match" : "If-Match");
}

/**
 * What was begun after the upload stays in front of it: without versions to keep it as an older one, its bytes are gone at once
 * (decision 0160).
 */
async function placeUpload(
  ctx: Context,
  trx: Transaction<Database>,
  bucket: Bucket,
  { upload, object }: { upload: UploadRow; object: NewVersion },
): ReturnType<typeof insertVersion> {
  const later = await laterVersions(trx, bucket, upload);
  if (later.length > 0 && bucket.versioning !== "Enabled") {
    return { result: {}, unreferenced: await deleteParts(trx, [upload.id]) };
  }
  const inserted = await insertVersion(ctx, trx, bucket, object, new Date(beginningOf(upload.id)));
  if (later.length > 0) await moveBehind(trx, bucket, upload, later);
  return inserted;
}

async function partsOf(trx: Transaction<Database>, uploadId: string): Promise<PartRow[]> {
  return trx.selectFrom("s3_parts").selectAll().where("upload_id", "=", uploadId).orderBy("part_number").execute();
}

function newObject(upload: UploadRow, parts: readonly PartRow[]): NewVersion {
  const md5 = createHash("md5");
  for (const part of parts) md5.update(part.etag, "hex");
  return {
    key: upload.key,
    content_id: upload.id,
    content_kind: "parts",
    size: parts.reduce((sum, part) => sum + part.size, 0),
    etag: `${md5.digest("hex")}-${parts.length}`,
    // When the upload was begun: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
    last_modified: upload.initiated,
    storage_class: upload.storage_class,
    ...objectChecksum(upload, parts),
    parts_count: parts.length,
    tags: upload.tags,
    attributes: upload.attributes,
    owner: upload.owner,
    acl: upload.acl,
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html#ChecksumTypes */
function objectChecksum(upload: UploadRow, parts: readonly PartRow[]) {
  const algorithm = algorithmOf(upload);
  const digests = parts.map((part) => ({ digest: partDigest(algorithm, part), size: part.size }));
  if ((upload.checksum_type ?? "FULL_OBJECT") === "FULL_OBJECT") {
    return {
      checksum_algorithm: algorithm,
      checksum_type: "FULL_OBJECT",
      checksum_value: combineCrcs(algorithm, digests),
    };
  }
  const checksum = createChecksum(algorithm);
  for (const { digest } of digests) checksum.update(Buffer.from(digest, "base64"));
  return {
    checksum_algorithm: algorithm,
    checksum_type: "COMPOSITE",
    checksum_value: `${checksum.digest()}-${parts.length}`,
  };
}

function partDigest(algorithm: ChecksumName, part: PartRow): string {
  const digest = partChecksums(part)[algorithm];
  if (digest === undefined) throw new Error(`part ${part.part_number} has no ${algorithm}`);
  return digest;
}

/** What the headers of the request say of the whole object. */
function checkObject(input: S3.CompleteMultipartUploadRequest, upload: UploadRow, object: NewVersion): void {
  const { MpuObjectSize, ChecksumType } = input;
  if (MpuObjectSize !== undefined && MpuObjectSize !== object.size) {
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${MpuObjectSize} does not match what was computed: ${object.size}`,
    );
  }
  if (ChecksumType !== undefined && ChecksumType !== object.checksum_type) {
    throw invalidRequest(
      `The upload was created using the ${object.checksum_type} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
  const claim = headerClaim(input);
  if (claim === undefined) return;
  const { name } = claim.algorithm;
  // AWS ignores the older algorithms where the upload was begun without one, and knows its own.
  if (upload.checksum_algorithm === null && ignoredClaims.includes(name)) return;
  if (name !== algorithmOf(upload)) {
    const expected = upload.checksum_algorithm?.toLowerCase() ?? "null";
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${name.toLowerCase()}`,
    );
  }
  if (claim.value.replace(/-\d+$/, "") !== object.checksum_value?.replace(/-\d+$/, "")) {
    throw badDigest(`The ${name.toLowerCase()} you specified did not match the calculated checksum.`);
  }
}

const ignoredClaims: readonly ChecksumName[] = ["CRC32", "CRC32C", "SHA1", "SHA256"];

async function dropUnlisted(
  trx: Transaction<Database>,
  uploadId: string,
  rows: readonly PartRow[],
  listed: readonly PartRow[],
): Promise<BlobId[]> {
  const kept = new Set(listed.map((part) => part.part_number));
  const dropped = rows.filter((part) => !kept.has(part.part_number));
  if (dropped.length > 0) {
    const numbers = dropped.map((part) => part.part_number);
    await trx.deleteFrom("s3_parts").where("upload_id", "=", uploadId).where("part_number", "in", numbers).execute();
  }
  return dropped.map((part) => part.blob_id);
}

/** Writes down where in the object each part starts. */
async function placeParts(trx: Transaction<Database>, uploadId: string): Promise<void> {
  await trx
    .with("places", (db) =>
      db
        .selectFrom("s3_parts")
        .select((eb) => [
          "part_number as number",
          eb(
            eb.fn.sum<number>("size").over((over) => over.orderBy("part_number")),
            "-",
            eb.ref("size"),
          ).as("start"),
        ])
        .where("upload_id", "=", uploadId),
    )
    .updateTable("s3_parts")
    .from("places")
    .set((eb) => ({ start: eb.ref("places.start") }))
    .where("upload_id", "=", uploadId)
    .whereRef("part_number", "=", "places.number")
    .execute();
}

/**
 * Completing again what was completed, by the same list, gives the same answer but for its checksums, as long as the version is
 * there, and whatever its conditions are (decision 0150).
 */
async function completedBefore(
  ctx: Context,
  trx: Transaction<Database>,
  bucket: Bucket,
  input: S3.CompleteMultipartUploadRequest,
): Promise<S3.CompleteMultipartUploadOutput> {
  const uploadId = input.UploadId ?? "";
  const object = await findCompleted(trx, bucket, input);
  if (object === undefined) throw noSuchUpload(uploadId);
  const rows = await partsOf(trx, uploadId);
  const parts = input.MultipartUpload?.Parts ?? [];
  const same =
    parts.length === rows.length &&
    rows.every((row, index) => {
      const { PartNumber, ETag = "" } = parts[index] ?? {};
      return PartNumber === row.part_number && ETag.replaceAll('"', "") === row.etag;
    });
  if (!same) throw noSuchUpload(uploadId);
  const key = requireCompletionKey(storedEncryption(object.attributes), input, false);
  return { ...completeOutput(ctx, bucket, input, { object, key }), ...versionOutput(bucket, object) };
}

function completeOutput(
  ctx: Context,
  bucket: Bucket,
  input: S3.CompleteMultipartUploadRequest,
  { object, key }: { object: NewVersion | ObjectRow; key: CustomerKey | undefined },
) {
  const { SSECustomerAlgorithm, SSECustomerKeyMD5, ...encryption } = storedEncryption(object.attributes);
  return {
    Location: objectLocation(ctx.request.headers.host ?? "s3.amazonaws.com", bucket.name, object.key.toString()),
    Bucket: bucket.name,
    Key: input.Key,
    ETag: `"${object.etag}"`,
    ...encryption,
    ...(SSECustomerKeyMD5 === undefined ? {} : keyHeaders(key)),
  };
}

/** The output's model has no members for what the answer says of a customer's key: its MD5 to who brings it alone. */
function keyHeaders(key: CustomerKey | undefined) {
  const prefix = "x-amz-server-side-encryption-customer";
  const md5 = key === undefined ? {} : { [`${prefix}-key-md5`]: key.md5 };
  return { $metadata: { httpHeaders: { [`${prefix}-algorithm`]: "AES256", ...md5 } } };
}

function objectChecksumOutput({ checksum_algorithm = null, checksum_type = null, checksum_value = null }: NewVersion) {
  return checksumOutput({ checksum_algorithm, checksum_type: checksum_type as ChecksumKind | null, checksum_value });
}
