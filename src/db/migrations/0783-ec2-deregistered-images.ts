import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** The ids of images that are deregistered: AWS knows them from those that never were. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_deregistered_images", {});
}
