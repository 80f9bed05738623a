import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** Snapshots, and an account's own images. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_snapshots", { columns: ["volume_id"], indexes: [["volume_id"]] });
  await createResourceTable(db, "ec2_images", { columns: ["name"], indexes: [["name"]] });
}
