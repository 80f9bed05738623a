import type { NatGateway, NetworkAcl, RouteTable, Subnet } from "@aws-sdk/client-ec2";
import type { NetworkHub } from "../../runtime/machine-packets.ts";
import { type MovedBlock, movedBlocks } from "./moved-blocks.ts";
import { natGateways } from "./nat-gateways.ts";
import { networkAcls } from "./network-acls.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { peeringConnections } from "./peering-connections.ts";
import { prefixLists, prefixListsOfAws } from "./prefix-lists.ts";
import { listResources, type Resource } from "./resource.ts";
import { routeTables } from "./route-tables.ts";
import type { Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { readHubs } from "./transit-packets.ts";
import { type PublicAccess, readPublicAccess } from "./vpc-block-public-access.ts";
import { type StoredVpc, vpcs } from "./vpcs.ts";

/** What decides in an account's region which packets pass, read once. */
export interface PacketState {
  readonly interfaces: readonly StoredNetworkInterface[];
  readonly vpcs: ReadonlyMap<string, StoredVpc>;
  readonly subnets: ReadonlyMap<string, Subnet>;
  readonly moved: readonly MovedBlock[];
  /** The blocks of each prefix list. */
  readonly listed: ReadonlyMap<string, readonly string[]>;
  /** The public NAT gateways. */
  readonly natGateways: ReadonlyMap<string, NatGateway>;
  /** The active connections, with the VPCs that they join. */
  readonly peerings: readonly { readonly id: string; readonly pair: readonly [string, string] }[];
  /** Transit gateways with attached VPCs. */
  readonly hubs: readonly NetworkHub[];
  readonly publicAccess: PublicAccess;
  aclOf(subnetId: string): NetworkAcl | undefined;
  /** The table of its own, or the main one of its VPC. */
  routeTableOf(subnetId: string): RouteTable | undefined;
}

export async function readPacketState(scope: Scope): Promise<PacketState> {
  const byId = async <Shape>(resource: Resource<Shape>) =>
    new Map((await listResources(scope, resource)).map((shape) => [resource.idOf(shape), shape]));
  const interfaces = await listResources(scope, networkInterfaces);
  const nets = { vpcs: await byId(vpcs), subnets: await byId(subnets) };
  const acls = new Map<string, NetworkAcl>();
  for (const acl of await listResources(scope, networkAcls)) {
    for (const { SubnetId = "" } of acl.Associations ?? []) acls.set(SubnetId, acl);
  }
  const tables = new Map<string, RouteTable>();
  for (const table of await listResources(scope, routeTables)) {
    for (const { Main, SubnetId } of table.Associations ?? []) {
      tables.set(Main === true ? (table.VpcId ?? "") : (SubnetId ?? ""), table);
    }
  }
  const gateways = (await listResources(scope, natGateways)).filter(
    ({ ConnectivityType, State }) => ConnectivityType !== "private" && State === "available",
  );
  const listed = new Map(
    [...prefixListsOfAws(scope.region), ...(await listResources(scope, prefixLists))].map((list) => [
      prefixLists.idOf(list),
      list.Entries.flatMap(({ Cidr }) => Cidr ?? []),
    ]),
  );
  return {
    ...nets,
    interfaces,
    moved: movedBlocks(interfaces, nets),
    listed,
    hubs: await readHubs(scope, { vpcs: nets.vpcs, listed }),
    natGateways: new Map(gateways.map((gateway) => [natGateways.idOf(gateway), gateway])),
    peerings: (await listResources(scope, peeringConnections))
      .filter(({ Status }) => Status?.Code === "active")
      .map((one) => ({
        id: peeringConnections.idOf(one),
        pair: [one.RequesterVpcInfo?.VpcId ?? "", one.AccepterVpcInfo?.VpcId ?? ""],
      })),
    publicAccess: await readPublicAccess(scope),
    aclOf: (subnetId) => acls.get(subnetId),
    routeTableOf: (subnetId) => tables.get(subnetId) ?? tables.get(nets.subnets.get(subnetId)?.VpcId ?? ""),
  };
}
