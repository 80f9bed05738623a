import type { Kysely } from "kysely";

/** What the servers of DB instances go by: of a group's parameters some wait for a reboot. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("rds_applied_parameters")
    .addColumn("dbi_resource_id", "text", (column) => column.primaryKey())
    .addColumn("parameters", "text", (column) => column.notNull())
    .execute();
}
