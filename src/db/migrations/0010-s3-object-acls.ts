import type { Kysely } from "kysely";

/** Objects and uploads get an owner of their own, and what their access control lists grant. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ["s3_objects", "s3_uploads"]) {
    for (const column of ["owner", "acl"]) await db.schema.alterTable(table).addColumn(column, "text").execute();
  }
}
