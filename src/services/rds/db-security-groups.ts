import { isIPv4 } from "node:net";
import type * as Rds from "@aws-sdk/client-rds";
import type { AuthorizeDBSecurityGroupIngressMessage, DBSecurityGroup, EC2SecurityGroup } from "@aws-sdk/client-rds";
import type { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import {
  authorizationAlreadyExists,
  authorizationNotFound,
  dbSecurityGroupAlreadyExists,
  dbSecurityGroupNotFound,
  dbSecurityGroupQuotaExceeded,
  invalidDbSecurityGroupState,
  invalidParameterCombination,
  invalidParameterValue,
  mustBeProvided,
} from "./errors.ts";
import { requireIdentifier } from "./identifiers.ts";
import {
  arnOfNamed,
  changeNamed,
  deleteNamed,
  findNamed,
  insertNamed,
  listNamed,
  type NamedFamily,
  nameOf,
} from "./named-resources.ts";
import { page } from "./pages.ts";
import { quotas } from "./quotas.ts";

interface SecurityGroupDocument {
  readonly name: string;
  readonly description: string;
  readonly ranges: readonly string[];
  readonly groups: readonly Omit<EC2SecurityGroup, "Status">[];
}

const family: NamedFamily<SecurityGroupDocument> = {
  kind: "secgrp",
  notFound: dbSecurityGroupNotFound,
  alreadyExists: dbSecurityGroupAlreadyExists,
  quota: { most: quotas.DBSecurityGroups, exceeded: dbSecurityGroupQuotaExceeded },
};

/** Those of the time before VPCs. They are kept, and no instance can be in one. */
export const dbSecurityGroups = {
  async CreateDBSecurityGroup(ctx, input) {
    const name = requireIdentifier("DBSecurityGroupName", input.DBSecurityGroupName ?? "", 255);
    if (name === "default") throw invalidParameterValue("The name of a DB security group can't be default.");
    const { DBSecurityGroupDescription: description = "" } = input;
    if (description === "") throw mustBeProvided("DBSecurityGroupDescription");
    const group: SecurityGroupDocument = { name, description, ranges: [], groups: [] };
    await insertNamed(ctx, family, name, group, input.Tags);
    return { DBSecurityGroup: toGroup(ctx, group) };
  },

  async DescribeDBSecurityGroups(ctx, input) {
    const groups = input.DBSecurityGroupName
      ? [await requireGroup(ctx, input.DBSecurityGroupName)]
      : (await listNamed(ctx, family)).map(({ document }) => document);
    const { items, marker } = page(groups, { ...input, kind: "db-security-groups" }, ({ name }) => name);
    return { DBSecurityGroups: items.map((group) => toGroup(ctx, group)), Marker: marker };
  },

  async DeleteDBSecurityGroup(ctx, input) {
    if (input.DBSecurityGroupName?.toLowerCase() === "default") {
      throw invalidDbSecurityGroupState("The default DB security group can't be deleted.");
    }
    const { name } = await requireGroup(ctx, input.DBSecurityGroupName);
    await deleteNamed(ctx, family, name);
    return {};
  },

  async AuthorizeDBSecurityGroupIngress(ctx, input) {
    const { range, group } = requireSource(ctx, input);
    const changed = await change(ctx, input.DBSecurityGroupName, (before) => {
      if (isAuthorized(before, range, group)) throw authorizationAlreadyExists(before.name);
      return {
        ...before,
        ranges: range === undefined ? before.ranges : [...before.ranges, range],
        groups: group === undefined ? before.groups : [...before.groups, group],
      };
    });
    return { DBSecurityGroup: toGroup(ctx, changed) };
  },

  async RevokeDBSecurityGroupIngress(ctx, input) {
    const { range, group } = requireSource(ctx, input);
    const changed = await change(ctx, input.DBSecurityGroupName, (before) => {
      if (!isAuthorized(before, range, group)) throw authorizationNotFound(before.name);
      return {
        ...before,
        ranges: before.ranges.filter((other) => other !== range),
        groups: before.groups.filter((other) => group === undefined || !isSame(other, group)),
      };
    });
    return { DBSecurityGroup: toGroup(ctx, changed) };
  },
} satisfies Operations<typeof Rds, Context>;

async function requireGroup(ctx: Context, identifier = ""): Promise<SecurityGroupDocument> {
  const name = nameOf(ctx, family, identifier);
  const found = await findNamed(ctx, family, name);
  if (found === undefined) throw dbSecurityGroupNotFound(name);
  return found;
}

/** @throws DBSecurityGroupNotFound, and what `change` throws */
async function change(
  ctx: Context,
  identifier: string | undefined,
  changeGroup: (group: SecurityGroupDocument) => SecurityGroupDocument,
): Promise<SecurityGroupDocument> {
  const { name } = await requireGroup(ctx, identifier);
  const changed = await changeNamed(ctx, family, name, changeGroup);
  if (changed === undefined) throw dbSecurityGroupNotFound(name);
  return changed;
}

/** Either a range of addresses, or a security group of EC2's. */
function requireSource(ctx: Context, input: AuthorizeDBSecurityGroupIngressMessage) {
  const { CIDRIP, EC2SecurityGroupId, EC2SecurityGroupName, EC2SecurityGroupOwnerId } = input;
  const isGroup = EC2SecurityGroupId !== undefined || EC2SecurityGroupName !== undefined;
  if ((CIDRIP !== undefined) === isGroup) throw needsOneSource();
  if (CIDRIP !== undefined) return { range: requireRange(CIDRIP), group: undefined };
  const group = {
    ...(EC2SecurityGroupId !== undefined && { EC2SecurityGroupId }),
    ...(EC2SecurityGroupName !== undefined && { EC2SecurityGroupName }),
    EC2SecurityGroupOwnerId: EC2SecurityGroupOwnerId ?? ctx.accountId,
  };
  return { range: undefined, group };
}

const needsOneSource = (): AwsError =>
  invalidParameterCombination("Exactly one of CIDRIP and an EC2 security group has to be specified.");

function requireRange(range: string): string {
  const [address = "", bits = ""] = range.split("/");
  if (isIPv4(address) && /^\d{1,2}$/.test(bits) && Number(bits) <= 32) return range;
  throw invalidParameterValue(`Invalid CIDR range: ${range}`);
}

function isAuthorized(
  { ranges, groups }: SecurityGroupDocument,
  range: string | undefined,
  group: SecurityGroupDocument["groups"][number] | undefined,
): boolean {
  return range === undefined
    ? groups.some((other) => group !== undefined && isSame(other, group))
    : ranges.includes(range);
}

type Group = SecurityGroupDocument["groups"][number];

function isSame(a: Group, b: Group): boolean {
  return (
    a.EC2SecurityGroupId === b.EC2SecurityGroupId &&
    a.EC2SecurityGroupName === b.EC2SecurityGroupName &&
    a.EC2SecurityGroupOwnerId === b.EC2SecurityGroupOwnerId
  );
}

function toGroup(ctx: Context, { name, description, ranges, groups }: SecurityGroupDocument): DBSecurityGroup {
  return {
    OwnerId: ctx.accountId,
    DBSecurityGroupName: name,
    DBSecurityGroupDescription: description,
    DBSecurityGroupArn: arnOfNamed(ctx, "secgrp", name),
    IPRanges: ranges.map((CIDRIP) => ({ CIDRIP, Status: "authorized" })),
    EC2SecurityGroups: groups.map((group) => ({ ...group, Status: "authorized" })),
  };
}
