import type { Kysely } from "kysely";

/** The cluster that an instance is a member of. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("db_instances").addColumn("db_cluster_resource_id", "text").execute();
}
