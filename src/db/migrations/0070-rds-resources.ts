import type { Kysely } from "kysely";

/** The families of RDS that are found by their names alone. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("rds_resources")
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("region", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("rds_resources_key", ["account_id", "region", "kind", "name"])
    .execute();
}
