import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** Paths and their analyses. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_network_insights_paths", {});
  await createResourceTable(db, "ec2_network_insights_analyses", {});
}
