import type {
  AnalysisRouteTableRoute,
  Explanation,
  NetworkAclEntry,
  PathComponent,
  Route,
  RouteTable,
  SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import { ipv4BlockContains, parseIpv4Block } from "./cidr.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import { toComponent } from "./network-path-components.ts";
import type { PacketState } from "./packet-state.ts";
import type { Scope } from "./scope.ts";
import { rulesOfGroups } from "./stored-rules.ts";

/** What is not said may be anything. */
export interface PathPacket {
  readonly protocol: "tcp" | "udp";
  readonly port: number | undefined;
  readonly source: string | undefined;
  readonly destination: string | undefined;
}

type Direction = "ingress" | "egress";
type Check = { readonly component: PathComponent } | { readonly explanation: Explanation };

const anywhere = "0.0.0.0/0";
const protocolNumbers = { tcp: "6", udp: "17" } as const;

/** The rule of an interface's groups that lets a packet through. */
export async function checkGroups(
  scope: Scope,
  state: PacketState,
  asked: {
    networkInterface: StoredNetworkInterface;
    peer: StoredNetworkInterface | undefined;
    direction: Direction;
    packet: PathPacket;
  },
): Promise<Check> {
  const { networkInterface, peer, direction, packet } = asked;
  const groupIds = (networkInterface.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
  const address = direction === "egress" ? packet.destination : packet.source;
  const rules = await rulesOfGroups(scope, groupIds);
  const found = rules.find(
    (rule) =>
      (rule.IsEgress === true) === (direction === "egress") &&
      hasProtocol(rule, packet) &&
      isPeer(state, rule, { address, peer }),
  );
  if (found === undefined) {
    return {
      explanation: {
        ExplanationCode: "ENI_SG_RULES_MISMATCH",
        Direction: direction,
        NetworkInterface: toComponent(scope, networkInterface.NetworkInterfaceId),
        SecurityGroups: groupIds.map((id) => toComponent(scope, id)),
        Subnet: toComponent(scope, networkInterface.SubnetId),
        Vpc: toComponent(scope, networkInterface.VpcId),
      },
    };
  }
  const { GroupId, ReferencedGroupInfo, PrefixListId, CidrIpv4, FromPort = -1, ToPort = -1 } = found;
  return {
    component: {
      Component: toComponent(scope, GroupId),
      SecurityGroupRule: {
        Direction: direction,
        Protocol: found.IpProtocol === "-1" ? "all" : found.IpProtocol,
        ...(FromPort >= 0 ? { PortRange: { From: FromPort, To: ToPort } } : {}),
        ...(CidrIpv4 === undefined ? {} : { Cidr: CidrIpv4 }),
        ...(PrefixListId === undefined ? {} : { PrefixListId }),
        ...(ReferencedGroupInfo === undefined ? {} : { SecurityGroupId: ReferencedGroupInfo.GroupId }),
      },
    },
  };
}

function hasProtocol({ IpProtocol, FromPort = -1, ToPort = -1 }: SecurityGroupRule, packet: PathPacket): boolean {
  if (IpProtocol === "-1") return true;
  if (IpProtocol !== packet.protocol && IpProtocol !== protocolNumbers[packet.protocol]) return false;
  return packet.port === undefined || FromPort < 0 || (packet.port >= FromPort && packet.port <= ToPort);
}

function isPeer(
  state: PacketState,
  { CidrIpv4, PrefixListId, ReferencedGroupInfo }: SecurityGroupRule,
  { address, peer }: { address: string | undefined; peer: StoredNetworkInterface | undefined },
): boolean {
  if (ReferencedGroupInfo !== undefined) {
    return peer?.Groups?.some(({ GroupId }) => GroupId === ReferencedGroupInfo.GroupId) === true;
  }
  const blocks = CidrIpv4 === undefined ? (state.listed.get(PrefixListId ?? "") ?? []) : [CidrIpv4];
  return blocks.some((block) => address === undefined || contains(block, address));
}

/** The first entry of the subnet's ACL that a packet matches. */
export function checkAcl(
  scope: Scope,
  state: PacketState,
  { subnetId, direction, packet }: { subnetId: string; direction: Direction; packet: PathPacket },
): Check {
  const acl = state.aclOf(subnetId);
  const address = direction === "egress" ? packet.destination : packet.source;
  const entry = [...(acl?.Entries ?? [])]
    .sort((one, other) => (one.RuleNumber ?? 0) - (other.RuleNumber ?? 0))
    .find((one) => (one.Egress === true) === (direction === "egress") && decides(one, packet, address));
  const Acl = toComponent(scope, acl?.NetworkAclId);
  const Subnet = toComponent(scope, subnetId);
  const AclRule = {
    Cidr: entry?.CidrBlock,
    Egress: direction === "egress",
    PortRange: entry?.PortRange,
    Protocol: entry?.Protocol === "-1" ? "all" : entry?.Protocol,
    RuleAction: entry?.RuleAction,
    RuleNumber: entry?.RuleNumber,
  };
  if (entry?.RuleAction === "allow") return { component: { Component: Acl, AclRule, Subnet } };
  return { explanation: { ExplanationCode: "SUBNET_ACL_RESTRICTION", Acl, AclRule, Direction: direction, Subnet } };
}

/** Where the packet may be any of several, an entry refuses it only when it refuses them all. */
function decides(entry: NetworkAclEntry, { protocol, port }: PathPacket, address: string | undefined): boolean {
  const { Protocol = "-1", PortRange, CidrBlock, RuleAction } = entry;
  if (CidrBlock === undefined || (Protocol !== "-1" && Protocol !== protocolNumbers[protocol])) return false;
  const allows = RuleAction === "allow";
  const { From = 0, To = 65535 } = PortRange ?? {};
  const hasPort = port === undefined ? allows || (From === 0 && To === 65535) : port >= From && port <= To;
  const hasAddress = address === undefined ? allows || CidrBlock === anywhere : contains(CidrBlock, address);
  return hasPort && hasAddress;
}

/** The most specific route to an address, or one to a gateway where the address may be any. */
export function routeTo(
  state: PacketState,
  table: RouteTable | undefined,
  { address, gatewayId }: { address: string | undefined; gatewayId: string | undefined },
): Route | undefined {
  const ways = (table?.Routes ?? []).flatMap((route) => {
    const { DestinationCidrBlock, DestinationPrefixListId = "" } = route;
    const texts =
      DestinationCidrBlock === undefined ? state.listed.get(DestinationPrefixListId) : [DestinationCidrBlock];
    return (texts ?? []).map((text) => ({ route, text, length: Number(text.split("/")[1]) }));
  });
  ways.sort((one, other) => other.length - one.length);
  const found = ways.find(({ route, text }) =>
    address === undefined
      ? route.GatewayId === gatewayId || (text === anywhere && route.NatGatewayId !== undefined)
      : contains(text, address),
  );
  return found?.route;
}

export function toAnalysisRoute(route: Route): AnalysisRouteTableRoute {
  const { DestinationCidrBlock, DestinationPrefixListId, GatewayId, NatGatewayId, Origin, State } = route;
  const { VpcPeeringConnectionId } = route;
  return {
    ...(DestinationCidrBlock === undefined ? { DestinationPrefixListId } : { DestinationCidr: DestinationCidrBlock }),
    ...{ GatewayId, NatGatewayId, VpcPeeringConnectionId, Origin, State },
  };
}

function contains(block: string, address: string): boolean {
  const [outer, inner] = [parseIpv4Block(block), parseIpv4Block(`${address}/32`)];
  return outer !== undefined && inner !== undefined && ipv4BlockContains(outer, inner);
}
