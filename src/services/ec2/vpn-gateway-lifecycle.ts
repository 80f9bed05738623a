import type * as Ec2 from "@aws-sdk/client-ec2";
import type { VpnGateway } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { forgetEnded } from "./ended.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { checkPrivateAsn, usualAsn } from "./private-asn.ts";
import { required } from "./required.ts";
import { getResource, listResources, updateResource } from "./resource.ts";
import { routeTables } from "./route-tables.ts";
import { setStateOfRoutesTo } from "./route-targets.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { vpcs } from "./vpcs.ts";
import { vpnConnections } from "./vpn-connections.ts";
import { vpnGateways } from "./vpn-gateways.ts";

export const vpnGatewayOperations = {
  async CreateVpnGateway(ctx, input) {
    const Type = required(input.Type, "type");
    const tags = tagsForNew(input.TagSpecifications, "vpn-gateway");
    if (Type !== "ipsec.1") throw invalidParameterValue(`Value (${String(Type)}) for parameter type is invalid.`);
    const AmazonSideAsn = input.AmazonSideAsn ?? usualAsn;
    checkPrivateAsn(AmazonSideAsn);
    if (input.DryRun === true) throw dryRunOperation();
    return inTransaction(ctx, async (scope) => {
      const gateway: VpnGateway = {
        VpnGatewayId: scope.newId("vgw"),
        State: "available",
        Type,
        AmazonSideAsn,
        VpcAttachments: [],
        ...(input.AvailabilityZone ? { AvailabilityZone: input.AvailabilityZone } : {}),
      };
      return { VpnGateway: await insertTagged(scope, vpnGateways, gateway, tags) };
    });
  },

  async AttachVpnGateway(ctx, input) {
    const id = required(input.VpnGatewayId, "vpnGatewayId");
    const VpcId = required(input.VpcId, "vpcId");
    return inTransaction(ctx, async (scope) => {
      const gateway = await getAlive(scope, id);
      await getResource(scope, vpcs, VpcId);
      const [there] = aliveAttachments(gateway);
      if (there !== undefined && there.VpcId !== VpcId) {
        throw new AwsError(
          "VpnGatewayAttachmentLimitExceeded",
          `The maximum number of VPC attachments has been reached for vpn gateway ${id}.`,
        );
      }
      const others = (await listResources(scope, vpnGateways)).filter((one) => one.VpnGatewayId !== id);
      if (others.some((other) => aliveAttachments(other).some((attachment) => attachment.VpcId === VpcId))) {
        throw invalidParameterValue(`Network ${VpcId} already has a VPN gateway attached`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      gateway.VpcAttachments = [{ VpcId, State: "attached" }];
      await updateResource(scope, vpnGateways, gateway);
      await setStateOfRoutesTo(scope, id, "active", VpcId);
      return { VpcAttachment: { VpcId, State: "attaching" } };
    });
  },

  async DetachVpnGateway(ctx, input) {
    const id = required(input.VpnGatewayId, "vpnGatewayId");
    const VpcId = required(input.VpcId, "vpcId");
    await inTransaction(ctx, async (scope) => {
      const gateway = await getAlive(scope, id);
      if (!aliveAttachments(gateway).some((attachment) => attachment.VpcId === VpcId)) {
        throw new AwsError(
          "InvalidVpnGatewayAttachment.NotFound",
          `The attachment with vpn gateway ID '${id}' and vpc ID '${VpcId}' does not exist`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      gateway.VpcAttachments = [{ VpcId, State: "detached" }];
      await updateResource(scope, vpnGateways, gateway);
      await stopPropagation(scope, id, VpcId);
      await setStateOfRoutesTo(scope, id, "blackhole", VpcId);
    });
    return {};
  },

  async DeleteVpnGateway(ctx, input) {
    const id = required(input.VpnGatewayId, "vpnGatewayId");
    await inTransaction(ctx, async (scope) => {
      const gateway = await getAlive(scope, id);
      const connections = await listResources(scope, vpnConnections);
      const inUse = connections.some((one) => one.VpnGatewayId === id && one.State !== "deleted");
      if (inUse || aliveAttachments(gateway).length > 0) {
        throw new AwsError("IncorrectState", "The VPN gateway is in use.");
      }
      if (input.DryRun === true) throw dryRunOperation();
      await updateResource(scope, vpnGateways, { ...gateway, State: "deleted", EndedAt: scope.now().toISOString() });
    });
    return {};
  },

  async DescribeVpnGateways(ctx, input) {
    await forgetEnded(ctx, vpnGateways);
    const page = await describeResources(ctx, vpnGateways, input, { ids: input.VpnGatewayIds });
    return { VpnGateways: page.items };
  },
} satisfies Operations<typeof Ec2, Context>;

async function getAlive(scope: Scope, id: string) {
  const gateway = await getResource(scope, vpnGateways, id);
  if (gateway.State === "deleted") throw vpnGateways.notFound([id]);
  return gateway;
}

async function stopPropagation(scope: Scope, id: string, vpcId: string): Promise<void> {
  for (const table of await listResources(scope, routeTables, { vpc_id: vpcId })) {
    if (!table.PropagatingVgws?.some(({ GatewayId }) => GatewayId === id)) continue;
    table.PropagatingVgws = table.PropagatingVgws.filter(({ GatewayId }) => GatewayId !== id);
    table.Routes = table.Routes?.filter((one) => one.GatewayId !== id || one.Origin !== "EnableVgwRoutePropagation");
    await updateResource(scope, routeTables, table);
  }
}

/** A detached VPC is still shown. */
function aliveAttachments(gateway: VpnGateway) {
  return (gateway.VpcAttachments ?? []).filter(({ State }) => State !== "detached");
}
