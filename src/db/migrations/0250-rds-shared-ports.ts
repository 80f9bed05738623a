import { type Kysely, sql } from "kysely";

const table = "db_instances";
const before = "db_instances_before";
const unchanged = [
  ...["dbi_resource_id", "account_id", "region", "db_instance_identifier", "db_instance_status", "engine"],
  ...["engine_version", "port", "instance_create_time", "document", "db_cluster_resource_id", "server_port"],
];

/** Several instances may have one port, where no servers run. SQLite takes a constraint away only with its table. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable(table).renameTo(before).execute();
  await db.schema
    .createTable(table)
    .addColumn("dbi_resource_id", "text", (column) => column.primaryKey())
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("region", "text", (column) => column.notNull())
    .addColumn("db_instance_identifier", "text", (column) => column.notNull())
    .addColumn("db_instance_status", "text", (column) => column.notNull())
    .addColumn("engine", "text", (column) => column.notNull())
    .addColumn("engine_version", "text", (column) => column.notNull())
    .addColumn("port", "integer", (column) => column.notNull())
    .addColumn("instance_create_time", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .addColumn("db_cluster_resource_id", "text")
    .addColumn("server_port", "integer")
    .addUniqueConstraint("db_instances_identifier", ["account_id", "region", "db_instance_identifier"])
    .execute();
  const columns = sql.join(unchanged.map((name) => sql.ref(name)));
  await sql`insert into ${sql.table(table)} (${columns}) select ${columns} from ${sql.table(before)}`.execute(db);
  await db.schema.dropTable(before).execute();
}
