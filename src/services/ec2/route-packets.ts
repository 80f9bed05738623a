import type { Route } from "@aws-sdk/client-ec2";
import type { PacketRoute } from "../../runtime/machine-packets.ts";
import { type Ipv4Block, ipv4BlockContains, parseIpv4Block } from "./cidr.ts";
import { withMoved } from "./moved-blocks.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import type { PacketState } from "./packet-state.ts";

interface Way {
  readonly route: Route;
  readonly block: Ipv4Block;
  readonly text: string;
}

/**
 * Where the packets of an interface may go, the most specific route first:
 * https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html. An internet gateway takes those of interfaces with a public
 * address. What is no way here (transit and VPN gateways, endpoints, instances that forward) lets nothing pass.
 */
export function routesOf(state: PacketState, networkInterface: StoredNetworkInterface): PacketRoute[] {
  const isPublic = networkInterface.Association?.PublicIp !== undefined;
  return waysOf(state, networkInterface.SubnetId ?? "").map(({ route, block, text }) => ({
    destinations: withMoved([text], state.moved),
    passes: route.State === "active" && passes(state, { route, block, isPublic }),
  }));
}

function passes(state: PacketState, { route, block, isPublic }: { route: Route; block: Ipv4Block; isPublic: boolean }) {
  const { GatewayId = "", NatGatewayId, VpcPeeringConnectionId } = route;
  if (GatewayId.startsWith("igw-")) return isPublic;
  if (NatGatewayId !== undefined) return leadsOut(state, state.subnetsOfGateways.get(NatGatewayId) ?? "", block);
  return GatewayId === "local" || VpcPeeringConnectionId !== undefined;
}

/** Whether a NAT gateway in this subnet reaches the block by an internet gateway. */
function leadsOut(state: PacketState, subnetId: string, block: Ipv4Block): boolean {
  const way = waysOf(state, subnetId).find((one) => ipv4BlockContains(one.block, block));
  return way?.route.State === "active" && way.route.GatewayId?.startsWith("igw-") === true;
}

function waysOf(state: PacketState, subnetId: string): Way[] {
  const ways = (state.routeTableOf(subnetId)?.Routes ?? []).flatMap((route) => {
    const { DestinationCidrBlock, DestinationPrefixListId = "" } = route;
    const texts =
      DestinationCidrBlock === undefined ? state.listed.get(DestinationPrefixListId) : [DestinationCidrBlock];
    return (texts ?? []).flatMap((text) => {
      const block = parseIpv4Block(text);
      return block === undefined ? [] : [{ route, block, text }];
    });
  });
  return ways.sort((one, other) => other.block.prefixLength - one.block.prefixLength);
}
