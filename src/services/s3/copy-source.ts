import type { Context } from "../service-context.ts";
import { logPart } from "./access-log.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import { checkCopyConditions } from "./conditions.ts";
import { type HeldContent, holdContent } from "./content.ts";
import { copySourceKeyInput, proveSourceKey, readKey } from "./customer-keys.ts";
import { copySourceIsDeleteMarker, invalidArgument, invalidCopySourceState, noSuchKey } from "./errors.ts";
import { requireObjectAccess } from "./object-access.ts";
import { requireVersion4 } from "./object-encryption.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import { requireReadable } from "./object-restore.ts";
import { deleteMarkerHeaders, findVersion, missingVersion, type ObjectRow, versionOutput } from "./object-rows.ts";

interface CopySource {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId: string | undefined;
}

interface CopyInput {
  readonly CopySource?: string | undefined;
  readonly ExpectedSourceBucketOwner?: string | undefined;
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: Date | undefined;
  readonly CopySourceIfUnmodifiedSince?: Date | undefined;
  readonly CopySourceSSECustomerAlgorithm?: string | undefined;
  readonly CopySourceSSECustomerKey?: string | undefined;
  readonly CopySourceSSECustomerKeyMD5?: string | undefined;
}

/** `/bucket/key?versionId=…`, percent-encoded, with or without the first slash. @throws InvalidArgument */
function parseCopySource(header: string | undefined): CopySource {
  const value = header ?? "";
  const [path = "", query] = split(value, "?versionId=");
  const [bucket = "", key] = split(decoded(path).replace(/^\//, ""), "/");
  if (bucket === "") throw invalidArgument("Invalid copy source bucket name", "x-amz-copy-source", value);
  if (!key) throw invalidArgument("Invalid copy source object key", "x-amz-copy-source", value);
  return { Bucket: bucket, Key: key, VersionId: query === undefined ? undefined : decoded(query) };
}

function split(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidArgument("Invalid copy source encoding.", "x-amz-copy-source", text);
  }
}

/** A source whose bytes stay readable until `release` is called. */
export interface HeldSource extends HeldContent {
  readonly bucket: Bucket;
  readonly object: ObjectRow;
  /** Whether the request says which version, be it the current one. */
  readonly versionNamed: boolean;
}

/** Finds the source of a copy, checks its conditions and keeps its bytes. */
export async function holdCopySource(ctx: Context, input: CopyInput): Promise<HeldSource> {
  const source = parseCopySource(input.CopySource);
  const expected = input.ExpectedSourceBucketOwner;
  const bucket = await requireBucket(ctx, { ...source, ExpectedBucketOwner: expected }, ctx.db, "GetObject");
  for (let attempt = 0; attempt < 10; attempt++) {
    const object = await requireSource(ctx, bucket, source);
    const metadata = JSON.parse(object.attributes) as ObjectMetadata;
    const key = readKey(metadata, copySourceKeyInput(input));
    requireVersion4(ctx, metadata);
    checkCopyConditions(input, object, ctx.now());
    proveSourceKey(metadata, key);
    requireReadable(ctx, object, invalidCopySourceState);
    const content = await holdContent(ctx, object, key);
    if (content === undefined) continue;
    logPart(ctx, bucket, {
      operation: ctx.operation === "CopyObject" ? "REST.COPY.OBJECT_GET" : "REST.COPY.PART_GET",
      ...{ key: source.Key, status: 200, errorCode: undefined, objectSize: object.size },
      versionId: versionOutput(bucket, object).VersionId,
    });
    return { ...content, bucket, object, versionNamed: source.VersionId !== undefined };
  }
  throw noSuchKey(source.Key);
}

/** The version of the source as the answer to a copy names it. */
export function copySourceVersion({ bucket, object }: HeldSource): { CopySourceVersionId?: string } {
  return bucket.versioning === null ? {} : { CopySourceVersionId: object.version_id };
}

async function requireSource(ctx: Context, bucket: Bucket, source: CopySource): Promise<ObjectRow> {
  const row = await findVersion(ctx.db, bucket, source);
  if (row === undefined) throw missingVersion(source);
  if (row.is_delete_marker === 0) {
    await requireObjectAccess(ctx, bucket, row, "GetObject");
    return row;
  }
  if (source.VersionId === undefined) throw noSuchKey(source.Key, deleteMarkerHeaders(row));
  throw copySourceIsDeleteMarker();
}
