import type * as Ec2 from "@aws-sdk/client-ec2";
import type { ModifyTransitGatewayOptions, TransitGateway } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { parseIpv4Block } from "./cidr.ts";
import { describeResources } from "./describe.ts";
import { forgetEnded } from "./ended.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { parseIpv6Block } from "./ipv6.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { checkOneOf } from "./one-of.ts";
import { checkPrivateAsn, usualAsn } from "./private-asn.ts";
import { required } from "./required.ts";
import { completeResources, insertResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { getTransitGateway } from "./transit-gateway-attaching.ts";
import { transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import {
  getTransitRouteTable,
  newTransitRouteTable,
  transitGatewayRouteTables,
} from "./transit-gateway-route-tables.ts";
import { transitGateways } from "./transit-gateways.ts";

export const transitGatewayOperations = {
  async CreateTransitGateway(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "transit-gateway");
    const asked = input.Options ?? {};
    if (asked.AmazonSideAsn !== undefined) checkPrivateAsn(asked.AmazonSideAsn);
    checkSwitches(asked);
    checkBlocks(asked.TransitGatewayCidrBlocks);
    if (input.DryRun === true) throw dryRunOperation();
    return inTransaction(ctx, async (scope) => {
      const TransitGatewayId = scope.newId("tgw");
      const associates = (asked.DefaultRouteTableAssociation ?? "enable") === "enable";
      const propagates = (asked.DefaultRouteTablePropagation ?? "enable") === "enable";
      const table =
        associates || propagates
          ? newTransitRouteTable(scope, TransitGatewayId, { association: associates, propagation: propagates })
          : undefined;
      if (table !== undefined) await insertResource(scope, transitGatewayRouteTables, table);
      const tableId = table?.TransitGatewayRouteTableId;
      const gateway: TransitGateway = {
        TransitGatewayId,
        TransitGatewayArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:transit-gateway/${TransitGatewayId}`,
        State: "available",
        OwnerId: scope.accountId,
        Description: input.Description ?? "",
        CreationTime: scope.now(),
        Options: {
          AmazonSideAsn: asked.AmazonSideAsn ?? usualAsn,
          AutoAcceptSharedAttachments: asked.AutoAcceptSharedAttachments ?? "disable",
          DefaultRouteTableAssociation: associates ? "enable" : "disable",
          ...(associates ? { AssociationDefaultRouteTableId: tableId } : {}),
          DefaultRouteTablePropagation: propagates ? "enable" : "disable",
          ...(propagates ? { PropagationDefaultRouteTableId: tableId } : {}),
          DnsSupport: asked.DnsSupport ?? "enable",
          MulticastSupport: asked.MulticastSupport ?? "disable",
          SecurityGroupReferencingSupport: asked.SecurityGroupReferencingSupport ?? "disable",
          VpnEcmpSupport: asked.VpnEcmpSupport ?? "enable",
          ...(asked.TransitGatewayCidrBlocks?.length
            ? { TransitGatewayCidrBlocks: asked.TransitGatewayCidrBlocks }
            : {}),
        },
      };
      const made = await insertTagged(scope, transitGateways, gateway, tags);
      return { TransitGateway: { ...made, State: "pending" } };
    });
  },

  async ModifyTransitGateway(ctx, input) {
    const id = required(input.TransitGatewayId, "transitGatewayId");
    return inTransaction(ctx, async (scope) => {
      const gateway = await getTransitGateway(scope, id);
      gateway.Description = input.Description ?? gateway.Description;
      await changeOptions(scope, gateway, input.Options ?? {});
      if (input.DryRun === true) throw dryRunOperation();
      await updateResource(scope, transitGateways, gateway);
      await completeResources(scope, transitGateways, [gateway]);
      return { TransitGateway: { ...gateway, State: "modifying" } };
    });
  },

  async DeleteTransitGateway(ctx, input) {
    const id = required(input.TransitGatewayId, "transitGatewayId");
    return inTransaction(ctx, async (scope) => {
      const gateway = await getTransitGateway(scope, id);
      const attachments = await listResources(scope, transitGatewayAttachments, { transit_gateway_id: id });
      const alive = attachments.filter(({ State }) => State !== "deleted" && State !== "rejected");
      if (alive.length > 0) {
        throw new AwsError("IncorrectState", `${id} has non-deleted ${kindsOf(alive)} Attachments.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      const EndedAt = scope.now().toISOString();
      for (const table of await listResources(scope, transitGatewayRouteTables, { transit_gateway_id: id })) {
        await updateResource(scope, transitGatewayRouteTables, { ...table, State: "deleted", EndedAt });
      }
      await updateResource(scope, transitGateways, { ...gateway, State: "deleted", EndedAt });
      return { TransitGateway: { ...gateway, State: "deleting" } };
    });
  },

  async DescribeTransitGateways(ctx, input) {
    await forgetEnded(ctx, transitGateways);
    const page = await describeResources(ctx, transitGateways, input, { ids: input.TransitGatewayIds });
    return { TransitGateways: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

function kindsOf(attachments: readonly { ResourceType?: string | undefined }[]): string {
  const kinds = new Set(attachments.map(({ ResourceType }) => (ResourceType ?? "").toUpperCase()));
  return [...kinds].join(", ");
}

const switches = [
  "AutoAcceptSharedAttachments",
  "DefaultRouteTableAssociation",
  "DefaultRouteTablePropagation",
  "DnsSupport",
  "MulticastSupport",
  "SecurityGroupReferencingSupport",
  "VpnEcmpSupport",
] as const;

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGatewayRequestOptions.html */
function checkBlocks(blocks: readonly string[] = []): void {
  for (const block of blocks) {
    const length = parseIpv4Block(block)?.prefixLength ?? parseIpv6Block(block)?.prefixLength;
    const longest = block.includes(":") ? 64 : 24;
    if (length !== undefined && length <= longest) continue;
    throw invalidParameterValue(
      `Value (${block}) for parameter transitGatewayCidrBlocks is invalid. It must be a CIDR block of size /${longest} or larger.`,
    );
  }
}

function checkSwitches(asked: Partial<Record<(typeof switches)[number], string | undefined>>): void {
  for (const name of switches) {
    checkOneOf(`${name.charAt(0).toLowerCase()}${name.slice(1)}`, asked[name], ["enable", "disable"]);
  }
}

async function changeOptions(scope: Scope, gateway: TransitGateway, asked: ModifyTransitGatewayOptions): Promise<void> {
  const {
    AddTransitGatewayCidrBlocks = [],
    RemoveTransitGatewayCidrBlocks = [],
    EncryptionSupport: _,
    ...changes
  } = asked;
  if (changes.AmazonSideAsn !== undefined) checkPrivateAsn(changes.AmazonSideAsn);
  checkSwitches(changes);
  checkBlocks(AddTransitGatewayCidrBlocks);
  const options = { ...gateway.Options };
  for (const id of [changes.AssociationDefaultRouteTableId, changes.PropagationDefaultRouteTableId]) {
    if (id !== undefined) await getTransitRouteTable(scope, id);
  }
  Object.assign(options, changes);
  const blocks = [...new Set([...(options.TransitGatewayCidrBlocks ?? []), ...AddTransitGatewayCidrBlocks])].filter(
    (block) => !RemoveTransitGatewayCidrBlocks.includes(block),
  );
  options.TransitGatewayCidrBlocks = blocks;
  if (options.DefaultRouteTableAssociation === "disable") delete options.AssociationDefaultRouteTableId;
  if (options.DefaultRouteTablePropagation === "disable") delete options.PropagationDefaultRouteTableId;
  gateway.Options = options;
}
