import type { Route, RouteTable } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { carrierGateways } from "./carrier-gateways.ts";
import { egressOnlyGateways } from "./egress-only-gateways.ts";
import { invalidParameterCombination, invalidParameterValue, notFound, unsupportedOperation } from "./errors.ts";
import { instances } from "./instances.ts";
import { attachedInterfaces } from "./interface-attachments.ts";
import { internetGateways } from "./internet-gateways.ts";
import { natGateways } from "./nat-gateways.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { peeringConnections } from "./peering-connections.ts";
import { checkIds, findResource, getResource, listResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { transitGateways } from "./transit-gateways.ts";
import { vpcEndpoints } from "./vpc-endpoints.ts";
import { vpnGateways } from "./vpn-gateways.ts";

export interface TargetInput {
  readonly CarrierGatewayId?: string | undefined;
  readonly CoreNetworkArn?: string | undefined;
  readonly EgressOnlyInternetGatewayId?: string | undefined;
  readonly GatewayId?: string | undefined;
  readonly InstanceId?: string | undefined;
  readonly LocalGatewayId?: string | undefined;
  readonly NatGatewayId?: string | undefined;
  readonly NetworkInterfaceId?: string | undefined;
  readonly OdbNetworkArn?: string | undefined;
  readonly TransitGatewayId?: string | undefined;
  readonly VpcEndpointId?: string | undefined;
  readonly VpcPeeringConnectionId?: string | undefined;
  readonly DestinationCidrBlock?: string | undefined;
}

type Target = Partial<Route> & Required<Pick<Route, "State">>;
type Resolver = (scope: Scope, table: RouteTable, id: string) => Promise<Target>;

/** How each kind of target is looked up, and what a route to it shows. */
const resolvers: Readonly<Partial<Record<keyof TargetInput, Resolver>>> = {
  async GatewayId(scope, table, id) {
    if (id.startsWith("vgw-")) return toVpnGateway(scope, table, id);
    if (id.startsWith("vpce-")) return toEndpoint(scope, table, id);
    const gateway = id.startsWith("igw-") ? await findResource(scope, internetGateways, id) : undefined;
    if (gateway === undefined) throw notFound("InvalidGatewayID.NotFound", "gateway ID", [id]);
    if (gateway.Attachments?.[0]?.VpcId !== table.VpcId) throw otherNetwork(table, "network gateway", id);
    return { GatewayId: id, State: "active" };
  },

  async NatGatewayId(scope, _table, id) {
    const gateway = await findResource(scope, natGateways, id);
    if (gateway === undefined || gateway.State === "deleted") {
      throw notFound("InvalidNatGatewayID.NotFound", "natGateway ID", [id]);
    }
    return { NatGatewayId: id, State: "active" };
  },

  async EgressOnlyInternetGatewayId(scope, table, id) {
    const gateway = await getResource(scope, egressOnlyGateways, id);
    if (gateway.Attachments?.[0]?.VpcId !== table.VpcId) throw otherNetwork(table, "egress-only internet gateway", id);
    return { EgressOnlyInternetGatewayId: id, State: "active" };
  },

  async InstanceId(scope, table, id) {
    const instance = await getResource(scope, instances, id);
    const interfaces = await attachedInterfaces(scope, id);
    const [primary, ...others] = interfaces;
    if (primary === undefined || others.length > 0) {
      throw new AwsError(
        "InvalidInstanceID",
        `There are multiple interfaces attached to instance '${id}'. Please specify an interface ID for the operation instead.`,
      );
    }
    if (primary.VpcId !== table.VpcId) throw otherNetwork(table, "interface", networkInterfaces.idOf(primary));
    return {
      InstanceId: id,
      InstanceOwnerId: scope.accountId,
      NetworkInterfaceId: primary.NetworkInterfaceId,
      State: instance.State.Name === "stopped" ? "blackhole" : "active",
    };
  },

  async NetworkInterfaceId(scope, table, id) {
    const networkInterface = await getResource(scope, networkInterfaces, id);
    if (networkInterface.VpcId !== table.VpcId) throw otherNetwork(table, "interface", id);
    const InstanceId = networkInterface.Attachment?.InstanceId;
    return {
      NetworkInterfaceId: id,
      ...(InstanceId === undefined ? {} : { InstanceId, InstanceOwnerId: scope.accountId }),
      State: networkInterface.Attachment === undefined ? "blackhole" : "active",
    };
  },

  async VpcPeeringConnectionId(scope, table, id) {
    const peering = await getResource(scope, peeringConnections, id);
    const ends = [peering.RequesterVpcInfo?.VpcId, peering.AccepterVpcInfo?.VpcId];
    if (!ends.includes(table.VpcId)) throw otherNetwork(table, "vpc peering connection", id);
    return { VpcPeeringConnectionId: id, State: peering.Status?.Code === "active" ? "active" : "blackhole" };
  },

  async TransitGatewayId(scope, table, id) {
    await getResource(scope, transitGateways, id);
    const attachments = await listResources(scope, transitGatewayAttachments, { transit_gateway_id: id });
    if (!attachments.some(({ ResourceId, State }) => ResourceId === table.VpcId && State === "available")) {
      throw new AwsError("InvalidTransitGatewayID.NotFound", `The transitGateway ID '${id}' does not exist.`);
    }
    return { TransitGatewayId: id, State: "active" };
  },

  async CarrierGatewayId(scope, table, id) {
    const gateway = await getResource(scope, carrierGateways, id);
    if (gateway.VpcId !== table.VpcId) throw otherNetwork(table, "carrier gateway", id);
    return { CarrierGatewayId: id, State: "active" };
  },

  VpcEndpointId: toEndpoint,
};

/** @throws AwsError unless a request names exactly one target that is there, and of the table's network */
export async function resolveTarget(scope: Scope, table: RouteTable, input: TargetInput): Promise<Target> {
  const refused = input.CoreNetworkArn ?? input.LocalGatewayId ?? input.OdbNetworkArn;
  if (refused) throw unsupportedOperation(`LocalAWS does not emulate routes to ${refused}.`);
  const given = Object.entries(resolvers).flatMap(([member, resolve]) => {
    const id = input[member as keyof TargetInput];
    return id ? [{ member, resolve, id }] : [];
  });
  const [only, ...others] = given;
  if (only === undefined || others.length > 0) {
    throw invalidParameterCombination(
      "The request must contain exactly one of: gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId, instanceId, egressOnlyInternetGatewayId, transitGatewayId, carrierGatewayId, vpcEndpointId",
    );
  }
  if (only.member === "EgressOnlyInternetGatewayId" && input.DestinationCidrBlock) {
    throw invalidParameterValue(
      `The destination CIDR block ${input.DestinationCidrBlock} is not an IPv6 CIDR block, which an egress-only internet gateway needs.`,
    );
  }
  return only.resolve(scope, table, only.id);
}

async function toVpnGateway(scope: Scope, table: RouteTable, id: string): Promise<Target> {
  const gateway = await getResource(scope, vpnGateways, id);
  if (!gateway.VpcAttachments?.some((one) => one.VpcId === table.VpcId && one.State === "attached")) {
    throw otherNetwork(table, "network gateway", id);
  }
  return { GatewayId: id, State: "active" };
}

/** A route shows an endpoint as a gateway. */
async function toEndpoint(scope: Scope, table: RouteTable, id: string): Promise<Target> {
  checkIds(vpcEndpoints, [id]);
  const endpoint = await getResource(scope, vpcEndpoints, id);
  if (endpoint.EndedAt !== undefined) throw vpcEndpoints.notFound([id]);
  if (endpoint.VpcId !== table.VpcId) throw otherNetwork(table, "vpc endpoint", id);
  return { GatewayId: id, State: "active" };
}

function otherNetwork(table: RouteTable, what: string, id: string) {
  return invalidParameterValue(`route table ${table.RouteTableId} and ${what} ${id} belong to different networks`);
}
