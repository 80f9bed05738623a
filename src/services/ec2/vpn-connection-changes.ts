import type * as Ec2 from "@aws-sdk/client-ec2";
import type { VpnConnection } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource } from "./changes.ts";
import { customerGateways } from "./customer-gateways.ts";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { required } from "./required.ts";
import { getResource, listResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { attachToTransitGateway, detachFromTransitGateway } from "./transit-gateway-attaching.ts";
import { transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { transitGateways } from "./transit-gateways.ts";
import { asnOfCustomer, customerConfiguration } from "./vpn-configuration.ts";
import { vpnConnections } from "./vpn-connections.ts";
import { vpnGateways } from "./vpn-gateways.ts";
import { toTunnelOptions } from "./vpn-tunnels.ts";

const usualAsn = 64512;

export const vpnConnectionChangeOperations = {
  ModifyVpnConnectionOptions: (ctx, input) =>
    changeConnection(ctx, input, (connection) => {
      connection.Options = {
        ...connection.Options,
        ...(input.LocalIpv4NetworkCidr ? { LocalIpv4NetworkCidr: input.LocalIpv4NetworkCidr } : {}),
        ...(input.RemoteIpv4NetworkCidr ? { RemoteIpv4NetworkCidr: input.RemoteIpv4NetworkCidr } : {}),
        ...(input.LocalIpv6NetworkCidr ? { LocalIpv6NetworkCidr: input.LocalIpv6NetworkCidr } : {}),
        ...(input.RemoteIpv6NetworkCidr ? { RemoteIpv6NetworkCidr: input.RemoteIpv6NetworkCidr } : {}),
      };
    }),

  ModifyVpnConnection: (ctx, input) =>
    changeConnection(ctx, input, async (connection, scope) => {
      if (input.VpnGatewayId && input.TransitGatewayId) {
        throw invalidParameterCombination("The request must contain exactly one of vpnGatewayId, transitGatewayId");
      }
      if (input.CustomerGatewayId) {
        const customer = await getResource(scope, customerGateways, input.CustomerGatewayId);
        if (customer.State === "deleted") throw customerGateways.notFound([input.CustomerGatewayId]);
        connection.CustomerGatewayId = input.CustomerGatewayId;
      }
      if (input.VpnGatewayId || input.TransitGatewayId) await moveToGateway(scope, connection, input);
    }),

  ModifyVpnTunnelOptions: (ctx, input) =>
    changeConnection(ctx, input, (connection) => {
      const asked = required(input.TunnelOptions, "tunnelOptions");
      const address = required(input.VpnTunnelOutsideIpAddress, "vpnTunnelOutsideIpAddress");
      const tunnel = connection.Options?.TunnelOptions?.find((one) => one.OutsideIpAddress === address);
      if (tunnel === undefined) {
        throw invalidParameterValue(
          `${connection.VpnConnectionId} has no tunnel with the outside IP address ${address}.`,
        );
      }
      Object.assign(tunnel, toTunnelOptions(asked));
    }),
} satisfies Operations<typeof Ec2, Context>;

/** The autonomous system of Amazon's side. @throws AwsError for a gateway that is not there */
export async function asnOfGateway(
  scope: Scope,
  gateways: { VpnGatewayId?: string | undefined; TransitGatewayId?: string | undefined },
): Promise<number> {
  if (gateways.VpnGatewayId) {
    const gateway = await getResource(scope, vpnGateways, gateways.VpnGatewayId);
    if (gateway.State === "deleted") throw vpnGateways.notFound([gateways.VpnGatewayId]);
    return gateway.AmazonSideAsn ?? usualAsn;
  }
  const gateway = await getResource(scope, transitGateways, gateways.TransitGatewayId ?? "");
  return gateway.Options?.AmazonSideAsn ?? usualAsn;
}

/** The answer shows the change under way. */
async function changeConnection(
  ctx: Context,
  input: { VpnConnectionId: string | undefined; DryRun?: boolean | undefined },
  change: (connection: VpnConnection, scope: Scope) => void | Promise<void>,
) {
  const id = required(input.VpnConnectionId, "vpnConnectionId");
  const changed = await changeResource(ctx, vpnConnections, { id, DryRun: input.DryRun }, async (connection, scope) => {
    await change(connection, scope);
    const customer = await getResource(scope, customerGateways, connection.CustomerGatewayId ?? "");
    const amazonAsn = await asnOfGateway(scope, connection);
    connection.CustomerGatewayConfiguration = customerConfiguration({ connection, customer, amazonAsn });
    connection.CustomerAsn = asnOfCustomer(customer);
  });
  return { VpnConnection: { ...changed, State: "modifying" as VpnConnection["State"] } };
}

async function moveToGateway(
  scope: Scope,
  connection: VpnConnection,
  to: { VpnGatewayId?: string | undefined; TransitGatewayId?: string | undefined },
): Promise<void> {
  await asnOfGateway(scope, to);
  const ResourceId = vpnConnections.idOf(connection);
  for (const attachment of await listResources(scope, transitGatewayAttachments)) {
    if (attachment.ResourceId === ResourceId && attachment.EndedAt === undefined) {
      await detachFromTransitGateway(scope, attachment);
    }
  }
  delete connection.VpnGatewayId;
  delete connection.TransitGatewayId;
  if (to.VpnGatewayId) {
    connection.VpnGatewayId = to.VpnGatewayId;
    return;
  }
  const gateway = await getResource(scope, transitGateways, to.TransitGatewayId ?? "");
  connection.TransitGatewayId = gateway.TransitGatewayId;
  await attachToTransitGateway(scope, gateway, { ResourceType: "vpn", ResourceId });
}
