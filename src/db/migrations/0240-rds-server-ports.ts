import type { Kysely } from "kysely";

/** Instances whose port leads to their server by way of LocalAWS. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("db_instances").addColumn("server_port", "integer").execute();
}
