import type { Kysely } from "kysely";
import { createResourceTable } from "./ec2-resource-table.ts";

/** The families around a VPC, and which public addresses are taken. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createResourceTable(db, "ec2_addresses", {
    columns: ["public_ip"],
    nullable: ["network_interface_id", "association_id"],
    indexes: [["network_interface_id"], ["public_ip"]],
  });
  for (const table of ["ec2_carrier_gateways", "ec2_nat_gateways", "ec2_vpc_endpoints"]) {
    await createResourceTable(db, table, { columns: ["vpc_id"], indexes: [["vpc_id"]] });
  }
  for (const table of [
    "ec2_customer_gateways",
    "ec2_egress_only_internet_gateways",
    "ec2_flow_logs",
    "ec2_managed_prefix_lists",
    "ec2_transit_gateways",
    "ec2_vpc_endpoint_services",
    "ec2_vpn_connections",
    "ec2_vpn_gateways",
  ]) {
    await createResourceTable(db, table, {});
  }
  const ofTransitGateway = { columns: ["transit_gateway_id"], indexes: [["transit_gateway_id"]] };
  await createResourceTable(db, "ec2_transit_gateway_attachments", { ...ofTransitGateway, shared: true });
  await createResourceTable(db, "ec2_transit_gateway_route_tables", ofTransitGateway);
  await createResourceTable(db, "ec2_vpc_peering_connections", { shared: true });
  await createResourceTable(db, "ec2_network_interface_permissions", {
    columns: ["network_interface_id"],
    indexes: [["network_interface_id"]],
  });
  await createResourceTable(db, "ec2_security_group_vpc_associations", {
    columns: ["group_id", "vpc_id"],
    unique: ["group_id", "vpc_id"],
    indexes: [["vpc_id"]],
  });
  await createResourceTable(db, "ec2_subnet_cidr_reservations", { columns: ["subnet_id"], indexes: [["subnet_id"]] });

  await db.schema.alterTable("ec2_network_interfaces").addColumn("other_addresses", "text").execute();

  await db.schema
    .createTable("ec2_public_addresses")
    .addColumn("address", "text", (column) => column.primaryKey())
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("region", "text", (column) => column.notNull())
    .addColumn("holder", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("ec2_public_addresses_by_holder")
    .on("ec2_public_addresses")
    .columns(["holder"])
    .execute();
}
