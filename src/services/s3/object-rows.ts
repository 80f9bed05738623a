import { type Insertable, type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { AwsError } from "../../aws/aws-error.ts";
import type { BlobId } from "../../blobs/blob-store.ts";
import type { Database } from "../../db/database.ts";
import { atOnce, preparedQuery } from "../../db/prepared-query.ts";
import type { S3ObjectsTable } from "../../db/s3-tables.ts";
import type { Context } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import {
  invalidArgument,
  keyTooLongError,
  methodNotAllowedForDeleteMarker,
  noSuchKey,
  noSuchVersion,
} from "./errors.ts";
import { requireObjectAccess } from "./object-access.ts";
import { removeRow } from "./small-contents.ts";

/** A version of an object as it is stored. */
export type ObjectRow = Selectable<S3ObjectsTable>;

/** Where a version's bytes are. */
export type Content = Pick<ObjectRow, "content_id" | "content_kind">;

/** A version to be written, before it has its place among the versions of its key. */
export type NewVersion = Omit<
  Insertable<S3ObjectsTable>,
  "id" | "bucket_id" | "version_id" | "is_latest" | "is_delete_marker"
> & {
  /** Of a small content that is not stored yet. */
  readonly bytes?: Uint8Array | undefined;
};

export interface ObjectInput {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
}

const maxKeyBytes = 1024;
/** The version of what was written while the bucket had no versioning, or had it suspended. */
export const nullVersion = "null";

/** The key as it is stored. */
export function objectKey(input: ObjectInput): Buffer {
  const key = Buffer.from(input.Key ?? "", "utf8");
  if (isKeyTooLong(key)) throw keyTooLongError(key.length, maxKeyBytes);
  return key;
}

export function isKeyTooLong(key: Buffer): boolean {
  return key.length > maxKeyBytes;
}

/** 32 letters, digits, dots and underscores: S3 takes those of other objects, too. https://github.com/getmoto/moto/issues/3884 */
export function isVersionId(text: string): boolean {
  return text === nullVersion || /^[\w.]{32}$/.test(text);
}

/** @throws InvalidArgument */
export function validateVersionId(versionId: string): void {
  if (isVersionId(versionId)) return;
  const message = versionId === "" ? "Version id cannot be the empty string" : "Invalid version id specified";
  throw invalidArgument(message, "versionId", versionId);
}

/** A version by its id or the current one, which may be a delete marker. */
export async function findVersion(
  db: Kysely<Database>,
  bucket: Bucket,
  input: ObjectInput,
): Promise<ObjectRow | undefined> {
  const key = objectKey(input);
  if (input.VersionId === undefined) return (await newestVersions(db, { bucketId: bucket.id, key }))[0];
  validateVersionId(input.VersionId);
  if (input.VersionId === nullVersion) return findNullVersion(db, bucket, key);
  return (await versionsById(db, { bucketId: bucket.id, key, versionId: input.VersionId }))[0];
}

const versionsById = preparedQuery<{ bucketId: number; key: Buffer; versionId: string }, ObjectRow>((db, parameter) =>
  db
    .selectFrom("s3_objects")
    .selectAll()
    .where("bucket_id", "=", parameter("bucketId"))
    .where("key", "=", parameter("key"))
    .where("version_id", "=", parameter("versionId"))
    .where("version_id", "<>", sql.lit(nullVersion)),
);

/** What was written while there were no versions, which may be an older version by now. */
export async function findNullVersion(
  db: Kysely<Database>,
  bucket: Bucket,
  key: Buffer,
): Promise<ObjectRow | undefined> {
  const ofKey = { bucketId: bucket.id, key };
  const [newest] = await newestVersions(db, ofKey);
  if (newest === undefined || newest.version_id === nullVersion) return newest;
  return (await olderNullVersions(db, ofKey))[0];
}

/** The literals are those of the index over these. */
const olderNullVersions = preparedQuery<{ bucketId: number; key: Buffer }, ObjectRow>((db, parameter) =>
  db
    .selectFrom("s3_objects")
    .selectAll()
    .where("bucket_id", "=", parameter("bucketId"))
    .where("key", "=", parameter("key"))
    .where("version_id", "=", sql.lit(nullVersion))
    .where("is_latest", "=", sql.lit(0)),
);

/** The same for the current one, where it can be had at once. */
export function currentVersion(db: Kysely<Database>, bucket: Bucket, key: string): ObjectRow | undefined {
  return atOnce(newestVersions(db, { bucketId: bucket.id, key: Buffer.from(key) }))[0];
}

const newestVersions = preparedQuery<{ bucketId: number; key: Buffer }, ObjectRow>((db, parameter) =>
  db
    .selectFrom("s3_objects")
    .selectAll()
    .where("bucket_id", "=", parameter("bucketId"))
    .where("key", "=", parameter("key"))
    .orderBy("id", "desc")
    .limit(sql.lit(1)),
);

/**
 * The version that a request names. A delete marker is none: reads and restores of a current one do not find the object, everything else
 * is not allowed. @throws NoSuchKey, NoSuchVersion, MethodNotAllowed
 */
export async function requireObject(
  ctx: Context,
  bucket: Bucket,
  input: ObjectInput,
  db: Kysely<Database> = ctx.db,
): Promise<ObjectRow> {
  const row = await findVersion(db, bucket, input);
  if (row === undefined) throw missingVersion(input);
  if (row.is_delete_marker === 0) {
    await requireObjectAccess(ctx, bucket, row);
    return row;
  }
  const { method } = ctx.request;
  const reads = method === "GET" || method === "HEAD";
  if (input.VersionId === undefined) {
    throw reads || method === "POST"
      ? noSuchKey(input.Key ?? "", deleteMarkerHeaders(row))
      : methodNotAllowedForDeleteMarker(method);
  }
  const lastModified = { "last-modified": new Date(row.last_modified).toUTCString() };
  throw methodNotAllowedForDeleteMarker(method, { ...deleteMarkerHeaders(row), ...(reads ? lastModified : {}) });
}

/** Whether what a version says of itself is JSON; what is not takes a look at the database by hand. */
export function isReadable({ attributes, tags }: Pick<ObjectRow, "attributes" | "tags">): boolean {
  try {
    JSON.parse(attributes);
    if (tags !== null) JSON.parse(tags);
    return true;
  } catch {
    return false;
  }
}

/** Which object a version is; null where there is none, or it is a delete marker. */
export function liveId(row: ObjectRow | undefined): number | null {
  return row === undefined || row.is_delete_marker !== 0 ? null : row.id;
}

/** NoSuchKey, or NoSuchVersion where a version is named. */
export function missingVersion({ Key = "", VersionId }: ObjectInput): AwsError {
  return VersionId === undefined ? noSuchKey(Key) : noSuchVersion(Key, VersionId);
}

export function deleteMarkerHeaders(row: ObjectRow): Record<string, string> {
  return { "x-amz-delete-marker": "true", "x-amz-version-id": row.version_id };
}

/** The version as answers name it: not at all in a bucket that never had versioning. */
export function versionOutput(bucket: Bucket, row: Pick<ObjectRow, "version_id">): { VersionId?: string } {
  return bucket.versioning === null ? {} : { VersionId: row.version_id };
}

/** Of contents whose versions are gone: removes those in the database, and returns the blobs of the others that no copy shares. */
export async function unreferencedBlobs(trx: Transaction<Database>, contents: readonly Content[]): Promise<BlobId[]> {
  const blobs: BlobId[] = [];
  const uploads: string[] = [];
  for (const { content_id: id, content_kind: kind } of contents) {
    if (id === null) continue;
    if (kind === "row") await removeRow(trx, id);
    else if ((await sharers(trx, { id })).length === 0) (kind === "blob" ? blobs : uploads).push(id);
  }
  return [...blobs, ...(await deleteParts(trx, uploads))];
}

const sharers = preparedQuery<{ id: string }, { content_id: string | null }>((db, parameter) =>
  db
    .selectFrom("s3_objects")
    .select("content_id")
    .where("content_id", "=", parameter("id"))
    .where("content_kind", "<>", sql.lit("row"))
    .limit(sql.lit(1)),
);

/** Removes all parts of uploads, or of the objects that came of them. Returns their blobs, which nothing else refers to. */
export async function deleteParts(trx: Transaction<Database>, uploadIds: readonly string[]): Promise<BlobId[]> {
  if (uploadIds.length === 0) return [];
  const parts = await trx.deleteFrom("s3_parts").where("upload_id", "in", uploadIds).returning("blob_id").execute();
  return parts.map((part) => part.blob_id);
}
