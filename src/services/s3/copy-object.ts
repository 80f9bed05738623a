import { createHash } from "node:crypto";
import type * as S3 from "@aws-sdk/client-s3";
import { type ChecksumName, createChecksum } from "../../aws/checksum.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { checksumMember, defaultChecksum, requireAlgorithm } from "./checksum-claims.ts";
import { validateWriteConditions } from "./conditions.ts";
import { sharedContent } from "./content.ts";
import { copySourceVersion, type HeldSource, holdCopySource } from "./copy-source.ts";
import { bringsKey, copySourceKeyInput, customerKey } from "./customer-keys.ts";
import { copySourceTooLarge, illegalCopyToItself, invalidArgument, invalidRequest } from "./errors.ts";
import { expirationOutput } from "./lifecycle-configurations.ts";
import { newOwnership } from "./object-access.ts";
import {
  contextOutput,
  type Encryption,
  encryptionOutput,
  newEncryption,
  requireVersion4,
} from "./object-encryption.ts";
import { newLock } from "./object-lock.ts";
import { type ObjectMetadata, objectMetadata, storageClass, writtenStorageClass } from "./object-metadata.ts";
import { type NewVersion, objectKey } from "./object-rows.ts";
import { checkWrite, writeObject, writeSharedObject } from "./object-writes.ts";
import { refuseReadParameters } from "./put-object.ts";
import { parseTaggingHeader, storedTags } from "./tag-sets.ts";
import { maxBodyBytes, putBlob } from "./upload-body.ts";
import type { VersionOutput } from "./version-writes.ts";

export const copyObject = {
  async CopyObject(ctx, input) {
    refuseReadParameters(ctx);
    refuseBody(ctx);
    const replacesMetadata = directive(input.MetadataDirective, "metadata") === "REPLACE";
    const replacesTags = directive(input.TaggingDirective, "tagging") === "REPLACE";
    const bucket = await requireBucket(ctx, input);
    const key = objectKey(input);
    validateWriteConditions(input);
    const wanted = input.ChecksumAlgorithm;
    const requested = wanted === undefined ? undefined : requireAlgorithm(wanted).name;
    const metadata = objectMetadata(ctx, input);
    const encryption = await newEncryption(ctx, bucket, input);
    requireVersion4(ctx, encryption);
    const lock = await newLock(ctx, bucket, input);
    const storedClass = storageClass(input.StorageClass);
    const tags = storedTags(parseTaggingHeader(input.Tagging));
    const ownership = await newOwnership(ctx, bucket, input);
    const source = await holdCopySource(ctx, input);
    try {
      const { object } = source;
      if (object.size > maxBodyBytes) throw copySourceTooLarge(maxBodyBytes);
      const toItself = source.bucket.id === bucket.id && object.key.equals(key);
      // An older version, or the current one by its id, becomes the newest without a change.
      const restores = source.versionNamed && bucket.versioning !== null;
      if (toItself && !restores && !replacesMetadata && !changes(input, object.storage_class))
        throw illegalCopyToItself();
      await checkWrite(ctx.db, bucket, input);
      const version: NewVersion = {
        key,
        ...sharedContent(object),
        size: object.size,
        ...(await digests(source, requested)),
        last_modified: ctx.now().setMilliseconds(0),
        storage_class: storedClass,
        parts_count: null,
        tags: replacesTags ? tags : object.tags,
        attributes: JSON.stringify({
          ...(replacesMetadata ? metadata : copiedMetadata(object.attributes, metadata)),
          ...encryption,
          ...lock,
        }),
        ...ownership,
      };
      const written = await write(ctx, input, version, source);
      const expiration = await expirationOutput(ctx, bucket, { ...version, tags: version.tags ?? null });
      return {
        ...copyOutput(version, source, encryption),
        ...contextOutput(input),
        ...written,
        ...expiration,
        ...writtenStorageClass(storedClass),
      };
    } finally {
      source.release();
    }
  },
} satisfies Operations<typeof S3, Context>;

/** https://github.com/versity/versitygw/issues/1242 */
function refuseBody({ request }: Context): void {
  if (Number(request.headers["content-length"] ?? 0) === 0) return;
  throw invalidRequest("The request included a body. Requests of this type must not include a non-empty body.");
}

function directive(value: string | undefined, kind: "metadata" | "tagging"): "COPY" | "REPLACE" {
  if (value === undefined || value === "COPY") return "COPY";
  if (value === "REPLACE") return "REPLACE";
  throw invalidArgument(`Unknown ${kind} directive.`, `x-amz-${kind}-directive`, value);
}

/** What may be the purpose of copying an object to itself. */
function changes(input: S3.CopyObjectRequest, currentClass: string): boolean {
  return (
    input.WebsiteRedirectLocation !== undefined ||
    input.ServerSideEncryption !== undefined ||
    input.SSECustomerKey !== undefined ||
    input.CopySourceSSECustomerKey !== undefined ||
    input.ChecksumAlgorithm !== undefined ||
    (input.StorageClass !== undefined && input.StorageClass !== currentClass)
  );
}

/** All of the source's metadata but for the redirect, the encryption, the restored copy, the replication and the lock, which are of the request alone. */
function copiedMetadata(source: string, requested: ObjectMetadata): ObjectMetadata {
  const {
    WebsiteRedirectLocation: _redirect,
    ServerSideEncryption: _encryption,
    SSEKMSKeyId: _key,
    BucketKeyEnabled: _bucketKey,
    SSECustomerAlgorithm: _customerAlgorithm,
    SSECustomerKeyMD5: _customerKey,
    Restoration: _restoration,
    ReplicationStatus: _replication,
    ObjectLockMode: _mode,
    ObjectLockRetainUntilDate: _until,
    ObjectLockLegalHoldStatus: _hold,
    ObjectLockEventHold: _eventHold,
    ObjectLockEventHoldDurationDays: _days,
    ObjectLockEventHoldDurationYears: _years,
    ...kept
  } = JSON.parse(source) as ObjectMetadata;
  const { WebsiteRedirectLocation } = requested;
  return { ...kept, ...(WebsiteRedirectLocation === undefined ? {} : { WebsiteRedirectLocation }) };
}

type Digests = Pick<NewVersion, "etag" | "checksum_algorithm" | "checksum_type" | "checksum_value">;

/** A copy is one piece, whatever its source was: digests that were of parts, or are not known, are computed of the whole. */
async function digests(source: HeldSource, requested: ChecksumName | undefined): Promise<Digests> {
  const { etag, checksum_type, checksum_algorithm, checksum_value } = source.object;
  const algorithm = requested ?? ((checksum_algorithm ?? defaultChecksum) as ChecksumName);
  const ofWhole = !etag.includes("-") && checksum_type === "FULL_OBJECT";
  if (ofWhole && checksum_algorithm === algorithm) return { etag, checksum_algorithm, checksum_type, checksum_value };
  const md5 = createHash("md5");
  const checksum = createChecksum(algorithm);
  for await (const chunk of source.read()) {
    md5.update(chunk);
    checksum.update(chunk);
  }
  return {
    etag: md5.digest("hex"),
    checksum_algorithm: algorithm,
    checksum_type: "FULL_OBJECT",
    checksum_value: checksum.digest(),
  };
}

/**
 * The copy shares the source's bytes, unless one of them is under a customer's key, or the source was deleted or replaced
 * meanwhile: then it gets its own.
 */
async function write(
  ctx: Context,
  input: S3.CopyObjectRequest,
  version: NewVersion,
  source: HeldSource,
): Promise<VersionOutput> {
  const key = customerKey(input);
  const shared =
    key === undefined && !bringsKey(copySourceKeyInput(input))
      ? await writeSharedObject(ctx, input, version, source.object)
      : undefined;
  if (shared !== undefined) return shared;
  const blob = await putBlob(ctx, source.read(), () => undefined, key);
  return writeObject(ctx, input, { ...version, content_id: blob.id, content_kind: "blob" }, "ObjectCreated:Copy");
}

function copyOutput(version: NewVersion, source: HeldSource, encryption: Encryption) {
  const { checksum_algorithm = null, checksum_value = null } = version;
  return {
    CopyObjectResult: {
      ETag: `"${version.etag}"`,
      LastModified: new Date(version.last_modified),
      // S3 does not say here of what type it is.
      ...checksumMember(checksum_algorithm, checksum_value),
    },
    ...encryptionOutput(encryption),
    ...copySourceVersion(source),
  };
}
