import type * as Ec2 from "@aws-sdk/client-ec2";
import type { SecurityGroup, SecurityGroupRule } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import {
  cannotDelete,
  defaultVpcDoesNotExist,
  dependencyViolation,
  dryRunOperation,
  invalidGroupDuplicate,
  invalidGroupNotFound,
  invalidGroupNotFoundInVpc,
  invalidParameterValue,
  malformed,
  missingParameter,
} from "./errors.ts";
import { groupVpcAssociations } from "./group-vpc-associations.ts";
import { permissionsOfRules } from "./ip-permissions.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import {
  deleteResources,
  findResource,
  getResource,
  insertResource,
  listMentions,
  listResources,
  type Resource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { insertRules, rulesOfGroups, securityGroupRules } from "./stored-rules.ts";
import { writeTags } from "./stored-tags.ts";
import { tagsOfSpecifications } from "./tag-specifications.ts";
import { findDefaultVpc, vpcs } from "./vpcs.ts";

interface DescribedSecurityGroup extends SecurityGroup {
  /** What the groups are called that its rules refer to by their ids. */
  PeerNames?: { readonly ingress: readonly string[]; readonly egress: readonly string[] } | undefined;
}

export const securityGroups: Resource<DescribedSecurityGroup> = {
  table: "ec2_security_groups",
  prefix: "sg",
  type: "security-group",
  idOf: (group) => group.GroupId ?? "",
  columnsOf: (group) => ({ vpc_id: group.VpcId ?? "", group_name: group.GroupName ?? "" }),
  tagsOf: ({ Tags }) => Tags,
  // A group without tags is told without the member: decision 0154.
  setTags(group, tags) {
    if (tags.length > 0) group.Tags = tags;
  },
  enrich: addPermissions,
  filters: {
    "egress.ip-permission.group-name": ({ PeerNames }) => PeerNames?.egress,
    "ip-permission.group-name": ({ PeerNames }) => PeerNames?.ingress,
    ...pathFilters<SecurityGroup>()({
      description: "Description",
      "egress.ip-permission.cidr": "IpPermissionsEgress.IpRanges.CidrIp",
      "egress.ip-permission.from-port": "IpPermissionsEgress.FromPort",
      "egress.ip-permission.group-id": "IpPermissionsEgress.UserIdGroupPairs.GroupId",
      "egress.ip-permission.ipv6-cidr": "IpPermissionsEgress.Ipv6Ranges.CidrIpv6",
      "egress.ip-permission.prefix-list-id": "IpPermissionsEgress.PrefixListIds.PrefixListId",
      "egress.ip-permission.protocol": "IpPermissionsEgress.IpProtocol",
      "egress.ip-permission.to-port": "IpPermissionsEgress.ToPort",
      "egress.ip-permission.user-id": "IpPermissionsEgress.UserIdGroupPairs.UserId",
      "group-id": "GroupId",
      "group-name": "GroupName",
      "ip-permission.cidr": "IpPermissions.IpRanges.CidrIp",
      "ip-permission.from-port": "IpPermissions.FromPort",
      "ip-permission.group-id": "IpPermissions.UserIdGroupPairs.GroupId",
      "ip-permission.ipv6-cidr": "IpPermissions.Ipv6Ranges.CidrIpv6",
      "ip-permission.prefix-list-id": "IpPermissions.PrefixListIds.PrefixListId",
      "ip-permission.protocol": "IpPermissions.IpProtocol",
      "ip-permission.to-port": "IpPermissions.ToPort",
      "ip-permission.user-id": "IpPermissions.UserIdGroupPairs.UserId",
      "owner-id": "OwnerId",
      "vpc-id": "VpcId",
    }),
  },
  columnFilters: { "group-id": "id", "group-name": "group_name", "vpc-id": "vpc_id" },
  malformed: (id) => malformed("InvalidGroupId.Malformed", id, "sg"),
  notFound: (ids) => invalidGroupNotFound(ids.join(", ")),
};

export const securityGroupOperations = {
  async CreateSecurityGroup(ctx, input) {
    if (input.GroupName === undefined) throw missingParameter("groupName");
    if (input.Description === undefined) throw missingParameter("groupDescription");
    const { GroupName, Description } = input;
    checkText("groupName", GroupName);
    checkText("groupDescription", Description);
    if (/^sg-/i.test(GroupName)) {
      throw invalidParameterValue(
        `Invalid value '${GroupName}' for groupName. Group names may not be in the format sg-*.`,
      );
    }
    const tags = tagsOfSpecifications(input.TagSpecifications, ["security-group"])["security-group"] ?? [];
    // An empty VpcId is none: so Packer says that a build names no VPC.
    const vpc = input.VpcId ? await getResource(ctx, vpcs, input.VpcId) : await findDefaultVpc(ctx);
    if (vpc?.VpcId === undefined) throw defaultVpcDoesNotExist();
    const VpcId = vpc.VpcId;
    if (GroupName === "default") {
      throw new AwsError("InvalidParameterValue", "Cannot use reserved security group name: default");
    }
    return inTransaction(ctx, async (scope) => {
      if (await findGroupByName(scope, VpcId, GroupName)) throw invalidGroupDuplicate(GroupName, VpcId);
      if (input.DryRun === true) throw dryRunOperation();
      const group = await insertGroup(scope, { GroupName, Description, VpcId });
      await writeTags(scope, { id: securityGroups.idOf(group), type: "security-group" }, tags);
      const { GroupId, SecurityGroupArn } = group;
      return { GroupId, SecurityGroupArn, ...(tags.length > 0 ? { Tags: tags } : {}) };
    });
  },

  async DeleteSecurityGroup(ctx, input) {
    const group = await getGroup(ctx, input);
    const GroupId = securityGroups.idOf(group);
    if (group.GroupName === "default") throw cannotDelete(GroupId);
    if (input.DryRun === true) throw dryRunOperation();
    return inTransaction(ctx, async (scope) => {
      await checkUnused(scope, group);
      const rules = await rulesOfGroups(scope, [GroupId]);
      await deleteResources(scope, securityGroupRules, rules.map(securityGroupRules.idOf));
      await deleteResources(scope, securityGroups, [GroupId]);
      return { Return: true, GroupId };
    });
  },

  async DescribeSecurityGroups(ctx, input) {
    const names = input.GroupNames ?? [];
    const zeros = input.GroupIds?.find((id) => /^sg-0{17}$/.test(id));
    if (zeros !== undefined) throw securityGroups.malformed(zeros);
    if (names.length > 0) await checkNames(ctx, names);
    const page = await describeResources(ctx, securityGroups, input, {
      ids: input.GroupIds,
      only: (group) => names.length === 0 || names.includes(group.GroupName ?? ""),
    });
    return { SecurityGroups: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** The group that a request names by id or, in the default VPC, by name. @throws AwsError */
export async function getGroup(
  scope: Scope,
  input: { GroupId?: string | undefined; GroupName?: string | undefined },
): Promise<SecurityGroup> {
  if (input.GroupId !== undefined) return getResource(scope, securityGroups, input.GroupId);
  if (input.GroupName === undefined) throw missingParameter("GroupName or GroupId");
  return getGroupByName(scope, input.GroupName);
}

/** A group of the default VPC. @throws AwsError `InvalidGroup.NotFound` */
async function getGroupByName(scope: Scope, name: string): Promise<SecurityGroup> {
  const vpcId = (await findDefaultVpc(scope))?.VpcId;
  if (vpcId === undefined) throw defaultVpcDoesNotExist();
  const group = await findGroupByName(scope, vpcId, name);
  if (group === undefined) throw invalidGroupNotFoundInVpc(name, vpcId);
  return group;
}

export async function findGroupByName(scope: Scope, vpcId: string, name: string): Promise<SecurityGroup | undefined> {
  return (await listResources(scope, securityGroups, { vpc_id: vpcId, group_name: name }))[0];
}

/** The group that a VPC is made with: its members reach each other and everything outside. */
export async function insertDefaultGroup(scope: Scope, VpcId: string): Promise<void> {
  const group = await insertGroup(scope, {
    GroupName: "default",
    Description: "default VPC security group",
    VpcId,
  });
  const GroupId = securityGroups.idOf(group);
  await insertRules(scope, { GroupId, IsEgress: false }, [
    { IpProtocol: "-1", FromPort: -1, ToPort: -1, ReferencedGroupInfo: { GroupId, UserId: scope.accountId } },
  ]);
}

/** A new group lets everything out and nothing in. */
async function insertGroup(
  scope: Scope,
  named: { GroupName: string; Description: string; VpcId: string },
): Promise<SecurityGroup> {
  const GroupId = scope.newId("sg");
  const group: SecurityGroup = {
    GroupId,
    OwnerId: scope.accountId,
    SecurityGroupArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:security-group/${GroupId}`,
    ...named,
  };
  await insertResource(scope, securityGroups, group);
  const all = { IpProtocol: "-1", FromPort: -1, ToPort: -1 };
  const vpc = await findResource(scope, vpcs, named.VpcId);
  await insertRules(scope, { GroupId, IsEgress: true }, [
    { ...all, CidrIpv4: "0.0.0.0/0" },
    ...(vpc?.Ipv6CidrBlockAssociationSet?.length ? [{ ...all, CidrIpv6: "::/0" }] : []),
  ]);
  return group;
}

async function addPermissions(scope: Scope, groups: DescribedSecurityGroup[]): Promise<void> {
  const rules = await rulesOfGroups(scope, groups.map(securityGroups.idOf));
  const names = await namesOfPeers(scope, rules);
  const byGroup = new Map<string | undefined, SecurityGroupRule[]>();
  for (const rule of rules) byGroup.set(rule.GroupId, [...(byGroup.get(rule.GroupId) ?? []), rule]);
  for (const group of groups) {
    const own = byGroup.get(group.GroupId) ?? [];
    group.IpPermissions = permissionsOfRules(own.filter((rule) => rule.IsEgress === false));
    group.IpPermissionsEgress = permissionsOfRules(own.filter((rule) => rule.IsEgress === true));
    const peers = (egress: boolean) =>
      own
        .filter(({ IsEgress }) => IsEgress === egress)
        .flatMap(({ ReferencedGroupInfo }) => names.get(ReferencedGroupInfo?.GroupId ?? "") ?? []);
    group.PeerNames = { ingress: peers(false), egress: peers(true) };
  }
}

/** By group id. */
async function namesOfPeers(scope: Scope, rules: readonly SecurityGroupRule[]): Promise<ReadonlyMap<string, string>> {
  const ids = new Set(rules.flatMap(({ ReferencedGroupInfo }) => ReferencedGroupInfo?.GroupId ?? []));
  if (ids.size === 0) return new Map();
  const peers = await listResources(scope, securityGroups, { id: [...ids] });
  return new Map(peers.map(({ GroupId = "", GroupName = "" }) => [GroupId, GroupName]));
}

/** A group that an interface has, or that a rule of another group names, stays. */
async function checkUnused(scope: Scope, group: SecurityGroup): Promise<void> {
  const inUse = dependencyViolation(`resource ${group.GroupId} has a dependent object`);
  const id = securityGroups.idOf(group);
  const interfaces = await listMentions(scope, networkInterfaces, id, { vpc_id: group.VpcId ?? "" });
  if (interfaces.some(({ Groups }) => Groups?.some(({ GroupId }) => GroupId === group.GroupId))) throw inUse;
  const associations = await listResources(scope, groupVpcAssociations, { group_id: group.GroupId ?? "" });
  if (associations.length > 0) throw inUse;
  const rules = await listMentions(scope, securityGroupRules, id);
  const refers = rules.some(
    ({ ReferencedGroupInfo, GroupId }) =>
      ReferencedGroupInfo?.GroupId === group.GroupId &&
      GroupId !== group.GroupId &&
      // A rule of a peered VPC becomes stale.
      ReferencedGroupInfo?.VpcPeeringConnectionId === undefined,
  );
  if (refers) throw inUse;
}

async function checkNames(scope: Scope, names: readonly string[]): Promise<void> {
  for (const name of names) await getGroupByName(scope, name);
}

function checkText(parameter: string, text: string): void {
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
  if (/^[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/.test(text)) return;
  throw invalidParameterValue(
    `Value (${text}) for parameter ${parameter} is invalid. Character sets beyond ASCII are not supported.`,
  );
}
