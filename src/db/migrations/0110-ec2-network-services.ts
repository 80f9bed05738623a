import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** Exclusions from VPC block public access, Instance Connect endpoints, fast snapshot restores, traffic mirroring. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_vpc_block_public_access_exclusions", {});
  await createResourceTable(db, "ec2_instance_connect_endpoints", { columns: ["subnet_id"] });
  await createResourceTable(db, "ec2_fast_snapshot_restores", {
    columns: ["snapshot_id"],
    indexes: [["snapshot_id"]],
  });
  for (const table of ["ec2_traffic_mirror_filters", "ec2_traffic_mirror_targets", "ec2_traffic_mirror_sessions"]) {
    await createResourceTable(db, table, {});
  }
  await createResourceTable(db, "ec2_traffic_mirror_filter_rules", {
    columns: ["traffic_mirror_filter_id"],
    indexes: [["traffic_mirror_filter_id"]],
  });
}
