import { type Kysely, sql } from "kysely";

/** Events that have not reached every webhook, and an index over the archived versions, which may have restored copies. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("s3_notifications")
    .addColumn("id", "integer", (c) => c.primaryKey().autoIncrement())
    .addColumn("made_at", "integer", (c) => c.notNull())
    .addColumn("target", "text", (c) => c.notNull())
    .addColumn("body", "text", (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex("s3_objects_archived")
    .on("s3_objects")
    .column("id")
    .where(sql.ref("storage_class"), "in", [sql.lit("GLACIER"), sql.lit("DEEP_ARCHIVE")])
    .execute();
}
