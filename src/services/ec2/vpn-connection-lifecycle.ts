import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  CreateVpnConnectionRequest,
  TunnelOption,
  VpnConnectionOptions,
  VpnConnectionOptionsSpecification,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource, getAlive } from "./changes.ts";
import { canonicalIpv4Cidr } from "./cidr.ts";
import { customerGateways } from "./customer-gateways.ts";
import { describeResources } from "./describe.ts";
import { forgetEnded } from "./ended.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { releasePublicAddress, takePublicAddress } from "./public-addresses.ts";
import { required } from "./required.ts";
import { getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { attachToTransitGateway, detachFromTransitGateway } from "./transit-gateway-attaching.ts";
import { transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { transitGateways } from "./transit-gateways.ts";
import { asnOfCustomer, customerConfiguration } from "./vpn-configuration.ts";
import { asnOfGateway } from "./vpn-connection-changes.ts";
import { type StoredVpnConnection, vpnConnections } from "./vpn-connections.ts";
import { newTunnel, tunnelCount } from "./vpn-tunnels.ts";

export const vpnConnectionOperations = {
  async CreateVpnConnection(ctx, input) {
    const customerId = required(input.CustomerGatewayId, "customerGatewayId");
    const Type = required(input.Type, "type");
    const tags = tagsForNew(input.TagSpecifications, "vpn-connection");
    if (Type !== "ipsec.1") throw invalidParameterValue(`Value (${Type}) for parameter type is invalid.`);
    if (Boolean(input.VpnGatewayId) === Boolean(input.TransitGatewayId)) {
      throw invalidParameterCombination("The request must contain exactly one of vpnGatewayId, transitGatewayId");
    }
    const keys = Array.from({ length: tunnelCount }, () => newKey(ctx));
    return inTransaction(ctx, async (scope) => {
      const customer = await getResource(scope, customerGateways, customerId);
      if (customer.State === "deleted") throw customerGateways.notFound([customerId]);
      const amazonAsn = await asnOfGateway(scope, input);
      if (input.DryRun === true) throw dryRunOperation();
      const VpnConnectionId = scope.newId("vpn");
      const Options = await optionsOf(scope, input, { id: VpnConnectionId, keys });
      const connection: StoredVpnConnection = {
        VpnConnectionId,
        CustomerGatewayId: customerId,
        ...(input.VpnGatewayId ? { VpnGatewayId: input.VpnGatewayId } : { TransitGatewayId: input.TransitGatewayId }),
        Type: "ipsec.1",
        Category: "VPN",
        State: "available",
        GatewayAssociationState: "associated",
        Options,
        Routes: [],
        VgwTelemetry: (Options.TunnelOptions ?? []).map(({ OutsideIpAddress }) => ({
          OutsideIpAddress,
          AcceptedRouteCount: 0,
          LastStatusChange: scope.now(),
          Status: "DOWN",
          StatusMessage: "",
        })),
      };
      connection.CustomerGatewayConfiguration = customerConfiguration({ connection, customer, amazonAsn });
      connection.CustomerAsn = asnOfCustomer(customer);
      const made = await insertTagged(scope, vpnConnections, connection, tags);
      if (input.TransitGatewayId) {
        const gateway = await getResource(scope, transitGateways, input.TransitGatewayId);
        await attachToTransitGateway(scope, gateway, { ResourceType: "vpn", ResourceId: VpnConnectionId });
      }
      return { VpnConnection: { ...made, State: "pending" } };
    });
  },

  async DeleteVpnConnection(ctx, input) {
    const id = required(input.VpnConnectionId, "vpnConnectionId");
    await inTransaction(ctx, async (scope) => {
      const connection = await getAlive(scope, vpnConnections, id);
      if (input.DryRun === true) throw dryRunOperation();
      for (const { OutsideIpAddress } of connection.Options?.TunnelOptions ?? []) {
        await releasePublicAddress(scope, OutsideIpAddress ?? "");
      }
      for (const attachment of await listResources(scope, transitGatewayAttachments)) {
        if (attachment.ResourceId === id) await detachFromTransitGateway(scope, attachment);
      }
      await updateResource(scope, vpnConnections, {
        ...connection,
        State: "deleted",
        Routes: [],
        EndedAt: scope.now().toISOString(),
      });
    });
    return {};
  },

  async DescribeVpnConnections(ctx, input) {
    await forgetEnded(ctx, vpnConnections);
    const page = await describeResources(ctx, vpnConnections, input, { ids: input.VpnConnectionIds });
    return { VpnConnections: page.items };
  },

  async CreateVpnConnectionRoute(ctx, input) {
    const cidr = required(input.DestinationCidrBlock, "destinationCidrBlock");
    const DestinationCidrBlock = canonicalIpv4Cidr(cidr);
    if (DestinationCidrBlock === undefined) {
      throw invalidParameterValue(
        `Value (${cidr}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.`,
      );
    }
    await changeResource(
      ctx,
      vpnConnections,
      { id: required(input.VpnConnectionId, "vpnConnectionId") },
      (connection) => {
        const others = (connection.Routes ?? []).filter((one) => one.DestinationCidrBlock !== DestinationCidrBlock);
        connection.Routes = [...others, { DestinationCidrBlock, Source: "Static", State: "available" }];
      },
    );
    return {};
  },

  async DeleteVpnConnectionRoute(ctx, input) {
    const cidr = required(input.DestinationCidrBlock, "destinationCidrBlock");
    await changeResource(
      ctx,
      vpnConnections,
      { id: required(input.VpnConnectionId, "vpnConnectionId") },
      (connection) => {
        const kept = (connection.Routes ?? []).filter((one) => one.DestinationCidrBlock !== canonicalIpv4Cidr(cidr));
        if (kept.length === connection.Routes?.length) {
          throw new AwsError("InvalidRoute.NotFound", `The specified route ${cidr} does not exist.`);
        }
        connection.Routes = kept;
      },
    );
    return {};
  },
} satisfies Operations<typeof Ec2, Context>;

async function optionsOf(
  scope: Scope,
  input: CreateVpnConnectionRequest,
  { id, keys }: { id: string; keys: readonly string[] },
): Promise<VpnConnectionOptions> {
  const asked = input.Options ?? {};
  const TunnelOptions: TunnelOption[] = [];
  for (const [index, key] of keys.entries()) {
    const OutsideIpAddress = await takePublicAddress(scope, `${id}/${index}`);
    TunnelOptions.push(newTunnel(asked.TunnelOptions?.[index] ?? {}, { OutsideIpAddress, key, id, index }));
  }
  return {
    EnableAcceleration: asked.EnableAcceleration ?? false,
    StaticRoutesOnly: asked.StaticRoutesOnly ?? false,
    ...networksOf(asked),
    OutsideIpAddressType: asked.OutsideIpAddressType ?? "PublicIpv4",
    TunnelInsideIpVersion: asked.TunnelInsideIpVersion ?? "ipv4",
    TunnelOptions,
  };
}

/** What the tunnels carry is of one version of IP. */
function networksOf(asked: VpnConnectionOptionsSpecification): VpnConnectionOptions {
  return asked.TunnelInsideIpVersion === "ipv6"
    ? {
        LocalIpv6NetworkCidr: asked.LocalIpv6NetworkCidr ?? "::/0",
        RemoteIpv6NetworkCidr: asked.RemoteIpv6NetworkCidr ?? "::/0",
      }
    : {
        LocalIpv4NetworkCidr: asked.LocalIpv4NetworkCidr ?? "0.0.0.0/0",
        RemoteIpv4NetworkCidr: asked.RemoteIpv4NetworkCidr ?? "0.0.0.0/0",
      };
}

/** 32 letters, digits, dots and underscores that begin with a letter, as AWS's keys do. */
function newKey(ctx: Context): string {
  return `k${ctx.randomBytes(24).toString("base64").replaceAll("+", ".").replaceAll("/", "_").slice(0, 31)}`;
}
