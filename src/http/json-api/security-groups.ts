import type { IpPermission, SecurityGroup, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { AwsError } from "../../aws/aws-error.ts";
import type { CallOperation } from "../call-operation.ts";
import { type Route, route } from "./route.ts";
import { fromTags, named, nextToken, pageQuery, tagSpecifications, tagsSchema } from "./schemas.ts";

const rule = named(
  "SecurityGroupRule",
  z.strictObject({
    id: z.string(),
    direction: z.enum(["ingress", "egress"]),
    protocol: z.string().describe("`tcp`, `udp`, `icmp`, a protocol's number, or `-1` for all."),
    from_port: z.int().nullable(),
    to_port: z.int().nullable(),
    cidr: z.string().nullable(),
    security_group_id: z.string().nullable().describe("The group at the other end, where the rule names one."),
    prefix_list_id: z.string().nullable(),
    description: z.string().nullable(),
  }),
);

const securityGroup = named(
  "SecurityGroup",
  z.strictObject({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    vpc_id: z.string().nullable(),
    rules: z.array(rule),
    tags: tagsSchema,
  }),
);

const securityGroupList = named(
  "SecurityGroupList",
  z.strictObject({ security_groups: z.array(securityGroup), next_token: nextToken }),
);

const newSecurityGroup = named(
  "NewSecurityGroup",
  z.strictObject({
    name: z.string().min(1).max(255),
    description: z.string().min(1).max(255),
    vpc_id: z.string().optional().describe("The default VPC, where none is given."),
    tags: tagsSchema.optional(),
  }),
);

const port = z.int().min(-1).max(65_535);

const newRule = named(
  "NewSecurityGroupRule",
  z
    .strictObject({
      direction: z.enum(["ingress", "egress"]).default("ingress"),
      protocol: z.string().default("tcp"),
      from_port: port.optional(),
      to_port: port.optional().describe("The same as `from_port`, where it is not given."),
      cidr: z
        .string()
        .optional()
        .meta({ examples: ["0.0.0.0/0"] }),
      security_group_id: z.string().optional(),
      description: z.string().max(255).optional(),
    })
    .refine((given) => (given.cidr === undefined) !== (given.security_group_id === undefined), {
      message: "give either cidr or security_group_id",
    }),
);

export const securityGroupRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "GET", path: "/ec2/security-groups", tag: "ec2" },
      summary: "List security groups with their rules",
      query: pageQuery(5, 1000),
      reply: securityGroupList,
      errors: [400],
    },
    async ({ query, call }) => {
      const { SecurityGroups = [], NextToken } = await call("ec2", "DescribeSecurityGroups", {
        MaxResults: query.limit,
        NextToken: query.next_token,
      });
      return { security_groups: await withRules(call, SecurityGroups), next_token: NextToken ?? null };
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/ec2/security-groups", tag: "ec2", status: 201 },
      summary: "Create a security group",
      body: newSecurityGroup,
      reply: securityGroup,
      errors: [400, 404, 409],
    },
    async ({ body, call }) => {
      const { GroupId = "" } = await call("ec2", "CreateSecurityGroup", {
        GroupName: body.name,
        Description: body.description,
        VpcId: body.vpc_id,
        // Its name is no tag.
        ...tagSpecifications("security-group", { tags: body.tags }),
      });
      return describe(call, GroupId);
    },
  ),
  route(
    {
      ...{ method: "GET", path: "/ec2/security-groups/{id}", tag: "ec2" },
      summary: "Describe a security group",
      reply: securityGroup,
      errors: [400, 404],
    },
    ({ params, call }) => describe(call, params.id),
  ),
  route(
    {
      ...{ method: "DELETE", path: "/ec2/security-groups/{id}", tag: "ec2" },
      summary: "Delete a security group",
      errors: [400, 404, 409],
    },
    async ({ params, call }) => {
      await call("ec2", "DeleteSecurityGroup", { GroupId: params.id });
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/ec2/security-groups/{id}/rules", tag: "ec2", status: 201 },
      summary: "Add a rule to a security group",
      body: newRule,
      reply: rule,
      errors: [400, 404, 409],
    },
    async ({ params, body, call }) => {
      const operation = body.direction === "egress" ? "AuthorizeSecurityGroupEgress" : "AuthorizeSecurityGroupIngress";
      const { SecurityGroupRules: [added] = [] } = await call("ec2", operation, {
        GroupId: params.id,
        IpPermissions: [toPermission(body)],
      });
      if (added === undefined) throw new Error(`${operation} gave no rule.`);
      return toRule(added);
    },
  ),
  route(
    {
      ...{ method: "DELETE", path: "/ec2/security-groups/{id}/rules/{rule_id}", tag: "ec2" },
      summary: "Remove a rule from a security group",
      errors: [400, 404],
    },
    async ({ params, call }) => {
      const found = (await rulesOf(call, [params.id])).find((known) => known.SecurityGroupRuleId === params.rule_id);
      if (found === undefined) {
        const message = `The security group rule ID '${params.rule_id}' does not exist in '${params.id}'`;
        throw new AwsError("InvalidSecurityGroupRuleId.NotFound", message, 400);
      }
      const operation = found.IsEgress === true ? "RevokeSecurityGroupEgress" : "RevokeSecurityGroupIngress";
      await call("ec2", operation, { GroupId: params.id, SecurityGroupRuleIds: [params.rule_id] });
    },
  ),
];

async function describe(call: CallOperation, id: string): Promise<z.input<typeof securityGroup>> {
  const { SecurityGroups = [] } = await call("ec2", "DescribeSecurityGroups", { GroupIds: [id] });
  const [group] = await withRules(call, SecurityGroups);
  if (group === undefined) {
    throw new AwsError("InvalidGroup.NotFound", `The security group '${id}' does not exist`, 400);
  }
  return group;
}

/** A filter takes so many values. */
const groupsOfOneCall = 200;

async function withRules(call: CallOperation, groups: readonly SecurityGroup[]) {
  const rules: SecurityGroupRule[] = [];
  const ids = groups.flatMap(({ GroupId }) => (GroupId === undefined ? [] : [GroupId]));
  for (let at = 0; at < ids.length; at += groupsOfOneCall) {
    rules.push(...(await rulesOf(call, ids.slice(at, at + groupsOfOneCall))));
  }
  return groups.map((group) => ({
    id: group.GroupId ?? "",
    name: group.GroupName ?? "",
    description: group.Description ?? "",
    vpc_id: group.VpcId ?? null,
    rules: rules.filter(({ GroupId }) => GroupId === group.GroupId).map(toRule),
    tags: fromTags(group.Tags),
  }));
}

async function rulesOf(call: CallOperation, groupIds: string[]): Promise<SecurityGroupRule[]> {
  const { SecurityGroupRules = [] } = await call("ec2", "DescribeSecurityGroupRules", {
    Filters: [{ Name: "group-id", Values: groupIds }],
  });
  return SecurityGroupRules;
}

function toRule(found: SecurityGroupRule): z.input<typeof rule> {
  return {
    id: found.SecurityGroupRuleId ?? "",
    direction: found.IsEgress === true ? "egress" : "ingress",
    protocol: found.IpProtocol ?? "-1",
    from_port: found.FromPort ?? null,
    to_port: found.ToPort ?? null,
    cidr: found.CidrIpv4 ?? found.CidrIpv6 ?? null,
    security_group_id: found.ReferencedGroupInfo?.GroupId ?? null,
    prefix_list_id: found.PrefixListId ?? null,
    description: found.Description ?? null,
  };
}

function toPermission(given: z.output<typeof newRule>): IpPermission {
  const { cidr, security_group_id: groupId, description: Description } = given;
  return {
    IpProtocol: given.protocol,
    FromPort: given.from_port,
    ToPort: given.to_port ?? given.from_port,
    ...(groupId === undefined ? {} : { UserIdGroupPairs: [{ GroupId: groupId, Description }] }),
    ...(cidr === undefined
      ? {}
      : cidr.includes(":")
        ? { Ipv6Ranges: [{ CidrIpv6: cidr, Description }] }
        : { IpRanges: [{ CidrIp: cidr, Description }] }),
  };
}
