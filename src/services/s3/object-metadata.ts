import type { HeadObjectOutput, StorageClass as S3StorageClass } from "@aws-sdk/client-s3";
import type { Context } from "../service-context.ts";
import {
  invalidArgument,
  invalidRequest,
  invalidStorageClass,
  metadataTooLarge,
  notImplementedHeader,
} from "./errors.ts";
import { retainedUntil } from "./event-holds.ts";
import { type Encryption, encryptionOutput } from "./object-encryption.ts";
import type { ObjectLock } from "./object-lock.ts";
import type { Restoration } from "./restorations.ts";

const systemMembers = [
  "CacheControl",
  "ContentDisposition",
  "ContentEncoding",
  "ContentLanguage",
  "ContentType",
  "WebsiteRedirectLocation",
] as const;

/** What a version carries beside its bytes, in the shape of the answers; dates are ISO 8601, since it is kept as JSON. */
export type ObjectMetadata = Pick<HeadObjectOutput, (typeof systemMembers)[number] | "Metadata" | "ReplicationStatus"> &
  Encryption &
  ObjectLock & {
    /** The header as it was sent: S3 gives back also what is no date. */
    readonly Expires?: string;
    readonly Restoration?: Restoration;
  };

type MetadataInput = Pick<HeadObjectOutput, (typeof systemMembers)[number] | "Metadata">;

const maxMetadataBytes = 2048;
const maxRedirectBytes = 2048;

/** The metadata of a PutObject, CreateMultipartUpload or a CopyObject that replaces it. */
export function objectMetadata(ctx: Context, input: MetadataInput): ObjectMetadata {
  const metadata = { ...input.Metadata };
  const size = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
  if (size > maxMetadataBytes) throw metadataTooLarge(size, maxMetadataBytes);
  const redirect = input.WebsiteRedirectLocation;
  if (redirect !== undefined && !/^(?:\/|https?:\/\/)/.test(redirect)) {
    throw invalidArgument(
      "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
      "x-amz-website-redirect-location",
      redirect,
    );
  }
  if (redirect !== undefined && Buffer.byteLength(redirect) > maxRedirectBytes) {
    throw invalidRequest("The length of website redirect location cannot exceed 2,048 characters.");
  }
  const system: Record<string, string> = {};
  for (const member of systemMembers) {
    const value = member === "ContentEncoding" ? storedEncoding(input.ContentEncoding) : input[member];
    if (value !== undefined && value !== "") system[member] = value;
  }
  system.ContentType ??= "binary/octet-stream";
  const { expires } = ctx.request.headers;
  if (expires !== undefined && expires !== "") system.Expires = expires;
  refuseUnknownFeatures(ctx);
  return { ...system, Metadata: metadata };
}

/** `aws-chunked` is about the transfer; S3 does not keep it. */
function storedEncoding(value: string | undefined): string | undefined {
  const kept = value?.split(",").filter((encoding) => encoding.trim().toLowerCase() !== "aws-chunked");
  return kept?.join(",").trim();
}

/** The headers of GetObject and HeadObject, but for `Expires`, which the SDK takes for a date. */
export function metadataHeaders(
  stored: ObjectMetadata,
  now: Date,
): MetadataInput & Encryption & Pick<HeadObjectOutput, keyof ObjectLock> {
  const {
    Expires: _expires,
    Metadata,
    ObjectLockRetainUntilDate: _until,
    Restoration: _restoration,
    ServerSideEncryption,
    SSEKMSKeyId,
    BucketKeyEnabled,
    SSECustomerAlgorithm,
    SSECustomerKeyMD5,
    ...system
  } = stored;
  const until = retainedUntil(stored, now);
  return {
    ...system,
    ...encryptionOutput({
      ...{ ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled },
      ...{ SSECustomerAlgorithm, SSECustomerKeyMD5 },
    }),
    ...(until === undefined ? {} : { ObjectLockRetainUntilDate: until }),
    ...(Metadata === undefined || Object.keys(Metadata).length === 0 ? {} : { Metadata: encoded(Metadata) }),
  };
}

/**
 * What is not printable ASCII goes out as an encoded word of RFC 2047, after each byte of the request's header was taken for
 * a Latin-1 character. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata
 */
function encoded(metadata: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [
      name,
      /^[\t\x20-\x7e]*$/.test(value) ? value : encodedWord(value),
    ]),
  );
}

function encodedWord(value: string): string {
  const bytesAsCharacters = Buffer.from(value, "utf8").toString("latin1");
  return `=?UTF-8?B?${Buffer.from(bytesAsCharacters, "utf8").toString("base64")}?=`;
}

/** Those of general purpose buckets. */
const storageClasses: readonly string[] = [
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER_IR",
  "GLACIER",
  "DEEP_ARCHIVE",
] satisfies S3StorageClass[];

export function storageClass(requested: string | undefined): string {
  if (requested === undefined) return "STANDARD";
  if (!storageClasses.includes(requested)) throw invalidStorageClass(requested);
  return requested;
}

/** The class as an archive, whose objects are read after a restore; undefined for the others. */
export function archiveOf(storedClass: string): "GLACIER" | "DEEP_ARCHIVE" | undefined {
  return storedClass === "GLACIER" || storedClass === "DEEP_ARCHIVE" ? storedClass : undefined;
}

/** S3 says the class of an object only where it is another than STANDARD. */
export function shownStorageClass(storedClass: string) {
  return storedClass === "STANDARD"
    ? {}
    : { StorageClass: storedClass as NonNullable<HeadObjectOutput["StorageClass"]> };
}

/** Better refused than accepted and not done: it is of directory buckets. */
const unknownHeader = "x-amz-write-offset-bytes";

function refuseUnknownFeatures(ctx: Context): void {
  if (ctx.request.headers[unknownHeader] !== undefined) throw notImplementedHeader(unknownHeader);
}

/** The answer to a write says its class as reads do, which the SDK's schemas do not know (decision 0150). */
export function writtenStorageClass(storedClass: string) {
  return storedClass === "STANDARD" ? {} : { $metadata: { httpHeaders: { "x-amz-storage-class": storedClass } } };
}
