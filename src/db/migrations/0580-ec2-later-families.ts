import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** Route servers, what IPAMs discover, Verified Access. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_route_servers", {});
  await createResourceTable(db, "ec2_route_server_endpoints", {});
  await createResourceTable(db, "ec2_route_server_peers", {});
  await createResourceTable(db, "ec2_ipam_resource_discoveries", {});
  await createResourceTable(db, "ec2_ipam_resource_discovery_associations", {});
  await createResourceTable(db, "ec2_verified_access_endpoints", {});
  await createResourceTable(db, "ec2_verified_access_groups", {});
  await createResourceTable(db, "ec2_verified_access_instances", {});
  await createResourceTable(db, "ec2_verified_access_trust_providers", {});
}
