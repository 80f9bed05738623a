import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** Connect peers, multicast domains and policy tables of transit gateways. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ["connect_peers", "multicast_domains", "policy_tables"]) {
    await createResourceTable(db, `ec2_transit_gateway_${table}`, {});
  }
}
