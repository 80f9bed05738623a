import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  AuthorizeSecurityGroupEgressRequest,
  AuthorizeSecurityGroupIngressRequest,
  IpPermission,
  RevokeSecurityGroupEgressRequest,
  RevokeSecurityGroupIngressRequest,
  SecurityGroup,
  SecurityGroupRule,
} from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  invalidPermissionDuplicate,
  invalidPermissionNotFound,
  missingParameter,
  rulesPerSecurityGroupLimitExceeded,
} from "./errors.ts";
import { groupResolver } from "./group-resolver.ts";
import { isSameRule, permissionsOfRules, rulesOfPermissions, ruleText } from "./ip-permissions.ts";
import { getPrefixList } from "./prefix-lists.ts";
import { deleteResources, getResources } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { getGroup, securityGroups } from "./security-groups.ts";
import { insertRules, rulesOfGroups, securityGroupRules } from "./stored-rules.ts";
import { tagsOfSpecifications } from "./tag-specifications.ts";
import { findDefaultVpc } from "./vpcs.ts";

/** https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups: in each direction, of each version of IP. */
const maxRules = 60;

type Authorization = AuthorizeSecurityGroupIngressRequest | AuthorizeSecurityGroupEgressRequest;
type Revocation = RevokeSecurityGroupIngressRequest | RevokeSecurityGroupEgressRequest;

export const securityGroupRuleOperations = {
  AuthorizeSecurityGroupIngress: (ctx, input) => authorize(ctx, input, false),
  AuthorizeSecurityGroupEgress: (ctx, input) => authorize(ctx, input, true),
  RevokeSecurityGroupIngress: (ctx, input) => revoke(ctx, input, false),
  RevokeSecurityGroupEgress: (ctx, input) => revoke(ctx, input, true),

  async DescribeSecurityGroupRules(ctx, input) {
    const page = await describeResources(ctx, securityGroupRules, input, {
      ids: input.SecurityGroupRuleIds,
      idsParameter: "securityGroupRuleIds",
    });
    return { SecurityGroupRules: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function authorize(ctx: Context, input: Authorization, IsEgress: boolean) {
  const group = await getGroup(ctx, input);
  const tags = tagsOfSpecifications(input.TagSpecifications, ["security-group-rule"])["security-group-rule"] ?? [];
  const contents = await rulesOfPermissions(permissionsOf(input), groupResolver(ctx, group));
  if (contents.length === 0) throw missingParameter("ipPermissions");
  for (const { PrefixListId } of contents) if (PrefixListId !== undefined) await getPrefixList(ctx, PrefixListId);
  return inTransaction(ctx, async (scope) => {
    const there = await rulesInDirection(scope, group, IsEgress);
    const repeated = contents.some((content, index) =>
      contents.slice(0, index).some((earlier) => isSameRule(earlier, content)),
    );
    if (repeated) throw invalidParameterValue("The same permission must not appear multiple times");
    const duplicate = contents.find((content) => there.some((rule) => isSameRule(rule, content)));
    if (duplicate !== undefined) throw invalidPermissionDuplicate(ruleText(duplicate));
    checkCount([...there, ...contents]);
    if (input.DryRun === true) throw dryRunOperation();
    const rules = await insertRules(scope, { GroupId: securityGroups.idOf(group), IsEgress, tags }, contents);
    return { Return: true, SecurityGroupRules: rules };
  });
}

async function revoke(ctx: Context, input: Revocation, IsEgress: boolean) {
  const group = await getGroup(ctx, input);
  const ruleIds = input.SecurityGroupRuleIds ?? [];
  const permissions = permissionsOf(input);
  if (ruleIds.length > 0 && permissions.length > 0) {
    throw invalidParameterCombination("Security group rule IDs and permissions may not be used in the same request");
  }
  if (ruleIds.length === 0 && permissions.length === 0) throw missingParameter("ipPermissions");
  const contents = await rulesOfPermissions(permissions, groupResolver(ctx, group));
  return inTransaction(ctx, async (scope) => {
    const there = await rulesInDirection(scope, group, IsEgress);
    const revoked =
      ruleIds.length > 0
        ? await rulesById(scope, there, ruleIds)
        : there.filter((rule) => contents.some((content) => isSameRule(rule, content)));
    const unknown = contents.filter((content) => !there.some((rule) => isSameRule(rule, content)));
    // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html: in the default VPC
    // rules that are not there are listed in the answer, elsewhere they are an error and nothing is revoked.
    const inDefaultVpc = (await findDefaultVpc(scope))?.VpcId === group.VpcId;
    if (unknown.length > 0 && !inDefaultVpc) throw invalidPermissionNotFound();
    if (input.DryRun === true) throw dryRunOperation();
    await deleteResources(scope, securityGroupRules, revoked.map(securityGroupRules.idOf));
    return {
      Return: true,
      ...(unknown.length > 0 ? { UnknownIpPermissions: permissionsOfRules(unknown) } : {}),
      RevokedSecurityGroupRules: revoked.map(({ GroupOwnerId: _, ReferencedGroupInfo, ...rule }) => ({
        ...rule,
        ...(ReferencedGroupInfo === undefined ? {} : { ReferencedGroupId: ReferencedGroupInfo.GroupId }),
      })),
    };
  });
}

async function rulesInDirection(scope: Scope, group: SecurityGroup, IsEgress: boolean): Promise<SecurityGroupRule[]> {
  const rules = await rulesOfGroups(scope, [securityGroups.idOf(group)]);
  return rules.filter((rule) => rule.IsEgress === IsEgress);
}

async function rulesById(
  scope: Scope,
  there: readonly SecurityGroupRule[],
  ids: readonly string[],
): Promise<SecurityGroupRule[]> {
  const rules = await getResources(scope, securityGroupRules, ids);
  const foreign = rules.find((rule) => !there.some((other) => other.SecurityGroupRuleId === rule.SecurityGroupRuleId));
  if (foreign !== undefined) throw invalidPermissionNotFound();
  return rules;
}

/** `IpPermissions`, or the one permission that the older members of the request spell out. */
function permissionsOf(input: Authorization | Revocation): IpPermission[] {
  const older = {
    IpProtocol: input.IpProtocol,
    FromPort: input.FromPort,
    ToPort: input.ToPort,
    ...(input.CidrIp === undefined ? {} : { IpRanges: [{ CidrIp: input.CidrIp }] }),
    ...(input.SourceSecurityGroupName === undefined
      ? {}
      : {
          IpProtocol: input.IpProtocol ?? "-1",
          UserIdGroupPairs: [{ GroupName: input.SourceSecurityGroupName, UserId: input.SourceSecurityGroupOwnerId }],
        }),
  };
  const usesOlder = input.IpProtocol !== undefined || input.CidrIp !== undefined || input.SourceSecurityGroupName;
  if (!usesOlder) return input.IpPermissions ?? [];
  if (input.IpPermissions !== undefined && input.IpPermissions.length > 0) {
    throw invalidParameterCombination("The parameter ipPermissions may not be used with the older parameters");
  }
  return [older];
}

/** A rule that names a group or a prefix list is one of both versions. */
function checkCount(rules: readonly { CidrIpv4?: string | undefined; CidrIpv6?: string | undefined }[]): void {
  const [ipv6, ipv4] = [rules.filter((rule) => !rule.CidrIpv4), rules.filter((rule) => !rule.CidrIpv6)];
  if (ipv4.length > maxRules || ipv6.length > maxRules) throw rulesPerSecurityGroupLimitExceeded();
}
