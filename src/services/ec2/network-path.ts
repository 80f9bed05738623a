import type { Explanation, NetworkInsightsAnalysis, NetworkInsightsPath, PathComponent } from "@aws-sdk/client-ec2";
import { instances } from "./instances.ts";
import { internetGateways } from "./internet-gateways.ts";
import type { StoredNetworkInterface } from "./network-interfaces.ts";
import { arnOfComponent, toComponent } from "./network-path-components.ts";
import { checkAcl, checkGroups, type PathPacket, routeTo, toAnalysisRoute } from "./network-path-rules.ts";
import { type PacketState, readPacketState } from "./packet-state.ts";
import { findResource } from "./resource.ts";
import type { Scope } from "./scope.ts";

type Result = Pick<
  NetworkInsightsAnalysis,
  "NetworkPathFound" | "ForwardPathComponents" | "ReturnPathComponents" | "Explanations"
>;

/** Why a packet gets no further; codes: https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html */
class Stopped extends Error {
  readonly explanation: Explanation;

  constructor(explanation: Explanation) {
    super(explanation.ExplanationCode);
    this.explanation = explanation;
  }
}

interface Walk {
  readonly scope: Scope;
  readonly state: PacketState;
  readonly packet: PathPacket;
  readonly components: PathComponent[];
}

/** Follows the path's packets through groups, network ACLs, route tables and gateways, as they are now. IPv4 alone. */
export async function findPath(
  scope: Scope,
  path: NetworkInsightsPath,
  filters: { FilterInArns?: string[] | undefined; FilterOutArns?: string[] | undefined },
): Promise<Result> {
  const state = await readPacketState(scope);
  const from = interfaceOf(state, path.Source);
  const to = interfaceOf(state, path.Destination);
  const asked = path.FilterAtSource;
  const packet: PathPacket = {
    protocol: path.Protocol ?? "tcp",
    port: path.DestinationPort ?? asked?.DestinationPortRange?.FromPort,
    source: path.SourceIp ?? asked?.SourceAddress ?? from?.PrivateIpAddress,
    destination: path.DestinationIp ?? asked?.DestinationAddress ?? to?.PrivateIpAddress,
  };
  const walk: Walk = { scope, state, packet, components: [] };
  try {
    await checkState(walk, path.Source);
    if (from === undefined) await comeIn(walk, path.Source ?? "", to);
    else await goOut(walk, from, { to, gatewayId: to === undefined ? path.Destination : undefined });
    if (to !== undefined) await arrive(walk, to);
    await checkState(walk, path.Destination);
    checkFilters(walk, filters);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return { NetworkPathFound: false, Explanations: [error.explanation] };
  }
  const ForwardPathComponents = numbered(walk.components);
  const back = walk.components.map(({ Component, Subnet, Vpc }) => ({ Component, Subnet, Vpc })).reverse();
  return { NetworkPathFound: true, ForwardPathComponents, ReturnPathComponents: numbered(back) };
}

function numbered(components: readonly PathComponent[]): PathComponent[] {
  return components.map((component, index) => ({ SequenceNumber: index + 1, ...component }));
}

function interfaceOf(state: PacketState, id = ""): StoredNetworkInterface | undefined {
  return state.interfaces.find(
    ({ NetworkInterfaceId, Attachment }) =>
      NetworkInterfaceId === id || (Attachment?.InstanceId === id && Attachment.DeviceIndex === 0),
  );
}

/** An end that cannot send and receive. */
async function checkState({ scope }: Walk, id = ""): Promise<void> {
  const instance = id.startsWith("i-") ? await findResource(scope, instances, id) : undefined;
  const state = instance?.State.Name;
  if (state === undefined || state === "running") return;
  throw new Stopped({ ExplanationCode: "BAD_STATE", Component: toComponent(scope, id), State: state });
}

/** From the Internet by an internet gateway. */
async function comeIn(walk: Walk, gatewayId: string, to: StoredNetworkInterface | undefined): Promise<void> {
  const { scope } = walk;
  const gateway = await findResource(scope, internetGateways, gatewayId);
  const InternetGateway = toComponent(scope, gatewayId);
  walk.components.push({ Component: InternetGateway, Vpc: toComponent(scope, gateway?.Attachments?.[0]?.VpcId) });
  if (to === undefined || gateway?.Attachments?.[0]?.VpcId !== to.VpcId) {
    throw new Stopped({ ExplanationCode: "UNASSOCIATED_COMPONENT", Component: InternetGateway, InternetGateway });
  }
  if (to.Association?.PublicIp === undefined) {
    throw new Stopped({
      ExplanationCode: "IGW_PUBLIC_IP_ASSOCIATION_FOR_INGRESS",
      InternetGateway,
      NetworkInterface: toComponent(scope, to.NetworkInterfaceId),
    });
  }
  admit(walk, to);
}

interface Aim {
  readonly to: StoredNetworkInterface | undefined;
  readonly gatewayId: string | undefined;
}

async function goOut(walk: Walk, from: StoredNetworkInterface, aim: Aim): Promise<void> {
  const { scope, state, packet, components } = walk;
  const instanceId = from.Attachment?.InstanceId;
  if (instanceId !== undefined) components.push({ Component: toComponent(scope, instanceId) });
  components.push(placeOf(scope, from));
  const groups = await checkGroups(scope, state, { networkInterface: from, peer: aim.to, direction: "egress", packet });
  if ("explanation" in groups) throw new Stopped(groups.explanation);
  components.push(groups.component);
  if (aim.to?.SubnetId === from.SubnetId) return;
  passAcl(walk, from.SubnetId, "egress");
  await follow(walk, from, aim);
}

/** By the routes of the subnet, and of those of a NAT gateway on the way. */
async function follow(walk: Walk, from: StoredNetworkInterface, aim: Aim): Promise<void> {
  const { scope, state, packet, components } = walk;
  const table = state.routeTableOf(from.SubnetId ?? "");
  const route = routeTo(state, table, { address: packet.destination, gatewayId: aim.gatewayId });
  const RouteTable = toComponent(scope, table?.RouteTableId);
  const Vpc = toComponent(scope, from.VpcId);
  const lost = new Stopped({
    ExplanationCode: "NO_ROUTE_TO_DESTINATION",
    ...{ RouteTable, Vpc, Subnet: toComponent(scope, from.SubnetId) },
    ...(aim.to === undefined ? {} : { Destination: toComponent(scope, aim.to.NetworkInterfaceId) }),
  });
  if (route?.State !== "active") throw lost;
  components.push({ Component: RouteTable, Vpc, RouteTableRoute: toAnalysisRoute(route) });
  if (route.GatewayId === "local") {
    if (aim.to === undefined || aim.to.VpcId !== from.VpcId) throw lost;
    admit(walk, aim.to);
    return;
  }
  if (route.VpcPeeringConnectionId !== undefined) {
    components.push({ Component: toComponent(scope, route.VpcPeeringConnectionId) });
    const peering = state.peerings.find(({ id }) => id === route.VpcPeeringConnectionId);
    const pair = [from.VpcId, aim.to?.VpcId];
    if (aim.to === undefined || peering?.pair.every((vpc) => pair.includes(vpc)) !== true) throw lost;
    admit(walk, aim.to);
    return;
  }
  const nat = state.natGateways.get(route.NatGatewayId ?? "");
  const door = nat === undefined ? undefined : interfaceOf(state, nat.NatGatewayAddresses?.[0]?.NetworkInterfaceId);
  if (door !== undefined && door.SubnetId !== from.SubnetId) {
    components.push({ Component: toComponent(scope, route.NatGatewayId), ...subnetOf(scope, door) });
    passAcl(walk, door.SubnetId, "ingress");
    passAcl(walk, door.SubnetId, "egress");
    await follow(walk, door, aim);
    return;
  }
  if (!route.GatewayId?.startsWith("igw-") || aim.to !== undefined) throw lost;
  const InternetGateway = toComponent(scope, route.GatewayId);
  if (from.Association?.PublicIp === undefined) {
    throw new Stopped({
      ExplanationCode: "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS",
      InternetGateway,
      NetworkInterface: toComponent(scope, from.NetworkInterfaceId),
    });
  }
  components.push({ Component: InternetGateway, Vpc });
}

/** Into the subnet of an interface. */
function admit(walk: Walk, to: StoredNetworkInterface): void {
  passAcl(walk, to.SubnetId, "ingress");
}

function passAcl({ scope, state, packet, components }: Walk, subnetId = "", direction: "ingress" | "egress"): void {
  const acl = checkAcl(scope, state, { subnetId, direction, packet });
  if ("explanation" in acl) throw new Stopped(acl.explanation);
  components.push(acl.component);
}

async function arrive({ scope, state, packet, components }: Walk, to: StoredNetworkInterface): Promise<void> {
  const peer = state.interfaces.find(
    ({ PrivateIpAddress, VpcId }) => PrivateIpAddress === packet.source && VpcId === to.VpcId,
  );
  const groups = await checkGroups(scope, state, { networkInterface: to, peer, direction: "ingress", packet });
  if ("explanation" in groups) throw new Stopped(groups.explanation);
  components.push(groups.component, placeOf(scope, to));
  const instanceId = to.Attachment?.InstanceId;
  if (instanceId !== undefined) components.push({ Component: toComponent(scope, instanceId) });
}

function placeOf(scope: Scope, one: StoredNetworkInterface): PathComponent {
  return { Component: toComponent(scope, one.NetworkInterfaceId), ...subnetOf(scope, one) };
}

function subnetOf(scope: Scope, { SubnetId, VpcId }: StoredNetworkInterface): PathComponent {
  return { Subnet: toComponent(scope, SubnetId), Vpc: toComponent(scope, VpcId) };
}

/** A path must lead through each of the resources that are asked for, and through none that is to be left out. */
function checkFilters(
  { scope, components }: Walk,
  filters: { FilterInArns?: string[] | undefined; FilterOutArns?: string[] | undefined },
): void {
  const there = components.map(({ Component }) => arnOfComponent(scope, Component?.Id ?? ""));
  const missing = filters.FilterInArns?.find((arn) => !there.includes(arn));
  const refused = filters.FilterOutArns?.find((arn) => there.includes(arn));
  if (missing === undefined && refused === undefined) return;
  throw new Stopped({ ExplanationCode: "NO_PATH", MissingComponent: missing ?? refused });
}
