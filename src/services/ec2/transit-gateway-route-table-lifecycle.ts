import type * as Ec2 from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData, describeResources } from "./describe.ts";
import { forgetEnded } from "./ended.ts";
import { dryRunOperation } from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { completeResources, getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { getTransitGateway } from "./transit-gateway-attaching.ts";
import { type StoredAttachment, transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import {
  associate,
  getTransitRouteTable,
  newTransitRouteTable,
  propagate,
  type StoredTransitRouteTable,
  transitGatewayRouteTables,
} from "./transit-gateway-route-tables.ts";

const memberFilters = pathFilters<StoredAttachment>()({
  "resource-id": "ResourceId",
  "resource-type": "ResourceType",
  "transit-gateway-attachment-id": "TransitGatewayAttachmentId",
});

const tableFilters = pathFilters<StoredTransitRouteTable>()({
  "transit-gateway-route-table-id": "TransitGatewayRouteTableId",
});

export const transitGatewayRouteTableOperations = {
  async CreateTransitGatewayRouteTable(ctx, input) {
    const gatewayId = required(input.TransitGatewayId, "transitGatewayId");
    const tags = tagsForNew(input.TagSpecifications, "transit-gateway-route-table");
    return inTransaction(ctx, async (scope) => {
      await getTransitGateway(scope, gatewayId);
      if (input.DryRun === true) throw dryRunOperation();
      const table = newTransitRouteTable(scope, gatewayId, { association: false, propagation: false });
      const made = await insertTagged(scope, transitGatewayRouteTables, table, tags);
      return { TransitGatewayRouteTable: { ...made, State: "pending" } };
    });
  },

  async DeleteTransitGatewayRouteTable(ctx, input) {
    const id = required(input.TransitGatewayRouteTableId, "transitGatewayRouteTableId");
    return inTransaction(ctx, async (scope) => {
      const table = await getTransitRouteTable(scope, id);
      if (table.DefaultAssociationRouteTable === true || table.DefaultPropagationRouteTable === true) {
        throw new AwsError("IncorrectState", `${id} is a default route table and cannot be deleted.`);
      }
      if (table.Associated.length > 0) throw new AwsError("IncorrectState", `${id} has associations.`);
      if (input.DryRun === true) throw dryRunOperation();
      await completeResources(scope, transitGatewayRouteTables, [table]);
      const EndedAt = scope.now().toISOString();
      await updateResource(scope, transitGatewayRouteTables, { ...table, State: "deleted", EndedAt });
      return { TransitGatewayRouteTable: { ...table, State: "deleting" } };
    });
  },

  async DescribeTransitGatewayRouteTables(ctx, input) {
    await forgetEnded(ctx, transitGatewayRouteTables);
    const page = await describeResources(ctx, transitGatewayRouteTables, input, {
      ids: input.TransitGatewayRouteTableIds,
    });
    return { TransitGatewayRouteTables: page.items, NextToken: page.nextToken };
  },

  async AssociateTransitGatewayRouteTable(ctx, input) {
    return changeMembership(ctx, input, async (scope, table, attachment) => {
      if (attachment.Association !== undefined) {
        throw new AwsError(
          "Resource.AlreadyAssociated",
          `Transit Gateway Attachment ${attachment.TransitGatewayAttachmentId} is already associated to a route table.`,
        );
      }
      await associate(scope, table, attachment);
      return { Association: { ...membershipOf(table, attachment), State: "associating" as const } };
    });
  },

  async DisassociateTransitGatewayRouteTable(ctx, input) {
    return changeMembership(ctx, input, async (scope, table, attachment) => {
      const id = transitGatewayAttachments.idOf(attachment);
      if (!table.Associated.includes(id)) {
        throw new AwsError(
          "InvalidAssociation.NotFound",
          `Association for ${id} and ${table.TransitGatewayRouteTableId} does not exist.`,
        );
      }
      table.Associated = table.Associated.filter((one) => one !== id);
      await updateResource(scope, transitGatewayRouteTables, table);
      delete attachment.Association;
      await updateResource(scope, transitGatewayAttachments, attachment);
      return { Association: { ...membershipOf(table, attachment), State: "disassociating" as const } };
    });
  },

  async EnableTransitGatewayRouteTablePropagation(ctx, input) {
    return changeMembership(ctx, input, async (scope, table, attachment) => {
      const id = transitGatewayAttachments.idOf(attachment);
      if (table.Propagated.includes(id)) {
        throw new AwsError(
          "TransitGatewayRouteTablePropagation.Duplicate",
          `Propagation for ${id} to ${table.TransitGatewayRouteTableId} already exists.`,
        );
      }
      await propagate(scope, table, attachment);
      return { Propagation: { ...membershipOf(table, attachment), State: "enabled" as const } };
    });
  },

  async DisableTransitGatewayRouteTablePropagation(ctx, input) {
    return changeMembership(ctx, input, async (scope, table, attachment) => {
      const id = transitGatewayAttachments.idOf(attachment);
      if (!table.Propagated.includes(id)) {
        throw new AwsError(
          "TransitGatewayRouteTablePropagation.NotFound",
          `Propagation for ${id} to ${table.TransitGatewayRouteTableId} does not exist.`,
        );
      }
      table.Propagated = table.Propagated.filter((one) => one !== id);
      await updateResource(scope, transitGatewayRouteTables, table);
      return { Propagation: { ...membershipOf(table, attachment), State: "disabled" as const } };
    });
  },

  async GetTransitGatewayRouteTableAssociations(ctx, input) {
    const page = await membersOf(ctx, input, (table) => table.Associated);
    return {
      Associations: page.items.map((one) => ({ ...memberOf(one), State: "associated" as const })),
      NextToken: page.nextToken,
    };
  },

  async GetTransitGatewayRouteTablePropagations(ctx, input) {
    const page = await membersOf(ctx, input, (table) => table.Propagated);
    return {
      TransitGatewayRouteTablePropagations: page.items.map((one) => ({ ...memberOf(one), State: "enabled" as const })),
      NextToken: page.nextToken,
    };
  },

  async GetTransitGatewayAttachmentPropagations(ctx, input) {
    const id = required(input.TransitGatewayAttachmentId, "transitGatewayAttachmentId");
    const matches = compileFilters(input.Filters, tableFilters);
    const attachment = await getResource(ctx, transitGatewayAttachments, id);
    const where = { transit_gateway_id: attachment.TransitGatewayId ?? "" };
    const tables = (await listResources(ctx, transitGatewayRouteTables, where)).filter(
      (table) => table.Propagated.includes(id) && matches(table),
    );
    const page = describeData(tables, input, {
      kind: `transit-gateway-propagations/${id}`,
      keyOf: transitGatewayRouteTables.idOf,
    });
    return {
      TransitGatewayAttachmentPropagations: page.items.map(({ TransitGatewayRouteTableId }) => ({
        TransitGatewayRouteTableId,
        State: "enabled" as const,
      })),
      NextToken: page.nextToken,
    };
  },
} satisfies Operations<typeof Ec2, Context>;

async function changeMembership<Answer>(
  ctx: Context,
  input: {
    TransitGatewayRouteTableId?: string | undefined;
    TransitGatewayAttachmentId?: string | undefined;
    DryRun?: boolean | undefined;
  },
  change: (scope: Scope, table: StoredTransitRouteTable, attachment: StoredAttachment) => Promise<Answer>,
): Promise<Answer> {
  const tableId = required(input.TransitGatewayRouteTableId, "transitGatewayRouteTableId");
  const id = required(input.TransitGatewayAttachmentId, "transitGatewayAttachmentId");
  return inTransaction(ctx, async (scope) => {
    const table = await getTransitRouteTable(scope, tableId);
    const attachment = await getResource(scope, transitGatewayAttachments, id);
    if (attachment.State === "deleted") throw transitGatewayAttachments.notFound([id]);
    const answer = await change(scope, table, attachment);
    if (input.DryRun === true) throw dryRunOperation();
    return answer;
  });
}

function membershipOf(table: StoredTransitRouteTable, attachment: StoredAttachment) {
  return { TransitGatewayRouteTableId: table.TransitGatewayRouteTableId, ...memberOf(attachment) };
}

function memberOf({ TransitGatewayAttachmentId, ResourceId, ResourceType }: StoredAttachment) {
  return { TransitGatewayAttachmentId, ResourceId, ResourceType };
}

async function membersOf(
  ctx: Context,
  input: Ec2.GetTransitGatewayRouteTableAssociationsRequest,
  idsOf: (table: StoredTransitRouteTable) => string[],
) {
  const tableId = required(input.TransitGatewayRouteTableId, "transitGatewayRouteTableId");
  const matches = compileFilters(input.Filters, memberFilters);
  const table = await getTransitRouteTable(ctx, tableId);
  const members = await listResources(ctx, transitGatewayAttachments, { id: idsOf(table) });
  return describeData(members.filter(matches), input, {
    kind: `transit-gateway-members/${tableId}`,
    keyOf: transitGatewayAttachments.idOf,
  });
}
