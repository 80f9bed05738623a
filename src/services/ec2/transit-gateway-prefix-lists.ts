import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TransitGatewayPrefixListReference } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { dryRunOperation } from "./errors.ts";
import { getPrefixList } from "./prefix-lists.ts";
import { required } from "./required.ts";
import { findResource, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { attachmentOf } from "./transit-gateway-route-search.ts";
import {
  getTransitRouteTable,
  type StoredTransitRouteTable,
  transitGatewayRouteTables,
} from "./transit-gateway-route-tables.ts";
import { newRoute } from "./transit-gateway-routes.ts";

export const transitGatewayPrefixListOperations = {
  async CreateTransitGatewayPrefixListReference(ctx, input) {
    const made = await changeReference(ctx, input, async (scope, table, prefixListId) => {
      if (table.PrefixLists.some((one) => one.prefixListId === prefixListId)) {
        throw new AwsError(
          "PrefixListReferenceAlreadyExists",
          `The prefix list ${prefixListId} is referenced already.`,
        );
      }
      const attachmentId = (await newRoute(scope, "", input)).attachmentId;
      table.PrefixLists = [...table.PrefixLists, { prefixListId, attachmentId }];
    });
    return { TransitGatewayPrefixListReference: { ...made, State: "pending" as const } };
  },

  async ModifyTransitGatewayPrefixListReference(ctx, input) {
    const changed = await changeReference(ctx, input, async (scope, table, prefixListId) => {
      const reference = getReference(table, prefixListId);
      reference.attachmentId = (await newRoute(scope, "", input)).attachmentId;
    });
    return { TransitGatewayPrefixListReference: { ...changed, State: "modifying" as const } };
  },

  async DeleteTransitGatewayPrefixListReference(ctx, input) {
    const id = required(input.PrefixListId, "prefixListId");
    const tableId = required(input.TransitGatewayRouteTableId, "transitGatewayRouteTableId");
    return inTransaction(ctx, async (scope) => {
      const table = await getTransitRouteTable(scope, tableId);
      const reference = getReference(table, id);
      if (input.DryRun === true) throw dryRunOperation();
      const answer = await toReference(scope, table, reference);
      table.PrefixLists = table.PrefixLists.filter((other) => other !== reference);
      await updateResource(scope, transitGatewayRouteTables, table);
      return { TransitGatewayPrefixListReference: { ...answer, State: "deleting" as const } };
    });
  },

  async GetTransitGatewayPrefixListReferences(ctx, input) {
    const tableId = required(input.TransitGatewayRouteTableId, "transitGatewayRouteTableId");
    const table = await getTransitRouteTable(ctx, tableId);
    const wanted = input.Filters?.find(({ Name }) => Name === "prefix-list-id")?.Values;
    const references: TransitGatewayPrefixListReference[] = [];
    for (const one of table.PrefixLists) {
      if (wanted === undefined || wanted.includes(one.prefixListId))
        references.push(await toReference(ctx, table, one));
    }
    const page = describeData(references, input, {
      kind: `transit-gateway-prefix-lists/${tableId}`,
      keyOf: (reference) => reference.PrefixListId ?? "",
    });
    return { TransitGatewayPrefixListReferences: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function changeReference(
  ctx: Context,
  input: Ec2.CreateTransitGatewayPrefixListReferenceRequest,
  change: (scope: Scope, table: StoredTransitRouteTable, prefixListId: string) => Promise<void>,
) {
  const id = required(input.PrefixListId, "prefixListId");
  const tableId = required(input.TransitGatewayRouteTableId, "transitGatewayRouteTableId");
  return inTransaction(ctx, async (scope) => {
    const table = await getTransitRouteTable(scope, tableId);
    await getPrefixList(scope, id);
    await change(scope, table, id);
    if (input.DryRun === true) throw dryRunOperation();
    await updateResource(scope, transitGatewayRouteTables, table);
    return toReference(scope, table, getReference(table, id));
  });
}

type Reference = StoredTransitRouteTable["PrefixLists"][number];

function getReference(table: StoredTransitRouteTable, id: string): Reference {
  const reference = table.PrefixLists.find((one) => one.prefixListId === id);
  if (reference !== undefined) return reference;
  throw new AwsError(
    "InvalidPrefixListReference.NotFound",
    `The prefix list ${id} is not referenced in ${table.TransitGatewayRouteTableId}.`,
  );
}

async function toReference(
  scope: Scope,
  table: StoredTransitRouteTable,
  { prefixListId, attachmentId }: Reference,
): Promise<TransitGatewayPrefixListReference> {
  const attachment =
    attachmentId === undefined ? undefined : await findResource(scope, transitGatewayAttachments, attachmentId);
  return {
    TransitGatewayRouteTableId: table.TransitGatewayRouteTableId,
    PrefixListId: prefixListId,
    PrefixListOwnerId: (await getPrefixList(scope, prefixListId)).OwnerId,
    State: "available",
    Blackhole: attachmentId === undefined,
    ...(attachment === undefined ? {} : { TransitGatewayAttachment: attachmentOf(attachment) }),
  };
}
