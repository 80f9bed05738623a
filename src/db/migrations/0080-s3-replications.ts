import type { Kysely } from "kysely";

/** Versions that are still to be copied to another bucket. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("s3_replications")
    .addColumn("id", "integer", (c) => c.primaryKey().autoIncrement())
    .addColumn("bucket_id", "integer", (c) => c.notNull())
    .addColumn("key", "blob", (c) => c.notNull())
    .addColumn("version_id", "text", (c) => c.notNull())
    .addColumn("plan", "text", (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex("s3_replications_version")
    .on("s3_replications")
    .columns(["bucket_id", "key", "version_id"])
    .execute();
}
