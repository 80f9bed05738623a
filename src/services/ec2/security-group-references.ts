import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  IpPermission,
  SecurityGroupReference,
  SecurityGroupRule,
  StaleIpPermission,
  StaleSecurityGroup,
} from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { dryRunOperation } from "./errors.ts";
import { permissionsOfRules } from "./ip-permissions.ts";
import { peeringConnections } from "./peering-connections.ts";
import { required } from "./required.ts";
import { findResource, getResource, getResources, listResources } from "./resource.ts";
import { type Scope, scopeAt } from "./scope.ts";
import { securityGroups } from "./security-groups.ts";
import { rulesOfGroups, securityGroupRules } from "./stored-rules.ts";
import { vpcs } from "./vpcs.ts";

export const securityGroupReferenceOperations = {
  /** The VPCs at the other ends of peerings whose groups refer to these groups. */
  async DescribeSecurityGroupReferences(ctx, input) {
    const ids = required(input.GroupId, "groupId");
    await getResources(ctx, securityGroups, ids);
    if (input.DryRun === true) throw dryRunOperation();
    const found = new Map<string, SecurityGroupReference>();
    for (const { rule, vpcId } of await peerRules(ctx)) {
      const { GroupId, VpcPeeringConnectionId } = rule.ReferencedGroupInfo ?? {};
      if (GroupId === undefined || !ids.includes(GroupId)) continue;
      found.set(`${GroupId}/${vpcId}`, { GroupId, ReferencingVpcId: vpcId, VpcPeeringConnectionId });
    }
    return { SecurityGroupReferenceSet: [...found.values()] };
  },

  /** Groups with rules that refer to a group, or by a peering, that is no more. */
  async DescribeStaleSecurityGroups(ctx, input) {
    const VpcId = required(input.VpcId, "vpcId");
    await getResource(ctx, vpcs, VpcId);
    const groups = await listResources(ctx, securityGroups, { vpc_id: VpcId });
    const rules = await rulesOfGroups(ctx, groups.map(securityGroups.idOf));
    const stale: SecurityGroupRule[] = [];
    for (const rule of rules) if (await isStale(ctx, rule)) stale.push(rule);
    const answer: StaleSecurityGroup[] = groups.flatMap((group) => {
      const own = stale.filter((rule) => rule.GroupId === group.GroupId);
      if (own.length === 0) return [];
      const { GroupId, GroupName, Description } = group;
      return [
        {
          ...{ GroupId, GroupName, Description, VpcId },
          StaleIpPermissions: permissionsOfRules(own.filter(({ IsEgress }) => IsEgress !== true)).map(toStale),
          StaleIpPermissionsEgress: permissionsOfRules(own.filter(({ IsEgress }) => IsEgress === true)).map(toStale),
        },
      ];
    });
    const page = describeData(answer, input, {
      kind: `stale-groups/${VpcId}`,
      keyOf: (group) => group.GroupId ?? "",
      limits: { min: 5, max: 255 },
    });
    return { StaleSecurityGroupSet: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** Rules that refer to a group of another VPC, of this account's groups and of those of its peers. */
async function peerRules(scope: Scope): Promise<{ rule: SecurityGroupRule; vpcId: string | undefined }[]> {
  const accounts = new Set([scope.accountId]);
  for (const { RequesterVpcInfo, AccepterVpcInfo } of await listResources(scope, peeringConnections)) {
    for (const info of [RequesterVpcInfo, AccepterVpcInfo]) {
      if (info?.OwnerId !== undefined && info.Region === scope.region) accounts.add(info.OwnerId);
    }
  }
  const found: { rule: SecurityGroupRule; vpcId: string | undefined }[] = [];
  for (const accountId of accounts) {
    const owner = scopeAt(scope, { accountId, region: scope.region });
    for (const rule of await listResources(owner, securityGroupRules)) {
      if (rule.ReferencedGroupInfo?.VpcPeeringConnectionId === undefined) continue;
      const group = await findResource(owner, securityGroups, rule.GroupId ?? "");
      found.push({ rule, vpcId: group?.VpcId });
    }
  }
  return found;
}

async function isStale(scope: Scope, rule: SecurityGroupRule): Promise<boolean> {
  const { GroupId, UserId, VpcPeeringConnectionId } = rule.ReferencedGroupInfo ?? {};
  if (VpcPeeringConnectionId === undefined) return false;
  const peering = await findResource(scope, peeringConnections, VpcPeeringConnectionId);
  if (peering?.Status?.Code !== "active") return true;
  const owner = scopeAt(scope, { accountId: UserId ?? scope.accountId, region: scope.region });
  return (await findResource(owner, securityGroups, GroupId ?? "")) === undefined;
}

function toStale(permission: IpPermission): StaleIpPermission {
  return {
    IpProtocol: permission.IpProtocol,
    ...(permission.FromPort === undefined ? {} : { FromPort: permission.FromPort, ToPort: permission.ToPort }),
    IpRanges: (permission.IpRanges ?? []).flatMap(({ CidrIp }) => CidrIp ?? []),
    PrefixListIds: (permission.PrefixListIds ?? []).flatMap(({ PrefixListId }) => PrefixListId ?? []),
    UserIdGroupPairs: permission.UserIdGroupPairs,
  };
}
