import type * as Ec2 from "@aws-sdk/client-ec2";
import type { AssociateTrunkInterfaceRequest, TrunkInterfaceAssociation } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { removeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, malformed, notFound } from "./errors.ts";
import { makeOnce } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { required } from "./required.ts";
import { getResource, insertResource, listResources, type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";

const trunkInterfaceAssociations: Resource<TrunkInterfaceAssociation> = {
  table: "ec2_trunk_interface_associations",
  prefix: "trunk-assoc",
  type: "network-interface",
  idOf: (association) => association.AssociationId ?? "",
  ...tagsMember,
  filters: pathFilters<TrunkInterfaceAssociation>()({
    "gre-key": "GreKey",
    "interface-protocol": "InterfaceProtocol",
  }),
  columnFilters: {},
  malformed: (id) => malformed("InvalidTrunkInterfaceAssociationId.Malformed", id, "trunk-assoc"),
  notFound: (ids) => notFound("InvalidTrunkInterfaceAssociationId.NotFound", "trunk interface association ID", ids),
};

/** Branch interfaces in a trunk, by a VLAN or a GRE key. No packet takes that way here. */
export const trunkInterfaceOperations = {
  async AssociateTrunkInterface(ctx, input) {
    const BranchInterfaceId = required(input.BranchInterfaceId, "BranchInterfaceId");
    const TrunkInterfaceId = required(input.TrunkInterfaceId, "TrunkInterfaceId");
    const protocol = protocolOf(input);
    const made = await makeOnce(ctx, trunkInterfaceAssociations, input, async (scope) => {
      await checkType(scope, BranchInterfaceId, "branch");
      await checkType(scope, TrunkInterfaceId, "trunk");
      const there = await listResources(scope, trunkInterfaceAssociations);
      if (there.some((one) => one.BranchInterfaceId === BranchInterfaceId)) {
        throw invalidParameterValue(`The branch interface '${BranchInterfaceId}' is already associated with a trunk.`);
      }
      const sameTrunk = there.filter((one) => one.TrunkInterfaceId === TrunkInterfaceId);
      if (sameTrunk.some((one) => one.VlanId === protocol.VlanId && one.GreKey === protocol.GreKey)) {
        throw invalidParameterValue(
          `The VLAN ID or GRE key is already used by the trunk interface '${TrunkInterfaceId}'.`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      const AssociationId = scope.newId("trunk-assoc");
      const association = { AssociationId, BranchInterfaceId, TrunkInterfaceId, ...protocol };
      await insertResource(scope, trunkInterfaceAssociations, association);
      return association;
    });
    return { InterfaceAssociation: made, ClientToken: input.ClientToken };
  },

  async DisassociateTrunkInterface(ctx, input) {
    const id = required(input.AssociationId, "AssociationId");
    await removeResource(ctx, trunkInterfaceAssociations, { id, DryRun: input.DryRun });
    return { Return: true, ClientToken: input.ClientToken };
  },

  async DescribeTrunkInterfaceAssociations(ctx, input) {
    const page = await describeResources(ctx, trunkInterfaceAssociations, input, {
      ids: input.AssociationIds,
      limits: { min: 5, max: 255 },
    });
    return { InterfaceAssociations: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

function protocolOf({ VlanId, GreKey }: AssociateTrunkInterfaceRequest) {
  if ((VlanId === undefined) === (GreKey === undefined)) {
    throw invalidParameterCombination("The request must contain exactly one of VlanId, GreKey");
  }
  if (VlanId !== undefined && (VlanId < 1 || VlanId > 4095)) {
    throw invalidParameterValue(`Value (${VlanId}) for parameter VlanId is invalid.`);
  }
  return VlanId === undefined
    ? { InterfaceProtocol: "GRE" as const, GreKey }
    : { InterfaceProtocol: "VLAN" as const, VlanId };
}

async function checkType(scope: Scope, id: string, type: string): Promise<void> {
  const { InterfaceType } = await getResource(scope, networkInterfaces, id);
  if (InterfaceType !== type) throw invalidParameterValue(`The network interface '${id}' is no ${type} interface.`);
}
