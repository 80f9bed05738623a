import type { Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("sts_sessions")
    .addColumn("access_key_id", "text", (column) => column.primaryKey())
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("secret_access_key", "text", (column) => column.notNull())
    .addColumn("session_token", "text", (column) => column.notNull())
    .addColumn("expires_at", "bigint", (column) => column.notNull())
    .addColumn("principal", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("sts_sessions_by_expiry").on("sts_sessions").column("expires_at").execute();
}
