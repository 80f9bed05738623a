import type { Kysely } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("db_instances")
    .addColumn("dbi_resource_id", "text", (column) => column.primaryKey())
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("region", "text", (column) => column.notNull())
    .addColumn("db_instance_identifier", "text", (column) => column.notNull())
    .addColumn("db_instance_status", "text", (column) => column.notNull())
    .addColumn("engine", "text", (column) => column.notNull())
    .addColumn("engine_version", "text", (column) => column.notNull())
    .addColumn("port", "integer", (column) => column.notNull().unique())
    .addColumn("instance_create_time", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addUniqueConstraint("db_instances_identifier", ["account_id", "region", "db_instance_identifier"])
    .execute();
  await db.schema
    .createTable("rds_tags")
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("region", "text", (column) => column.notNull())
    .addColumn("resource_arn", "text", (column) => column.notNull())
    .addColumn("tag_key", "text", (column) => column.notNull())
    .addColumn("tag_value", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("rds_tags_key", ["resource_arn", "tag_key"])
    .execute();
}
