import type * as Ec2 from "@aws-sdk/client-ec2";
import type { SecurityGroupForVpc, SecurityGroupVpcAssociation } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData, describeResources } from "./describe.ts";
import { dependencyViolation, dryRunOperation, invalidParameterValue } from "./errors.ts";
import { groupVpcAssociations } from "./group-vpc-associations.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { required } from "./required.ts";
import { completeResources, deleteResources, getResource, insertResource, listResources } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { securityGroups } from "./security-groups.ts";
import { vpcs } from "./vpcs.ts";

const forVpcFilters = pathFilters<SecurityGroupForVpc>()({
  description: "Description",
  "group-id": "GroupId",
  "group-name": "GroupName",
  "owner-id": "OwnerId",
  "primary-vpc-id": "PrimaryVpcId",
});

export const securityGroupAssociationOperations = {
  /** A group of one VPC may be used in others of the same account and region. */
  async AssociateSecurityGroupVpc(ctx, input) {
    const GroupId = required(input.GroupId, "groupId");
    const VpcId = required(input.VpcId, "vpcId");
    await inTransaction(ctx, async (scope) => {
      const group = await getResource(scope, securityGroups, GroupId);
      await getResource(scope, vpcs, VpcId);
      if (group.VpcId === VpcId) {
        throw invalidParameterValue(`The security group '${GroupId}' is in the VPC '${VpcId}'.`);
      }
      if (group.GroupName === "default") {
        throw invalidParameterValue("A default security group cannot be associated with a VPC.");
      }
      const there = await listResources(scope, groupVpcAssociations, { group_id: GroupId, vpc_id: VpcId });
      if (there.length > 0) {
        throw new AwsError("InvalidVpcID.Duplicate", `The security group '${GroupId}' is associated with '${VpcId}'.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      const owner = scope.accountId;
      const association: SecurityGroupVpcAssociation = {
        ...{ GroupId, VpcId, GroupOwnerId: owner, VpcOwnerId: owner, State: "associated" },
      };
      await insertResource(scope, groupVpcAssociations, association);
    });
    return { State: "associating" };
  },

  async DisassociateSecurityGroupVpc(ctx, input) {
    const GroupId = required(input.GroupId, "groupId");
    const VpcId = required(input.VpcId, "vpcId");
    await inTransaction(ctx, async (scope) => {
      await getResource(scope, securityGroups, GroupId);
      const there = await listResources(scope, groupVpcAssociations, { group_id: GroupId, vpc_id: VpcId });
      if (there.length === 0) {
        throw new AwsError(
          "InvalidVpcID.NotFound",
          `The security group '${GroupId}' is not associated with the VPC '${VpcId}'.`,
        );
      }
      const interfaces = await listResources(scope, networkInterfaces, { vpc_id: VpcId });
      if (interfaces.some(({ Groups }) => Groups?.some((group) => group.GroupId === GroupId))) {
        throw dependencyViolation(`The security group '${GroupId}' is in use in the VPC '${VpcId}'.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, groupVpcAssociations, there.map(groupVpcAssociations.idOf));
    });
    return { State: "disassociating" };
  },

  async DescribeSecurityGroupVpcAssociations(ctx, input) {
    const page = await describeResources(ctx, groupVpcAssociations, input);
    return { SecurityGroupVpcAssociations: page.items, NextToken: page.nextToken };
  },

  async GetSecurityGroupsForVpc(ctx, input) {
    const VpcId = required(input.VpcId, "vpcId");
    const matches = compileFilters(input.Filters, forVpcFilters, (group: SecurityGroupForVpc) => group.Tags);
    await getResource(ctx, vpcs, VpcId);
    const associated = await listResources(ctx, groupVpcAssociations, { vpc_id: VpcId });
    const ids = associated.flatMap(({ GroupId }) => GroupId ?? []);
    const groups = [
      ...(await listResources(ctx, securityGroups, { vpc_id: VpcId })),
      ...(await listResources(ctx, securityGroups, { id: ids })),
    ];
    await completeResources(ctx, securityGroups, groups);
    const shown = groups.map(({ GroupId, GroupName, Description, OwnerId, Tags, VpcId: PrimaryVpcId }) => ({
      ...{ GroupId, GroupName, Description, OwnerId, Tags, PrimaryVpcId },
    }));
    const page = describeData(shown.filter(matches), input, {
      kind: `groups-for/${VpcId}`,
      keyOf: (group) => group.GroupId ?? "",
    });
    return { SecurityGroupForVpcs: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;
