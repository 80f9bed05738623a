import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "instances", {
    columns: ["state", "reservation_id", "image_id", "instance_type"],
    nullable: ["vpc_id", "subnet_id", "private_ip_address", "terminated_at"],
    indexes: [["state"]],
  });
  await createResourceTable(db, "ec2_key_pairs", {
    columns: ["key_name"],
    unique: ["account_id", "region", "key_name"],
  });
  await createResourceTable(db, "ec2_volumes", { nullable: ["instance_id"], indexes: [["instance_id"]] });
  await createResourceTable(db, "ec2_network_interfaces", {
    columns: ["vpc_id", "subnet_id", "private_ip_address", "assigned_ip_address"],
    nullable: ["instance_id"],
    indexes: [["instance_id"], ["vpc_id"], ["subnet_id"]],
  });
  await createResourceTable(db, "ec2_security_groups", {
    columns: ["vpc_id", "group_name"],
    unique: ["vpc_id", "group_name"],
  });
  await createResourceTable(db, "ec2_security_group_rules", { columns: ["group_id"], indexes: [["group_id"]] });
  await createResourceTable(db, "ec2_vpcs", {});
  for (const table of ["ec2_subnets", "ec2_route_tables", "ec2_network_acls"]) {
    await createResourceTable(db, table, { columns: ["vpc_id"], indexes: [["vpc_id"]] });
  }
  await createResourceTable(db, "ec2_internet_gateways", {});
  await createResourceTable(db, "ec2_dhcp_options", {});

  await db.schema
    .createTable("ec2_tags")
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("region", "text", (column) => column.notNull())
    .addColumn("resource_id", "text", (column) => column.notNull())
    .addColumn("resource_type", "text", (column) => column.notNull())
    .addColumn("key", "text", (column) => column.notNull())
    .addColumn("value", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("ec2_tags_pk", ["account_id", "region", "resource_id", "key"])
    .execute();
  await db.schema
    .createIndex("ec2_tags_by_key")
    .on("ec2_tags")
    .columns(["account_id", "region", "resource_type", "key", "value"])
    .execute();

  await db.schema
    .createTable("ec2_initialized_regions")
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("region", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("ec2_initialized_regions_pk", ["account_id", "region"])
    .execute();

  await db.schema
    .createTable("ec2_client_tokens")
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("region", "text", (column) => column.notNull())
    .addColumn("operation", "text", (column) => column.notNull())
    .addColumn("token", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("resource_ids", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("ec2_client_tokens_pk", ["account_id", "region", "operation", "token"])
    .execute();
}
