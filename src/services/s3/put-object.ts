import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { checksumMember, defaultChecksum } from "./checksum-claims.ts";
import { validateWriteConditions } from "./conditions.ts";
import { customerKey } from "./customer-keys.ts";
import { invalidArgument } from "./errors.ts";
import { expirationOutput } from "./lifecycle-configurations.ts";
import { newOwnership } from "./object-access.ts";
import { contextOutput, encryptionOutput, newEncryption, requireVersion4 } from "./object-encryption.ts";
import { newLock, requireLockIntegrity } from "./object-lock.ts";
import { objectMetadata, storageClass, writtenStorageClass } from "./object-metadata.ts";
import { type NewVersion, objectKey } from "./object-rows.ts";
import { checkWrite, writeObject } from "./object-writes.ts";
import { maxRowBytes } from "./small-contents.ts";
import { parseTaggingHeader, storedTags } from "./tag-sets.ts";
import { storeBody } from "./upload-body.ts";

export const putObject = {
  async PutObject(ctx, input) {
    refuseReadParameters(ctx);
    // AWS checks what it can before it reads the body.
    const bucket = await requireBucket(ctx, input);
    const key = objectKey(input);
    const ownKey = customerKey(input);
    validateWriteConditions(input);
    const lock = await newLock(ctx, bucket, input);
    requireLockIntegrity(ctx, lock, "Object");
    const metadata = { ...objectMetadata(ctx, input), ...lock, ...(await newEncryption(ctx, bucket, input)) };
    requireVersion4(ctx, metadata);
    const storedClass = storageClass(input.StorageClass);
    const tags = parseTaggingHeader(input.Tagging);
    const ownership = await newOwnership(ctx, bucket, input);
    await checkWrite(ctx.db, bucket, input);

    const body = await storeBody(ctx, input, {
      also: (claimed) => (claimed === undefined ? [defaultChecksum] : []),
      key: ownKey,
      rowBytes: maxRowBytes,
    });
    const algorithm = body.claimed ?? defaultChecksum;
    const object: NewVersion = {
      key,
      content_id: body.id,
      content_kind: body.bytes === undefined ? "blob" : "row",
      bytes: body.bytes,
      size: body.size,
      etag: body.etag,
      last_modified: ctx.now().setMilliseconds(0),
      storage_class: storedClass,
      checksum_algorithm: algorithm,
      checksum_type: "FULL_OBJECT",
      checksum_value: body.checksums[algorithm] ?? null,
      parts_count: null,
      tags: storedTags(tags),
      attributes: JSON.stringify(metadata),
      ...ownership,
    };
    // A form is a PutObject by POST.
    const event = ctx.request.method === "POST" ? "ObjectCreated:Post" : "ObjectCreated:Put";
    const version = await writeObject(ctx, input, object, event);
    return {
      ETag: `"${body.etag}"`,
      ...checksumMember(algorithm, body.checksums[algorithm]),
      ChecksumType: "FULL_OBJECT",
      ...encryptionOutput(metadata),
      ...contextOutput(input),
      ...(await expirationOutput(ctx, bucket, { ...object, tags: object.tags ?? null })),
      ...version,
      ...writtenStorageClass(storedClass),
    };
  },
} satisfies Operations<typeof S3, Context>;

/** Half of what makes an UploadPart makes no PutObject: an object has no part to be written. Nor has it a version to be named. */
export function refuseReadParameters(ctx: Context): void {
  if (ctx.request.query === "") return;
  const parameters = new URLSearchParams(ctx.request.query);
  const version = parameters.get("versionId");
  if (version !== null) throw invalidArgument("This operation does not accept a version-id.", "versionId", version);
  if (!parameters.has("partNumber")) return;
  // https://github.com/versity/versitygw/issues/1237
  throw invalidArgument("This operation does not accept partNumber without uploadId", "partNumber", "partNumber");
}
