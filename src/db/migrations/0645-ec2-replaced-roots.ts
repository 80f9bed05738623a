import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** Replaced root volumes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_replace_root_volume_tasks", {});
}
