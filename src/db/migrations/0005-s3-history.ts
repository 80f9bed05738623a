import type { Kysely } from "kysely";

/** A key's versions are listed newest first: the index has them in that order, so that a page needs no sorting. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropIndex("s3_objects_history").execute();
  await db.schema.createIndex("s3_objects_history").on("s3_objects").columns(["bucket_id", "key", "id desc"]).execute();
}
