import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** Branch interfaces of trunks. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_trunk_interface_associations", {});
}
