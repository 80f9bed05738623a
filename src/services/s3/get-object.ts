import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { ByteRange } from "../../blobs/blob-store.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, mayAlso, requireBucket } from "./bucket-access.ts";
import { checksumOutput } from "./checksum-claims.ts";
import { checkReadConditions } from "./conditions.ts";
import { checkContent, openContent } from "./content.ts";
import { bringsKey, type CustomerKey, proveCustomerKey, readKey } from "./customer-keys.ts";
import { invalidArgument, invalidObjectState, invalidPartNumber, invalidRequest, noSuchKey } from "./errors.ts";
import { expirationOutput } from "./lifecycle-configurations.ts";
import { refuseEncryptionHeader, requireVersion4 } from "./object-encryption.ts";
import { metadataHeaders, type ObjectMetadata, shownStorageClass } from "./object-metadata.ts";
import { requireReadable, restoreOutput } from "./object-restore.ts";
import { type ObjectRow, requireObject, versionOutput } from "./object-rows.ts";
import { partChecksum } from "./part-rows.ts";
import { contentRange, parseRange } from "./ranges.ts";
import { tagsOf } from "./tag-sets.ts";

export const getObject = {
  async GetObject(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    // An object that is replaced between reading its row and opening its bytes is looked up anew.
    for (let attempt = 0; attempt < 10; attempt++) {
      const object = await requireObject(ctx, bucket, input);
      const { read, key } = await resolveRead(ctx, input, object, () =>
        requireReadable(ctx, object, invalidObjectState),
      );
      requireReadable(ctx, object, invalidObjectState);
      const body = await openContent(ctx, object, read.range, key);
      if (body !== undefined) return { ...(await objectOutput(ctx, bucket, input, { object, read })), Body: body };
    }
    throw noSuchKey(input.Key ?? "");
  },

  async HeadObject(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const object = await requireObject(ctx, bucket, input);
    const { read } = await resolveRead(ctx, input, object, () => undefined);
    await checkContent(ctx, object, read.range);
    return objectOutput(ctx, bucket, input, { object, read });
  },
} satisfies Operations<typeof S3, Context>;

type ReadInput = Omit<S3.GetObjectRequest, "Bucket">;

/** What of an object is read. */
interface Read {
  /** Undefined for the whole. */
  readonly range: ByteRange | undefined;
  /** The checksum of just that, where there is one. */
  readonly checksum: ReturnType<typeof checksumOutput>;
  readonly partsCount: number | undefined;
}

/**
 * What is read, and the customer's key where the object is encrypted with one. KMS has its own, for who signs well enough. That a
 * key is there is asked first, that it is right last; whether the whole is readable at all comes before both (decision 0159).
 */
async function resolveRead(
  ctx: Context,
  input: ReadInput,
  object: ObjectRow,
  requireWhole: () => void,
): Promise<{ read: Read; key: CustomerKey | undefined }> {
  // Most objects have neither, and most requests bring none: the metadata are parsed for the answer alone.
  if (!bringsKey(input) && !/SSECustomerKeyMD5|aws:kms/.test(object.attributes)) {
    return { read: await selectRead(ctx, input, object), key: undefined };
  }
  const metadata = JSON.parse(object.attributes) as ObjectMetadata;
  if (input.Range === undefined && input.PartNumber === undefined) requireWhole();
  const key = readKey(metadata, input);
  requireVersion4(ctx, metadata);
  const read = await selectRead(ctx, input, object);
  proveCustomerKey(metadata, key);
  return { read, key };
}

async function selectRead(ctx: Context, input: ReadInput, object: ObjectRow): Promise<Read> {
  refuseUnknownOverrides(ctx);
  refuseEncryptionHeader(ctx);
  checkReadConditions(input, object, ctx.now());
  const { PartNumber, Range } = input;
  if (PartNumber !== undefined) {
    if (Range !== undefined) throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
    return resolvePart(ctx, object, PartNumber);
  }
  const range = isOfRange(ctx, object) ? parseRange(Range, object.size) : undefined;
  const whole = range === undefined || (range.start === 0 && range.end === object.size - 1);
  return { range, checksum: whole ? checksumOutput(object) : {}, partsCount: undefined };
}

/** Whether `If-Range`, which no input has, is about this version; one of another is read as a whole (RFC 9110, 13.1.5). */
function isOfRange({ request }: Context, object: ObjectRow): boolean {
  const validator = request.headers["if-range"]?.trim();
  if (validator === undefined) return true;
  if (validator.startsWith('"')) return validator === `"${object.etag}"`;
  return Date.parse(validator) === object.last_modified;
}

async function resolvePart(ctx: Context, object: ObjectRow, partNumber: number): Promise<Read> {
  if (partNumber < 1 || partNumber > 10_000) {
    throw invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", partNumber);
  }
  if (object.parts_count === null) {
    // An object that was put in one is its own first part.
    if (partNumber > 1) throw invalidPartNumber(partNumber, 1);
    const range = object.size === 0 ? undefined : { start: 0, end: object.size - 1 };
    return { range, checksum: checksumOutput(object), partsCount: undefined };
  }
  // Parts are counted as they lie in the object, whatever their numbers were in the upload.
  const part = await ctx.db
    .selectFrom("s3_parts")
    .selectAll()
    .where("upload_id", "=", object.content_id)
    .orderBy("part_number")
    .offset(partNumber - 1)
    .limit(1)
    .executeTakeFirst();
  if (part === undefined) throw invalidPartNumber(partNumber, object.parts_count);
  const start = part.start ?? 0;
  return {
    range: { start, end: start + part.size - 1 },
    checksum: partChecksum(object, part),
    partsCount: object.parts_count,
  };
}

async function objectOutput(
  ctx: Context,
  bucket: Bucket,
  input: ReadInput,
  { object, read }: { object: ObjectRow; read: Read },
) {
  const { range } = read;
  const metadata = JSON.parse(object.attributes) as ObjectMetadata;
  return {
    ...(await shownTo(ctx, bucket, input, describedObject(bucket, object, metadata, ctx.now()))),
    ContentLength: range === undefined ? object.size : range.end + 1 - range.start,
    ...(range === undefined ? {} : { ContentRange: contentRange(range, object.size) }),
    ...(input.ChecksumMode === "ENABLED" ? read.checksum : {}),
    ...(read.partsCount === undefined ? {} : { PartsCount: read.partsCount }),
    ...restoreOutput(ctx, object),
    ...(object.is_latest === 1 ? await expirationOutput(ctx, bucket, object) : {}),
    ...overrides(ctx, input),
    ...expiresHeader(ctx.request.query, metadata),
  };
}

/** What every answer says of a version, whoever asks and whatever of it is read. */
export function describedObject(bucket: Bucket, object: ObjectRow, metadata: ObjectMetadata, now: Date) {
  const tagCount = tagsOf(object.tags).length;
  return {
    AcceptRanges: "bytes",
    LastModified: new Date(object.last_modified),
    ContentLength: object.size,
    ETag: `"${object.etag}"`,
    ...metadataHeaders(metadata, now),
    ...shownStorageClass(object.storage_class),
    ...(tagCount === 0 ? {} : { TagCount: tagCount }),
    ...versionOutput(bucket, object),
  };
}

/** What an answer says of tags and locks is for who may ask for them, too. */
const ofFurtherReads: Readonly<Record<string, readonly string[]>> = {
  GetObjectTagging: ["TagCount"],
  GetObjectRetention: [
    ...["ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockEventHold"],
    ...["ObjectLockEventHoldDurationDays", "ObjectLockEventHoldDurationYears"],
  ],
  GetObjectLegalHold: ["ObjectLockLegalHoldStatus"],
};

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html */
async function shownTo<Output extends object>(
  ctx: Context,
  bucket: Bucket,
  target: ReadInput,
  output: Output,
): Promise<Output> {
  if (ctx.principal.type !== "anonymous" && ctx.principal.accountId === bucket.account_id) return output;
  const hidden = new Set<string>();
  for (const [operation, members] of Object.entries(ofFurtherReads)) {
    if (!members.some((member) => member in output)) continue;
    if (await mayAlso(ctx, bucket, { operation, target, db: ctx.db })) continue;
    for (const member of members) hidden.add(member);
  }
  if (hidden.size === 0) return output;
  // Members that may be missing are left out.
  return Object.fromEntries(Object.entries(output).filter(([name]) => !hidden.has(name))) as Output;
}

const responseMembers = [
  "ResponseCacheControl",
  "ResponseContentDisposition",
  "ResponseContentEncoding",
  "ResponseContentLanguage",
  "ResponseContentType",
] as const;
const responseExpires = "response-expires";
const overridable: readonly string[] = [
  ...["response-cache-control", "response-content-disposition", "response-content-encoding"],
  ...["response-content-language", "response-content-type", responseExpires],
];

/** @throws InvalidArgument for a parameter that would replace a header which none may replace */
function refuseUnknownOverrides({ request: { query } }: Context): void {
  if (!query.includes("response-")) return;
  for (const [name, value] of new URLSearchParams(query)) {
    if (!name.startsWith("response-") || overridable.includes(name)) continue;
    const message = `${name} is not in the set of overridable response headers. Please refer to the S3 API documentation for a complete list of overridable response headers.`;
    throw invalidArgument(message, name, value);
  }
}

/** The `response-…` parameters of the query replace headers of the answer. */
function overrides(ctx: Context, input: ReadInput) {
  const some =
    responseMembers.some((member) => input[member] !== undefined) || ctx.request.query.includes(responseExpires);
  if (ctx.principal.type === "anonymous" && some) {
    throw invalidRequest("Request specific response headers cannot be used for anonymous GET requests.");
  }
  return {
    ...(input.ResponseCacheControl === undefined ? {} : { CacheControl: input.ResponseCacheControl }),
    ...(input.ResponseContentDisposition === undefined ? {} : { ContentDisposition: input.ResponseContentDisposition }),
    ...(input.ResponseContentEncoding === undefined ? {} : { ContentEncoding: input.ResponseContentEncoding }),
    ...(input.ResponseContentLanguage === undefined ? {} : { ContentLanguage: input.ResponseContentLanguage }),
    ...(input.ResponseContentType === undefined ? {} : { ContentType: input.ResponseContentType }),
  };
}

/** `Expires` is given back as it was sent, be it a date or not; the SDK's member of the output knows dates alone. */
export function expiresHeader(query: string, { Expires }: ObjectMetadata) {
  const override = query.includes(responseExpires) ? new URLSearchParams(query).get(responseExpires) : null;
  const expires = override ?? Expires;
  return expires === undefined ? {} : { $metadata: { httpHeaders: { expires } } };
}
