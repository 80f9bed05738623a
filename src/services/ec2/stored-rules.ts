import type { SecurityGroupRule, Tag } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed, notFound } from "./errors.ts";
import type { RuleContent } from "./ip-permissions.ts";
import { insertResource, listResources, type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { writeTags } from "./stored-tags.ts";

export const securityGroupRules: Resource<SecurityGroupRule> = {
  table: "ec2_security_group_rules",
  prefix: "sgr",
  type: "security-group-rule",
  idOf: (rule) => rule.SecurityGroupRuleId ?? "",
  columnsOf: (rule) => ({ group_id: rule.GroupId ?? "" }),
  ...tagsMember,
  filters: pathFilters<SecurityGroupRule>()({
    "group-id": "GroupId",
    "security-group-rule-id": "SecurityGroupRuleId",
  }),
  columnFilters: { "group-id": "group_id", "security-group-rule-id": "id" },
  malformed: (id) => malformed("InvalidSecurityGroupRuleId.Malformed", id, "sgr"),
  notFound: (ids) => notFound("InvalidSecurityGroupRuleId.NotFound", "security group rule ID", ids),
};

/** Above this many groups, the rules of all groups are read at once. */
const manyGroups = 200;

export function rulesOfGroups(scope: Scope, groupIds: readonly string[]): Promise<SecurityGroupRule[]> {
  return listResources(scope, securityGroupRules, groupIds.length > manyGroups ? {} : { group_id: groupIds });
}

export async function insertRules(
  scope: Scope,
  of: { GroupId: string; IsEgress: boolean; tags?: readonly Tag[] },
  contents: readonly RuleContent[],
): Promise<SecurityGroupRule[]> {
  const rules: SecurityGroupRule[] = [];
  for (const content of contents) {
    const SecurityGroupRuleId = scope.newId("sgr");
    const rule: SecurityGroupRule = {
      SecurityGroupRuleId,
      SecurityGroupRuleArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:security-group-rule/${SecurityGroupRuleId}`,
      GroupId: of.GroupId,
      GroupOwnerId: scope.accountId,
      IsEgress: of.IsEgress,
      ...content,
    };
    // Rules of one request keep its order.
    await insertResource(
      scope,
      securityGroupRules,
      rule,
      `${String(rules.length).padStart(4, "0")}/${SecurityGroupRuleId}`,
    );
    await writeTags(scope, { id: SecurityGroupRuleId, type: "security-group-rule" }, of.tags ?? []);
    rules.push({ ...rule, Tags: [...(of.tags ?? [])] });
  }
  return rules;
}
