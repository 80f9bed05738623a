import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  IpPermission,
  SecurityGroupRule,
  SecurityGroupRuleRequest,
  UpdateSecurityGroupRuleDescriptionsIngressRequest,
} from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidPermissionDuplicate,
  invalidPermissionNotFound,
  missingParameter,
} from "./errors.ts";
import { groupResolver } from "./group-resolver.ts";
import { isSameRule, type RuleContent, rulesOfPermissions, ruleText } from "./ip-permissions.ts";
import { required } from "./required.ts";
import { getResource, getResources, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { getGroup, securityGroups } from "./security-groups.ts";
import { rulesOfGroups, securityGroupRules } from "./stored-rules.ts";

export const securityGroupRuleChangeOperations = {
  /** A rule is replaced as a whole, and keeps its id and its direction. */
  async ModifySecurityGroupRules(ctx, input) {
    const groupId = required(input.GroupId, "groupId");
    const updates = required(input.SecurityGroupRules, "securityGroupRules");
    if (updates.length === 0) throw missingParameter("securityGroupRules");
    await inTransaction(ctx, async (scope) => {
      const group = await getResource(scope, securityGroups, groupId);
      const there = await rulesOfGroups(scope, [groupId]);
      const ids = updates.map((update) => required(update.SecurityGroupRuleId, "securityGroupRuleId"));
      const rules = await getResources(scope, securityGroupRules, ids);
      for (const [index, rule] of rules.entries()) {
        if (rule.GroupId !== groupId) throw invalidPermissionNotFound();
        const request = required(updates[index]?.SecurityGroupRule, "securityGroupRule");
        const [content] = await rulesOfPermissions([permissionOf(request)], groupResolver(scope, group));
        if (content === undefined) throw missingParameter("securityGroupRule");
        const others = there.filter(
          (other) => other.SecurityGroupRuleId !== rule.SecurityGroupRuleId && other.IsEgress === rule.IsEgress,
        );
        if (others.some((other) => isSameRule(other, content))) throw invalidPermissionDuplicate(ruleText(content));
        const changed = withContent(rule, content);
        there.splice(
          there.findIndex((other) => other.SecurityGroupRuleId === rule.SecurityGroupRuleId),
          1,
          changed,
        );
        await updateResource(scope, securityGroupRules, changed);
      }
      if (input.DryRun === true) throw dryRunOperation();
    });
    return { Return: true };
  },

  UpdateSecurityGroupRuleDescriptionsIngress: (ctx, input) => describeRules(ctx, input, false),
  UpdateSecurityGroupRuleDescriptionsEgress: (ctx, input) => describeRules(ctx, input, true),
} satisfies Operations<typeof Ec2, Context>;

async function describeRules(
  ctx: Context,
  input: UpdateSecurityGroupRuleDescriptionsIngressRequest,
  isEgress: boolean,
): Promise<{ Return: boolean }> {
  const byId = input.SecurityGroupRuleDescriptions ?? [];
  const permissions = input.IpPermissions ?? [];
  if (byId.length > 0 && permissions.length > 0) {
    throw invalidParameterCombination("Security group rule IDs and permissions may not be used in the same request");
  }
  if (byId.length + permissions.length === 0) throw missingParameter("ipPermissions");
  await inTransaction(ctx, async (scope) => {
    const group = await getGroup(scope, input);
    const all = await rulesOfGroups(scope, [securityGroups.idOf(group)]);
    const there = all.filter((rule) => rule.IsEgress === isEgress);
    const changes: { rule: SecurityGroupRule | undefined; Description: string | undefined }[] = byId.map((one) => ({
      rule: there.find((rule) => rule.SecurityGroupRuleId === one.SecurityGroupRuleId),
      Description: one.Description,
    }));
    for (const content of await rulesOfPermissions(permissions, groupResolver(scope, group))) {
      const rule = there.find((other) => isSameRule(other, content));
      changes.push({ rule, Description: content.Description });
    }
    for (const { rule, Description } of changes) {
      if (rule === undefined) throw invalidPermissionNotFound();
      const { Description: _, ...rest } = rule;
      await updateResource(scope, securityGroupRules, Description ? { ...rest, Description } : rest);
    }
    if (input.DryRun === true) throw dryRunOperation();
  });
  return { Return: true };
}

function permissionOf(request: SecurityGroupRuleRequest): IpPermission {
  const { IpProtocol, FromPort, ToPort, Description } = request;
  const sources = [request.CidrIpv4, request.CidrIpv6, request.PrefixListId, request.ReferencedGroupId].filter(Boolean);
  if (sources.length !== 1) {
    throw invalidParameterCombination(
      "A rule has exactly one of cidrIpv4, cidrIpv6, prefixListId and referencedGroupId",
    );
  }
  return {
    ...{ IpProtocol, FromPort, ToPort },
    ...(request.CidrIpv4 ? { IpRanges: [{ CidrIp: request.CidrIpv4, Description }] } : {}),
    ...(request.CidrIpv6 ? { Ipv6Ranges: [{ CidrIpv6: request.CidrIpv6, Description }] } : {}),
    ...(request.PrefixListId ? { PrefixListIds: [{ PrefixListId: request.PrefixListId, Description }] } : {}),
    ...(request.ReferencedGroupId ? { UserIdGroupPairs: [{ GroupId: request.ReferencedGroupId, Description }] } : {}),
  };
}

function withContent(rule: SecurityGroupRule, content: RuleContent): SecurityGroupRule {
  const { SecurityGroupRuleId, SecurityGroupRuleArn, GroupId, GroupOwnerId, IsEgress } = rule;
  return { SecurityGroupRuleId, SecurityGroupRuleArn, GroupId, GroupOwnerId, IsEgress, ...content };
}
