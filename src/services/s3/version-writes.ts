import assert from "node:assert";
import { type Insertable, sql, type Transaction } from "kysely";
import type { BlobId } from "../../blobs/blob-store.ts";
import type { Database } from "../../db/database.ts";
import { preparedQuery } from "../../db/prepared-query.ts";
import type { S3ObjectsTable } from "../../db/s3-tables.ts";
import type { Context, ServiceContext } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import { type Content, findNullVersion, type NewVersion, type ObjectRow, unreferencedBlobs } from "./object-rows.ts";
import { keepPlans, plansForVersion } from "./replication-plan.ts";
import { copyRow, insertRow, newRowId } from "./small-contents.ts";
import { newVersionId } from "./version-ids.ts";

/** What an answer says of a version that it made. */
export interface VersionOutput {
  readonly VersionId?: string;
}

/**
 * Makes a version the current one of its key. Hands out the blobs that nothing refers to any more.
 * `begun`: where the write began before this moment, as an upload in parts does.
 */
export async function insertVersion(
  ctx: ServiceContext,
  trx: Transaction<Database>,
  bucket: Bucket,
  version: NewVersion,
  begun: Date = ctx.now(),
): Promise<{ result: VersionOutput; unreferenced: BlobId[] }> {
  const versionId = newVersionId(ctx, bucket, begun);
  const plans = await plansForVersion(trx, bucket, version);
  const placed = plans.length === 0 ? version : pending(version);
  const replaced = await placeVersion(ctx, trx, bucket, { version: placed, versionId });
  await keepPlans(ctx, trx, { bucket_id: bucket.id, key: version.key, version_id: versionId }, plans);
  // Of the null version of a bucket whose versioning is suspended a write does not tell.
  const result = bucket.versioning === "Enabled" ? { VersionId: versionId } : {};
  return { result, unreferenced: await unreferencedBlobs(trx, replaced) };
}

/** Until it is in all of its destinations. */
function pending(version: NewVersion): NewVersion {
  const metadata = JSON.parse(version.attributes) as ObjectMetadata;
  return { ...version, attributes: JSON.stringify({ ...metadata, ReplicationStatus: "PENDING" }) };
}

/** Makes a version that has its id the current one of its key. Returns what the version held whose place it takes. */
export async function placeVersion(
  ctx: Pick<Context, "now">,
  trx: Transaction<Database>,
  bucket: Bucket,
  { version, versionId }: { readonly version: NewVersion; readonly versionId: string },
): Promise<Content[]> {
  const replaced = await makeRoom(trx, bucket, version.key);
  const { bytes, ...row } = version;
  const content_id = row.content_kind === "row" ? await keepRow(ctx, trx, version) : (row.content_id ?? null);
  await insertObject(trx, { ...row, content_id, bucket_id: bucket.id, version_id: versionId });
  return replaced;
}

/** A small content of its own: the bytes that came, or those of the version that it is a copy of. */
async function keepRow(
  ctx: Pick<Context, "now">,
  trx: Transaction<Database>,
  { content_id, bytes }: NewVersion,
): Promise<string> {
  assert(typeof content_id === "string");
  if (bytes !== undefined) {
    await insertRow(trx, content_id, bytes);
    return content_id;
  }
  const id = newRowId(ctx);
  await copyRow(trx, content_id, id);
  return id;
}

const insertObject = preparedQuery<Omit<Insertable<S3ObjectsTable>, "id" | "is_latest" | "is_delete_marker">, never>(
  (db, parameter) =>
    db.insertInto("s3_objects").values({
      bucket_id: parameter("bucket_id"),
      key: parameter("key"),
      version_id: parameter("version_id"),
      is_latest: sql.lit(1),
      is_delete_marker: sql.lit(0),
      content_id: parameter("content_id"),
      content_kind: parameter("content_kind"),
      size: parameter("size"),
      etag: parameter("etag"),
      last_modified: parameter("last_modified"),
      storage_class: parameter("storage_class"),
      checksum_algorithm: parameter("checksum_algorithm"),
      checksum_type: parameter("checksum_type"),
      checksum_value: parameter("checksum_value"),
      parts_count: parameter("parts_count"),
      tags: parameter("tags"),
      attributes: parameter("attributes"),
      owner: parameter("owner"),
      acl: parameter("acl"),
    }),
);

/** Hides a key behind a delete marker, whether or not there is anything to hide. */
export async function insertDeleteMarker(
  ctx: Pick<Context, "now" | "randomBytes">,
  trx: Transaction<Database>,
  bucket: Bucket,
  key: Buffer,
): Promise<{ versionId: string; replaced: Content[] }> {
  const versionId = newVersionId(ctx, bucket, ctx.now());
  return { versionId, replaced: await placeDeleteMarker(ctx, trx, bucket, { key, versionId }) };
}

/** The same for one that has its id. Returns what the version held whose place it takes. */
export async function placeDeleteMarker(
  ctx: Pick<Context, "now">,
  trx: Transaction<Database>,
  bucket: Bucket,
  { key, versionId }: { readonly key: Buffer; readonly versionId: string },
): Promise<Content[]> {
  const replaced = await makeRoom(trx, bucket, key);
  await trx
    .insertInto("s3_objects")
    .values({
      bucket_id: bucket.id,
      key,
      version_id: versionId,
      is_latest: 1,
      is_delete_marker: 1,
      content_id: null,
      content_kind: null,
      size: 0,
      etag: "",
      last_modified: ctx.now().setMilliseconds(0),
      storage_class: "STANDARD",
      attributes: "{}",
    })
    .execute();
  return replaced;
}

/** Removes a version for good; the next older one takes the place of a current one. Returns what the version held. */
export async function removeVersion(trx: Transaction<Database>, bucket: Bucket, row: ObjectRow): Promise<Content> {
  await trx.deleteFrom("s3_objects").where("id", "=", row.id).execute();
  if (row.is_latest === 1) {
    await trx
      .updateTable("s3_objects")
      .set({ is_latest: 1 })
      .where("id", "=", (eb) =>
        eb
          .selectFrom("s3_objects as older")
          .select((older) => older.fn.max("older.id").as("id"))
          .where("older.bucket_id", "=", bucket.id)
          .where("older.key", "=", row.key),
      )
      .execute();
  }
  return row;
}

/** A version that is gone, and what it held. */
type Removed = Content & Pick<ObjectRow, "key">;

/** Removes the objects of keys in a bucket that never had versioning. Returns those that there were. */
export async function removeObjects(
  trx: Transaction<Database>,
  bucket: Bucket,
  keys: readonly Buffer[],
): Promise<Removed[]> {
  const [first] = keys;
  if (first === undefined) return [];
  if (keys.length === 1) return removeOnlyVersion(trx, { id: bucket.id, key: first });
  return trx
    .deleteFrom("s3_objects")
    .where("bucket_id", "=", bucket.id)
    .where("key", "in", keys)
    .returning(["key", "content_id", "content_kind"])
    .execute();
}

const removeOnlyVersion = preparedQuery<{ id: number; key: Buffer }, Removed>((db, parameter) =>
  db
    .deleteFrom("s3_objects")
    .where("bucket_id", "=", parameter("id"))
    .where("key", "=", parameter("key"))
    .returning(["key", "content_id", "content_kind"]),
);

/** The same of a bucket that has, or had, versions. */
async function removeNullVersion(trx: Transaction<Database>, bucket: Bucket, key: Buffer): Promise<Removed[]> {
  const found = await findNullVersion(trx, bucket, key);
  if (found === undefined) return [];
  await trx.deleteFrom("s3_objects").where("id", "=", found.id).execute();
  return [found];
}

/** What comes next is in front of all versions of a key, and replaces the null version unless versioning is enabled. */
async function makeRoom(trx: Transaction<Database>, bucket: Bucket, key: Buffer): Promise<Content[]> {
  if (bucket.versioning === null) return removeObjects(trx, bucket, [key]);
  const replaced = bucket.versioning === "Enabled" ? [] : await removeNullVersion(trx, bucket, key);
  await trx
    .updateTable("s3_objects")
    .set({ is_latest: 0 })
    .where("bucket_id", "=", bucket.id)
    .where("key", "=", key)
    .where("is_latest", "=", 1)
    .execute();
  return replaced;
}
