import { createHash } from "node:crypto";
import type * as S3 from "@aws-sdk/client-s3";
import { type ChecksumName, createChecksum } from "../../aws/checksum.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { checksumMember, defaultChecksum } from "./checksum-claims.ts";
import { copySourceVersion, holdCopySource } from "./copy-source.ts";
import { type CustomerEncryption, customerKey, requirePartKey } from "./customer-keys.ts";
import { copySourceTooLarge, invalidArgument, invalidRequest } from "./errors.ts";
import { abortOutput } from "./lifecycle-configurations.ts";
import { pageSize } from "./list-objects.ts";
import { initiatorOf } from "./multipart-uploads.ts";
import { ownersOf } from "./object-access.ts";
import { refuseBlockedKey, refuseEncryptionHeader, storedEncryption } from "./object-encryption.ts";
import { lockOf, requireLockIntegrity } from "./object-lock.ts";
import { type PartChecksums, partChecksumMember } from "./part-rows.ts";
import { parseCopySourceRange } from "./ranges.ts";
import { commit, discard } from "./transactions.ts";
import { maxBodyBytes, putBlob, storeBody } from "./upload-body.ts";
import { algorithmOf, requireUpload, type UploadInput, type UploadRow, uploadChecksum } from "./upload-rows.ts";

export const uploadParts = {
  async UploadPart(ctx, input) {
    refuseEncryptionHeader(ctx);
    const partNumber = validPartNumber(input.PartNumber);
    const bucket = await requireBucket(ctx, input);
    const upload = await requireUpload(ctx.db, bucket, input);
    requireLockIntegrity(ctx, lockOf(upload.attributes), "Part");
    const key = customerKey(input);
    requirePartKey(JSON.parse(upload.attributes) as CustomerEncryption, key);
    await refuseBlockedKey(ctx, bucket, key);
    const also = (claimed: ChecksumName | undefined) => partAlgorithms(upload, claimed);
    const { id, size, etag, checksums, claimed } = await storeBody(ctx, input, { also, key, rowBytes: 0 });
    await storePart(ctx, input, { partNumber, blobId: id, size, etag, checksums });
    // What is computed for an upload without an algorithm is told of the whole alone (decision 0159).
    const shown = claimed ?? (upload.checksum_algorithm as ChecksumName | null);
    return {
      ETag: `"${etag}"`,
      ...(shown === null ? {} : checksumMember(shown, checksums[shown])),
      ...storedEncryption(upload.attributes),
    };
  },

  async UploadPartCopy(ctx, input) {
    const partNumber = validPartNumber(input.PartNumber);
    const bucket = await requireBucket(ctx, input);
    const upload = await requireUpload(ctx.db, bucket, input);
    const key = customerKey(input);
    requirePartKey(JSON.parse(upload.attributes) as CustomerEncryption, key);
    await refuseBlockedKey(ctx, bucket, key);
    const source = await holdCopySource(ctx, input);
    try {
      const { size } = source.object;
      const range = parseCopySourceRange(input.CopySourceRange, size);
      if ((range === undefined ? size : range.end + 1 - range.start) > maxBodyBytes) {
        throw copySourceTooLarge(maxBodyBytes);
      }
      const algorithm = algorithmOf(upload);
      const md5 = createHash("md5");
      const checksum = createChecksum(algorithm);
      const observe = (chunk: Uint8Array) => {
        md5.update(chunk);
        checksum.update(chunk);
        return undefined;
      };
      const blob = await putBlob(ctx, source.read(range), observe, key);
      const etag = md5.digest("hex");
      const checksums = { [algorithm]: checksum.digest() };
      const lastModified = await storePart(ctx, input, {
        partNumber,
        blobId: blob.id,
        size: blob.size,
        etag,
        checksums,
      });
      return {
        CopyPartResult: {
          ETag: `"${etag}"`,
          LastModified: new Date(lastModified),
          ...checksumMember(upload.checksum_algorithm, checksums[algorithm]),
        },
        ...storedEncryption(upload.attributes),
        ...copySourceVersion(source),
      };
    } finally {
      source.release();
    }
  },

  async ListParts(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const upload = await requireUpload(ctx.db, bucket, input);
    const limit = pageSize(input.MaxParts, "max-parts");
    const marker = partNumberMarker(input.PartNumberMarker);
    const rows = await ctx.db
      .selectFrom("s3_parts")
      .selectAll()
      .where("upload_id", "=", upload.id)
      .where("part_number", ">", marker)
      .orderBy("part_number")
      .limit(limit + 1)
      .execute();
    const parts = rows.slice(0, limit);
    return {
      Bucket: bucket.name,
      Key: input.Key,
      UploadId: upload.id,
      PartNumberMarker: String(marker),
      NextPartNumberMarker: String(parts.at(-1)?.part_number ?? 0),
      MaxParts: limit,
      ...(await abortOutput(ctx, bucket, upload)),
      IsTruncated: limit > 0 && rows.length > limit,
      Parts: parts.map((part) => ({
        PartNumber: part.part_number,
        LastModified: new Date(part.last_modified),
        ETag: `"${part.etag}"`,
        Size: part.size,
        ...partChecksumMember(upload.checksum_algorithm, part),
      })),
      Initiator: initiatorOf(upload),
      Owner: (await ownersOf(ctx, bucket, [upload]))(upload),
      StorageClass: upload.storage_class as S3.StorageClass,
      ...uploadChecksum(upload),
    };
  },
} satisfies Operations<typeof S3, Context>;

function validPartNumber(partNumber: number | undefined): number {
  if (partNumber === undefined || partNumber < 1 || partNumber > 10_000) {
    throw invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", partNumber);
  }
  return partNumber;
}

/** Markers of parts are numbers, though the SDK has them as text. */
export function partNumberMarker(marker: string | undefined): number {
  if (marker === undefined || marker === "") return 0;
  if (!/^\d{1,10}$/.test(marker) || Number(marker) > 2147483647) {
    throw invalidArgument(
      "Argument part-number-marker must be an integer between 0 and 2147483647",
      "part-number-marker",
      marker,
    );
  }
  return Number(marker);
}

/**
 * What is computed of a part beside the client's own checksum. An upload that was begun with an algorithm takes no other; a
 * composite checksum is the client's to give for each part, one of the full object is computed where it is missing.
 */
function partAlgorithms(upload: UploadRow, claimed: ChecksumName | undefined): readonly ChecksumName[] {
  const expected = upload.checksum_algorithm as ChecksumName | null;
  if (expected === null) return [defaultChecksum];
  if (claimed === expected || (claimed === undefined && upload.checksum_type === "FULL_OBJECT")) return [expected];
  const actual = claimed?.toLowerCase() ?? "null";
  throw invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, actual checksum Type: ${actual}`,
  );
}

interface NewPart {
  readonly partNumber: number;
  readonly blobId: string;
  readonly size: number;
  readonly etag: string;
  readonly checksums: PartChecksums;
}

/** Puts a part in the place of one of the same number, if the upload still goes on. Returns when, in milliseconds. */
async function storePart(
  ctx: Context,
  input: UploadInput & { Bucket: string | undefined; ExpectedBucketOwner?: string | undefined },
  part: NewPart,
): Promise<number> {
  const row = {
    part_number: part.partNumber,
    blob_id: part.blobId,
    size: part.size,
    etag: part.etag,
    last_modified: ctx.now().setMilliseconds(0),
    checksums: JSON.stringify(part.checksums),
  };
  try {
    return await commit(ctx, async (trx) => {
      const bucket = await requireBucket(ctx, input, trx);
      const { id } = await requireUpload(trx, bucket, input);
      const replaced = await trx
        .deleteFrom("s3_parts")
        .where("upload_id", "=", id)
        .where("part_number", "=", part.partNumber)
        .returning("blob_id")
        .execute();
      await trx
        .insertInto("s3_parts")
        .values({ ...row, upload_id: id })
        .execute();
      return { result: row.last_modified, unreferenced: replaced.map(({ blob_id }) => blob_id) };
    });
  } catch (error) {
    discard(ctx, [part.blobId]);
    throw error;
  }
}
