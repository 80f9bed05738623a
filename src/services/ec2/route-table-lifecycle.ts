import type * as Ec2 from "@aws-sdk/client-ec2";
import type { RouteTable, RouteTableAssociation } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dependencyViolation, dryRunOperation, invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { internetGateways } from "./internet-gateways.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { deleteResources, getResource, listResources, updateResource } from "./resource.ts";
import { newRouteTable, routeTables } from "./route-tables.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { vpcs } from "./vpcs.ts";
import { vpnGateways } from "./vpn-gateways.ts";

const associated = { State: "associated" } as const;

export const routeTableLifecycleOperations = {
  async CreateRouteTable(ctx, input) {
    const vpcId = required(input.VpcId, "vpcId");
    const tags = tagsForNew(input.TagSpecifications, "route-table");
    const table = await makeOnce(ctx, routeTables, input, async (scope) => {
      const vpc = await getResource(scope, vpcs, vpcId);
      if (input.DryRun === true) throw dryRunOperation();
      return insertTagged(scope, routeTables, newRouteTable(scope, vpc), tags);
    });
    return { RouteTable: table, ClientToken: input.ClientToken };
  },

  async DeleteRouteTable(ctx, input) {
    const id = required(input.RouteTableId, "routeTableId");
    await inTransaction(ctx, async (scope) => {
      const table = await getResource(scope, routeTables, id);
      if (table.Associations?.length) {
        throw dependencyViolation(`The routeTable '${id}' has dependencies and cannot be deleted.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, routeTables, [id]);
    });
    return {};
  },

  async AssociateRouteTable(ctx, input) {
    const id = required(input.RouteTableId, "routeTableId");
    const { SubnetId, GatewayId } = input;
    if ((SubnetId === undefined) === (GatewayId === undefined)) {
      throw invalidParameterCombination("The request must contain exactly one of subnetId, gatewayId");
    }
    return inTransaction(ctx, async (scope) => {
      const table = await getResource(scope, routeTables, id);
      await checkSameNetwork(scope, table, input);
      const all = await listResources(scope, routeTables, { vpc_id: table.VpcId ?? "" });
      const isIt = (one: RouteTableAssociation) =>
        SubnetId === undefined ? one.GatewayId === GatewayId : one.SubnetId === SubnetId;
      const owner = all.find(({ Associations }) => Associations?.some(isIt));
      const before = owner?.Associations?.find(isIt);
      if (owner !== undefined && owner.RouteTableId !== id) {
        throw new AwsError(
          "Resource.AlreadyAssociated",
          `the specified association for route table ${id} conflicts with an existing association`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      if (before !== undefined) return { AssociationId: before.RouteTableAssociationId, AssociationState: associated };
      const AssociationId = scope.newId("rtbassoc");
      table.Associations = [
        ...(table.Associations ?? []),
        {
          Main: false,
          RouteTableId: id,
          RouteTableAssociationId: AssociationId,
          ...(SubnetId === undefined ? { GatewayId } : { SubnetId }),
          AssociationState: associated,
        },
      ];
      await updateResource(scope, routeTables, table);
      return { AssociationId, AssociationState: associated };
    });
  },

  async DisassociateRouteTable(ctx, input) {
    const id = required(input.AssociationId, "associationId");
    await inTransaction(ctx, async (scope) => {
      const { table, association } = await findAssociation(scope, id);
      if (association.Main === true) {
        throw invalidParameterValue(`cannot disassociate the main route table association ${id}`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      table.Associations = table.Associations?.filter((other) => other !== association);
      await updateResource(scope, routeTables, table);
    });
    return {};
  },

  async ReplaceRouteTableAssociation(ctx, input) {
    const associationId = required(input.AssociationId, "associationId");
    const id = required(input.RouteTableId, "routeTableId");
    return inTransaction(ctx, async (scope) => {
      const { table: from, association } = await findAssociation(scope, associationId);
      const to = await getResource(scope, routeTables, id);
      if (from.VpcId !== to.VpcId) {
        throw invalidParameterValue(`Route table ${id} and association ${associationId} belong to different networks`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      if (from.RouteTableId === id) return { NewAssociationId: associationId, AssociationState: associated };
      const NewAssociationId = scope.newId("rtbassoc");
      from.Associations = from.Associations?.filter((other) => other !== association);
      to.Associations = [
        ...(to.Associations ?? []),
        { ...association, RouteTableId: id, RouteTableAssociationId: NewAssociationId },
      ];
      await updateResource(scope, routeTables, from);
      await updateResource(scope, routeTables, to);
      return { NewAssociationId, AssociationState: associated };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

async function checkSameNetwork(
  scope: Scope,
  table: RouteTable,
  { SubnetId, GatewayId }: { SubnetId?: string | undefined; GatewayId?: string | undefined },
): Promise<void> {
  const { RouteTableId, VpcId } = table;
  if (SubnetId !== undefined) {
    const subnet = await getResource(scope, subnets, SubnetId);
    if (subnet.VpcId === VpcId) return;
    throw invalidParameterValue(`Route table ${RouteTableId} and subnet ${SubnetId} belong to different networks`);
  }
  const attachments = GatewayId?.startsWith("vgw-")
    ? (await getResource(scope, vpnGateways, GatewayId)).VpcAttachments
    : (await getResource(scope, internetGateways, GatewayId ?? "")).Attachments;
  if (attachments?.some((attachment) => attachment.VpcId === VpcId && attachment.State !== "detached")) return;
  throw invalidParameterValue(`Route table ${RouteTableId} and gateway ${GatewayId} belong to different networks`);
}

async function findAssociation(
  scope: Scope,
  id: string,
): Promise<{ table: RouteTable; association: RouteTableAssociation }> {
  for (const table of await listResources(scope, routeTables)) {
    const association = table.Associations?.find((one) => one.RouteTableAssociationId === id);
    if (association !== undefined) return { table, association };
  }
  throw new AwsError("InvalidAssociationID.NotFound", `The association ID '${id}' does not exist`);
}
