import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** What launches instances, what they are placed on, and an account's settings. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of [
    "ec2_capacity_reservation_fleets",
    "ec2_capacity_reservations",
    "ec2_fleets",
    "ec2_hosts",
    "ec2_instance_event_windows",
    "ec2_spot_fleet_requests",
  ]) {
    await createResourceTable(db, table, {});
  }
  await createResourceTable(db, "ec2_iam_instance_profile_associations", {
    columns: ["instance_id"],
    indexes: [["instance_id"]],
  });
  await createResourceTable(db, "ec2_launch_templates", {
    columns: ["launch_template_name"],
    unique: ["account_id", "region", "launch_template_name"],
  });
  await createResourceTable(db, "ec2_launch_template_versions", {
    columns: ["launch_template_id"],
    indexes: [["launch_template_id"]],
  });
  await createResourceTable(db, "ec2_placement_groups", {
    columns: ["group_name"],
    unique: ["account_id", "region", "group_name"],
  });
  await createResourceTable(db, "ec2_spot_instance_requests", {
    nullable: ["instance_id"],
    indexes: [["instance_id"]],
  });

  await db.schema
    .createTable("ec2_account_settings")
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("region", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("value", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("ec2_account_settings_pk", ["account_id", "region", "name"])
    .execute();
}
