import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("buckets")
    .addColumn("id", "integer", (c) => c.primaryKey().autoIncrement())
    .addColumn("name", "text", (c) => c.notNull().unique())
    .addColumn("account_id", "text", (c) => c.notNull())
    .addColumn("region", "text", (c) => c.notNull())
    .addColumn("created_at", "bigint", (c) => c.notNull())
    .addColumn("versioning", "text")
    .execute();
  await db.schema
    .createTable("s3_bucket_configurations")
    .addColumn("bucket_id", "integer", (c) => c.notNull().references("buckets.id").onDelete("cascade"))
    .addColumn("name", "text", (c) => c.notNull())
    .addColumn("body", "text", (c) => c.notNull())
    .addPrimaryKeyConstraint("s3_bucket_configurations_pk", ["bucket_id", "name"])
    .execute();
  await createObjects(db);
  await createUploads(db);
}

async function createObjects(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("s3_objects")
    .addColumn("id", "integer", (c) => c.primaryKey().autoIncrement())
    .addColumn("bucket_id", "integer", (c) => c.notNull().references("buckets.id"))
    .addColumn("key", "blob", (c) => c.notNull())
    .addColumn("version_id", "text", (c) => c.notNull())
    .addColumn("is_latest", "integer", (c) => c.notNull())
    .addColumn("is_delete_marker", "integer", (c) => c.notNull())
    .addColumn("content_id", "text")
    .addColumn("content_kind", "text")
    .addColumn("size", "bigint", (c) => c.notNull())
    .addColumn("etag", "text", (c) => c.notNull())
    .addColumn("last_modified", "bigint", (c) => c.notNull())
    .addColumn("storage_class", "text", (c) => c.notNull())
    .addColumn("checksum_algorithm", "text")
    .addColumn("checksum_type", "text")
    .addColumn("checksum_value", "text")
    .addColumn("parts_count", "integer")
    .addColumn("tags", "text")
    .addColumn("attributes", "text", (c) => c.notNull())
    .addUniqueConstraint("s3_objects_version", ["bucket_id", "key", "version_id"])
    .execute();
  // The newest version of a key, and its versions in order.
  await db.schema.createIndex("s3_objects_history").on("s3_objects").columns(["bucket_id", "key", "id"]).execute();
  // What a listing shows, whatever older versions and delete markers lie between.
  await db.schema
    .createIndex("s3_objects_listed")
    .unique()
    .on("s3_objects")
    .columns(["bucket_id", "key"])
    .where(sql.ref("is_latest"), "=", sql.lit(1))
    .where(sql.ref("is_delete_marker"), "=", sql.lit(0))
    .execute();
  await db.schema.createIndex("s3_objects_content").on("s3_objects").column("content_id").execute();
}

async function createUploads(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("s3_uploads")
    .addColumn("id", "text", (c) => c.primaryKey())
    .addColumn("bucket_id", "integer", (c) => c.notNull().references("buckets.id"))
    .addColumn("key", "blob", (c) => c.notNull())
    .addColumn("initiated", "bigint", (c) => c.notNull())
    .addColumn("initiator", "text", (c) => c.notNull())
    .addColumn("storage_class", "text", (c) => c.notNull())
    .addColumn("checksum_algorithm", "text")
    .addColumn("checksum_type", "text")
    .addColumn("tags", "text")
    .addColumn("attributes", "text", (c) => c.notNull())
    .execute();
  await db.schema.createIndex("s3_uploads_key").on("s3_uploads").columns(["bucket_id", "key", "id"]).execute();
  await db.schema
    .createTable("s3_parts")
    .addColumn("upload_id", "text", (c) => c.notNull())
    .addColumn("part_number", "integer", (c) => c.notNull())
    .addColumn("blob_id", "text", (c) => c.notNull())
    .addColumn("size", "bigint", (c) => c.notNull())
    .addColumn("start", "bigint")
    .addColumn("etag", "text", (c) => c.notNull())
    .addColumn("last_modified", "bigint", (c) => c.notNull())
    .addColumn("checksums", "text", (c) => c.notNull())
    .addPrimaryKeyConstraint("s3_parts_pk", ["upload_id", "part_number"])
    .execute();
  await db.schema.createIndex("s3_parts_blob").on("s3_parts").column("blob_id").execute();
}
