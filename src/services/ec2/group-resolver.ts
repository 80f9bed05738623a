import type { SecurityGroup, VpcPeeringConnection } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { invalidGroupNotFound } from "./errors.ts";
import type { GroupResolver } from "./ip-permissions.ts";
import { peeringConnections } from "./peering-connections.ts";
import { checkIds, findResource, getResource, listResources } from "./resource.ts";
import { type Scope, scopeAt } from "./scope.ts";
import { getGroup, securityGroups } from "./security-groups.ts";

/**
 * A source group is named by its id or, in the default VPC, by its name. It is of the same VPC, or of one that is
 * peered with it, which may be another account's.
 */
export function groupResolver(scope: Scope, group: SecurityGroup): GroupResolver {
  return async ({ GroupId, GroupName, UserId }) => {
    const owner = UserId || scope.accountId;
    if (GroupId !== undefined && GroupId === group.GroupId) return { GroupId, UserId: owner };
    if (owner !== scope.accountId) {
      checkIds(securityGroups, [GroupId ?? ""]);
      const there = scopeAt(scope, { accountId: owner, region: scope.region });
      const foreign = await findResource(there, securityGroups, GroupId ?? "");
      if (foreign === undefined) throw invalidGroupNotFound(GroupId ?? GroupName ?? "");
      return { GroupId: securityGroups.idOf(foreign), UserId: owner, ...(await peeringWith(scope, group, foreign)) };
    }
    const found =
      GroupId !== undefined ? await getResource(scope, securityGroups, GroupId) : await getGroup(scope, { GroupName });
    return { GroupId: securityGroups.idOf(found), UserId: owner, ...(await peeringWith(scope, group, found)) };
  };
}

async function peeringWith(scope: Scope, group: SecurityGroup, other: SecurityGroup) {
  if (group.VpcId === other.VpcId) return {};
  const peering = await findPeering(scope, group.VpcId, other.VpcId);
  if (peering === undefined) {
    throw new AwsError("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.");
  }
  return {
    VpcId: other.VpcId,
    VpcPeeringConnectionId: peering.VpcPeeringConnectionId,
    PeeringStatus: "active",
  };
}

async function findPeering(
  scope: Scope,
  one: string | undefined,
  other: string | undefined,
): Promise<VpcPeeringConnection | undefined> {
  const all = await listResources(scope, peeringConnections);
  return all.find(({ Status, RequesterVpcInfo, AccepterVpcInfo }) => {
    const ends = [RequesterVpcInfo?.VpcId, AccepterVpcInfo?.VpcId];
    return Status?.Code === "active" && ends.includes(one) && ends.includes(other);
  });
}
