import type { Kysely } from "kysely";

/** The bytes of small objects. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("s3_small_contents")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("bytes", "blob", (column) => column.notNull())
    .execute();
}
