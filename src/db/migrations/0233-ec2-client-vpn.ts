import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** Client VPN endpoints. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_client_vpn_endpoints", {});
}
