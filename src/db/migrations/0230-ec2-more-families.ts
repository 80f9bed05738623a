import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** Notifications of endpoints. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_vpc_endpoint_connection_notifications", {});
}
