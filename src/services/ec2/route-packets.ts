import type { Route } from "@aws-sdk/client-ec2";
import type { PacketRoute } from "../../runtime/machine-packets.ts";
import { type Ipv4Block, ipv4BlockContains, parseIpv4Block } from "./cidr.ts";
import { withMoved } from "./moved-blocks.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import type { PacketState } from "./packet-state.ts";
import { publicAddressBlock } from "./public-addresses.ts";

interface Way {
  readonly route: Route;
  readonly block: Ipv4Block;
  readonly text: string;
}

/**
 * Where the packets of an interface may go, the most specific route first:
 * https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html. An internet gateway takes those of interfaces with a public
 * address. What is no way here (VPN gateways, endpoints) lets nothing pass.
 */
export function routesOf(state: PacketState, networkInterface: StoredNetworkInterface): PacketRoute[] {
  const routes = waysOf(state, networkInterface.SubnetId ?? "").map((way): PacketRoute => {
    const destinations = withMoved([way.text], state.moved);
    const by = byOf(state, networkInterface, way.route);
    return { destinations, passes: passes(state, networkInterface, way), ...(by === undefined ? {} : { by }) };
  });
  return [
    ...(publicAddressOf(state, networkInterface) === undefined
      ? []
      : [{ destinations: [publicAddressBlock], passes: true }]),
    ...routes,
  ];
}

/** What leads out of the network has nothing of it. */
function byOf(state: PacketState, { VpcId = "" }: StoredNetworkInterface, route: Route): PacketRoute["by"] {
  const { GatewayId, NetworkInterfaceId, TransitGatewayId, VpcPeeringConnectionId } = route;
  if (GatewayId === "local") return { network: VpcId };
  if (TransitGatewayId !== undefined) return { network: TransitGatewayId };
  const target = targetOf(state, NetworkInterfaceId);
  if (target !== undefined) return { address: target.PrivateIpAddress ?? "" };
  const peering = state.peerings.find(({ id }) => id === VpcPeeringConnectionId);
  return peering && { network: peering.pair.find((id) => id !== VpcId) ?? "" };
}

/** The address that an interface has for others' public addresses: its own, or its NAT gateway's. */
export function publicAddressOf(
  state: PacketState,
  networkInterface: StoredNetworkInterface,
): { readonly address: string; readonly inward: boolean } | undefined {
  const way = wayTo(state, networkInterface.SubnetId ?? "", parseIpv4Block(publicAddressBlock));
  if (way === undefined || !passes(state, networkInterface, way)) return undefined;
  if (way.route.NetworkInterfaceId !== undefined || way.route.TransitGatewayId !== undefined) return undefined;
  const gateway = state.natGateways.get(way.route.NatGatewayId ?? "");
  const address =
    gateway === undefined ? networkInterface.Association?.PublicIp : gateway.NatGatewayAddresses?.[0]?.PublicIp;
  if (address === undefined) return undefined;
  return { address, inward: gateway === undefined && !egressAlone(state, networkInterface) };
}

function passes(state: PacketState, networkInterface: StoredNetworkInterface, { route, block }: Way): boolean {
  const { GatewayId = "", NatGatewayId, State, VpcPeeringConnectionId } = route;
  if (State !== "active") return false;
  if (GatewayId.startsWith("igw-")) {
    return networkInterface.Association?.PublicIp !== undefined && !isBlocked(state, networkInterface);
  }
  if (NatGatewayId !== undefined) {
    const gateway = state.natGateways.get(NatGatewayId);
    if (state.publicAccess.mode === "block-bidirectional" && isBlocked(state, gateway ?? {})) return false;
    return leadsOut(state, gateway?.SubnetId ?? "", block);
  }
  const { NetworkInterfaceId, TransitGatewayId } = route;
  if (TransitGatewayId !== undefined) {
    const hub = state.hubs.find(({ id }) => id === TransitGatewayId);
    return hub?.legs.some(({ networkId }) => networkId === networkInterface.VpcId) === true;
  }
  if (NetworkInterfaceId !== undefined) {
    const target = targetOf(state, NetworkInterfaceId);
    return target?.SourceDestCheck === false && target.Attachment?.InstanceId !== undefined;
  }
  return GatewayId === "local" || VpcPeeringConnectionId !== undefined;
}

/** The interface of an instance that forwards. */
function targetOf({ interfaces }: PacketState, id: string | undefined): StoredNetworkInterface | undefined {
  return id === undefined ? undefined : interfaces.find(({ NetworkInterfaceId }) => NetworkInterfaceId === id);
}

type Place = Parameters<PacketState["publicAccess"]["exclusionOf"]>[0];

/** By the account's VPC block public access. */
function isBlocked({ publicAccess }: PacketState, place: Place): boolean {
  const { mode } = publicAccess;
  if (mode === "off") return false;
  const exclusion = publicAccess.exclusionOf(place);
  return exclusion === undefined || (mode === "block-ingress" && exclusion === "allow-egress");
}

function egressAlone({ publicAccess }: PacketState, place: Place): boolean {
  return publicAccess.mode !== "off" && publicAccess.exclusionOf(place) === "allow-egress";
}

/** Whether a NAT gateway in this subnet reaches the block by an internet gateway. */
function leadsOut(state: PacketState, subnetId: string, block: Ipv4Block): boolean {
  const way = wayTo(state, subnetId, block);
  return way?.route.State === "active" && way.route.GatewayId?.startsWith("igw-") === true;
}

function wayTo(state: PacketState, subnetId: string, block: Ipv4Block | undefined): Way | undefined {
  return waysOf(state, subnetId).find((one) => block !== undefined && ipv4BlockContains(one.block, block));
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
