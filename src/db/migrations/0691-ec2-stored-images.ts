import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** Images that are stored in buckets, and reports of who uses images. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_store_image_tasks", {});
  await createResourceTable(db, "ec2_image_usage_reports", {});
}
