import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TransitGatewayPolicyTable, TransitGatewayPolicyTableAssociation } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource, getAlive, removeResource } from "./changes.ts";
import { describeData, describeResources } from "./describe.ts";
import { describeNone } from "./describe-none.ts";
import { dryRunOperation, malformed, notFound } from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { getResource, listResources, type Resource, tagsMember } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { getTransitGateway } from "./transit-gateway-attaching.ts";
import { type StoredAttachment, transitGatewayAttachments } from "./transit-gateway-attachments.ts";

interface StoredPolicyTable extends TransitGatewayPolicyTable {
  Associated: string[];
}

export const policyTables: Resource<StoredPolicyTable> = {
  table: "ec2_transit_gateway_policy_tables",
  prefix: "tgw-ptb",
  type: "transit-gateway-policy-table",
  idOf: (table) => table.TransitGatewayPolicyTableId ?? "",
  dates: ["CreationTime"],
  ...tagsMember,
  filters: pathFilters<TransitGatewayPolicyTable>()({
    state: "State",
    "transit-gateway-id": "TransitGatewayId",
    "transit-gateway-policy-table-id": "TransitGatewayPolicyTableId",
  }),
  columnFilters: { "transit-gateway-policy-table-id": "id" },
  malformed: (id) => malformed("InvalidTransitGatewayPolicyTableId.Malformed", id, "tgw-ptb"),
  notFound: (ids) => notFound("InvalidTransitGatewayPolicyTableId.NotFound", "Transit Gateway Policy Table", ids),
};

/** Their entries come from AWS Cloud WAN alone, which there is not: tables stay empty. */
export const policyTableOperations = {
  async CreateTransitGatewayPolicyTable(ctx, input) {
    const TransitGatewayId = required(input.TransitGatewayId, "transitGatewayId");
    const tags = tagsForNew(input.TagSpecifications, "transit-gateway-policy-table");
    return inTransaction(ctx, async (scope) => {
      await getTransitGateway(scope, TransitGatewayId);
      if (input.DryRun === true) throw dryRunOperation();
      const table: StoredPolicyTable = {
        TransitGatewayPolicyTableId: scope.newId("tgw-ptb"),
        TransitGatewayId,
        State: "available",
        CreationTime: scope.now(),
        Associated: [],
      };
      const made = await insertTagged(scope, policyTables, table, tags);
      return { TransitGatewayPolicyTable: { ...made, State: "pending" } };
    });
  },

  async DeleteTransitGatewayPolicyTable(ctx, input) {
    const id = required(input.TransitGatewayPolicyTableId, "transitGatewayPolicyTableId");
    const table = await removeResource(ctx, policyTables, { id, DryRun: input.DryRun }, ({ Associated }) => {
      if (Associated.length > 0) throw new AwsError("IncorrectState", `${id} has associations.`);
    });
    return { TransitGatewayPolicyTable: { ...table, State: "deleting" } };
  },

  async DescribeTransitGatewayPolicyTables(ctx, input) {
    const page = await describeResources(ctx, policyTables, input, { ids: input.TransitGatewayPolicyTableIds });
    return { TransitGatewayPolicyTables: page.items, NextToken: page.nextToken };
  },

  AssociateTransitGatewayPolicyTable: (ctx, input) =>
    changeAssociation(ctx, input, "associating", (table, attachmentId, all) => {
      if (all.some(({ Associated }) => Associated.includes(attachmentId))) {
        throw new AwsError("Resource.AlreadyAssociated", `${attachmentId} is already associated to a policy table.`);
      }
      table.Associated.push(attachmentId);
    }),

  DisassociateTransitGatewayPolicyTable: (ctx, input) =>
    changeAssociation(ctx, input, "disassociating", (table, attachmentId) => {
      if (!table.Associated.includes(attachmentId)) {
        throw new AwsError(
          "InvalidTransitGatewayPolicyTableAssociation.NotFound",
          `${attachmentId} is not associated to the policy table.`,
        );
      }
      table.Associated = table.Associated.filter((one) => one !== attachmentId);
    }),

  async GetTransitGatewayPolicyTableAssociations(ctx, input) {
    const table = await getResource(ctx, policyTables, required(input.TransitGatewayPolicyTableId, "policyTableId"));
    const attachments = await listResources(ctx, transitGatewayAttachments, { id: table.Associated });
    const page = describeData(attachments, input, {
      kind: "policy-table-associations",
      keyOf: transitGatewayAttachments.idOf,
    });
    const id = policyTables.idOf(table);
    return { Associations: page.items.map((one) => toAssociation(id, one, "associated")), NextToken: page.nextToken };
  },

  async GetTransitGatewayPolicyTableEntries(ctx, input) {
    await getResource(ctx, policyTables, required(input.TransitGatewayPolicyTableId, "policyTableId"));
    return { TransitGatewayPolicyTableEntries: describeNone(input) };
  },
} satisfies Operations<typeof Ec2, Context>;

async function changeAssociation(
  ctx: Context,
  input: Ec2.AssociateTransitGatewayPolicyTableRequest,
  State: NonNullable<TransitGatewayPolicyTableAssociation["State"]>,
  change: (table: StoredPolicyTable, attachmentId: string, all: readonly StoredPolicyTable[]) => void,
) {
  const id = required(input.TransitGatewayPolicyTableId, "transitGatewayPolicyTableId");
  const attachmentId = required(input.TransitGatewayAttachmentId, "transitGatewayAttachmentId");
  let attachment: StoredAttachment = {};
  await changeResource(ctx, policyTables, { id, DryRun: input.DryRun }, async (table, scope: Scope) => {
    attachment = await getAlive(scope, transitGatewayAttachments, attachmentId);
    change(table, attachmentId, await listResources(scope, policyTables));
  });
  return { Association: toAssociation(id, attachment, State) };
}

function toAssociation(
  TransitGatewayPolicyTableId: string,
  attachment: StoredAttachment,
  State: NonNullable<TransitGatewayPolicyTableAssociation["State"]>,
): TransitGatewayPolicyTableAssociation {
  const { TransitGatewayAttachmentId, ResourceId, ResourceType } = attachment;
  return { TransitGatewayPolicyTableId, TransitGatewayAttachmentId, ResourceId, ResourceType, State };
}
