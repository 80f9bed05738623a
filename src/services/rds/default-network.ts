import type { CreateDBInstanceMessage, VpcSecurityGroupMembership } from "@aws-sdk/client-rds";
import type { Context } from "../service-context.ts";
import { availabilityZones } from "./availability-zones.ts";
import { requireSubnetGroup } from "./db-subnet-groups.ts";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";

type NetworkRequest = Pick<
  CreateDBInstanceMessage,
  "AvailabilityZone" | "DBSubnetGroupName" | "MultiAZ" | "VpcSecurityGroupIds"
>;

/**
 * The network members as DescribeDBInstances shows them. The default VPC and its parts are EC2's rows; as long as EC2 has
 * not been asked for anything in this region there are none, and an instance is shown without them.
 */
export async function resolveNetwork(ctx: Context, request: NetworkRequest) {
  const { AvailabilityZone, DBSubnetGroupName = "default", MultiAZ = false } = request;
  const subnetGroup = await requireSubnetGroup(ctx, DBSubnetGroupName);
  if (AvailabilityZone !== undefined && MultiAZ) {
    throw invalidParameterValue("Requesting a specific availability zone is not valid for Multi-AZ instances.");
  }
  if (AvailabilityZone !== undefined && !availabilityZones(ctx.region).includes(AvailabilityZone)) {
    throw invalidParameterValue(`Invalid availability zone: ${AvailabilityZone}`);
  }
  const { VpcId: vpcId } = subnetGroup;
  return {
    AvailabilityZone: AvailabilityZone ?? `${ctx.region}a`,
    DBSubnetGroup: subnetGroup,
    VpcSecurityGroups: await resolveSecurityGroups(ctx, request.VpcSecurityGroupIds, vpcId),
  };
}

/** None asked for: the default group of the VPC. @throws InvalidParameterValue, InvalidParameterCombination for those of another VPC */
export async function resolveSecurityGroups(
  ctx: Context,
  ids: readonly string[] | undefined,
  vpcId: string | undefined,
): Promise<VpcSecurityGroupMembership[]> {
  const query = ctx.db
    .selectFrom("ec2_security_groups")
    .select(["id", "vpc_id"])
    .where("account_id", "=", ctx.accountId)
    .where("region", "=", ctx.region);
  if (ids === undefined || ids.length === 0) {
    if (vpcId === undefined) return [];
    const rows = await query.where("vpc_id", "=", vpcId).where("group_name", "=", "default").execute();
    return rows.map((row) => ({ VpcSecurityGroupId: row.id, Status: "active" }));
  }
  const known = await query.where("id", "in", [...ids]).execute();
  const unknown = ids.find((id) => !known.some((row) => row.id === id));
  if (unknown !== undefined) throw invalidParameterValue(`Invalid security group , groupId= ${unknown}, groupName=.`);
  const foreign = known.find((row) => vpcId !== undefined && row.vpc_id !== vpcId);
  if (foreign !== undefined) {
    throw invalidParameterCombination(
      `The DB instance and EC2 security group are in different VPCs. The DB instance is in ${vpcId} and the EC2 security group is in ${foreign.vpc_id}`,
    );
  }
  return ids.map((id) => ({ VpcSecurityGroupId: id, Status: "active" }));
}
