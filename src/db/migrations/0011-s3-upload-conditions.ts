import type { Kysely } from "kysely";

/** An upload remembers which object it was begun over: one that was written meanwhile fails a conditional completion. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("s3_uploads").addColumn("replaces", "integer").execute();
}
