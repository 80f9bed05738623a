import type { NetworkHub, PacketRoute } from "../../runtime/machine-packets.ts";
import { listResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { type StoredAttachment, transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { type StoredTransitRouteTable, transitGatewayRouteTables } from "./transit-gateway-route-tables.ts";
import type { StoredVpc } from "./vpcs.ts";

interface Known {
  readonly vpcs: ReadonlyMap<string, StoredVpc>;
  /** The blocks of each prefix list. */
  readonly listed: ReadonlyMap<string, readonly string[]>;
}

/**
 * Transit gateways with the VPCs that are attached to them. What comes from a VPC goes where the table leads that its attachment is
 * associated with: static routes before propagated ones, the most specific first:
 * https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html
 */
export async function readHubs(scope: Scope, known: Known): Promise<NetworkHub[]> {
  const attachments = (await listResources(scope, transitGatewayAttachments)).filter(
    ({ ResourceType, State }) => ResourceType === "vpc" && State === "available",
  );
  const tables = new Map(
    (await listResources(scope, transitGatewayRouteTables)).map((one) => [transitGatewayRouteTables.idOf(one), one]),
  );
  const byId = new Map(attachments.map((one) => [transitGatewayAttachments.idOf(one), one]));
  const gateways = new Set(attachments.map(({ TransitGatewayId = "" }) => TransitGatewayId));
  return [...gateways].map((id) => ({
    id,
    legs: attachments
      .filter(({ TransitGatewayId }) => TransitGatewayId === id)
      .map(({ ResourceId = "", Association }) => ({
        networkId: ResourceId,
        routes: routesOf(tables.get(Association?.TransitGatewayRouteTableId ?? ""), byId, known),
      })),
  }));
}

function routesOf(
  table: StoredTransitRouteTable | undefined,
  attachments: ReadonlyMap<string, StoredAttachment>,
  { vpcs, listed }: Known,
): PacketRoute[] {
  if (table === undefined || table.State === "deleted") return [];
  const route = (destinations: readonly string[], attachmentId: string | undefined, drops = false): PacketRoute => {
    const network = attachments.get(attachmentId ?? "")?.ResourceId;
    return { destinations, passes: !drops && network !== undefined, by: { network: network ?? "" } };
  };
  return [
    ...table.Routes.map(({ cidr, attachmentId, isBlackhole }) => route([cidr], attachmentId, isBlackhole)),
    ...table.PrefixLists.map(({ prefixListId, attachmentId }) => route(listed.get(prefixListId) ?? [], attachmentId)),
    ...table.Propagated.map((id) => route(blocksOf(vpcs.get(attachments.get(id)?.ResourceId ?? "")), id)),
  ];
}

function blocksOf(vpc: StoredVpc | undefined): string[] {
  return (vpc?.CidrBlockAssociationSet ?? []).flatMap(({ CidrBlock }) => CidrBlock ?? []);
}
