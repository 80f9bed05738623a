import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_ipams", {});
  await createResourceTable(db, "ec2_ipam_scopes", {});
  await createResourceTable(db, "ec2_ipam_pools", {});
}
