import type * as Rds from "@aws-sdk/client-rds";
import type { DBSubnetGroup } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { AccountContext, Context } from "../service-context.ts";
import { listClusters } from "./db-cluster-rows.ts";
import { listInstanceDocuments } from "./db-instance-rows.ts";
import { describeDefaultSubnetGroup, findDefaultVpc } from "./default-subnet-group.ts";
import {
  dbSubnetGroupAlreadyExists,
  dbSubnetGroupDoesNotCoverEnoughAZs,
  dbSubnetGroupNotFound,
  dbSubnetGroupQuotaExceeded,
  dbSubnetQuotaExceeded,
  invalidDbSubnetGroupState,
  invalidParameterValue,
  invalidSubnet,
  mustBeProvided,
} from "./errors.ts";
import { requirePrintable } from "./identifiers.ts";
import {
  arnOfNamed,
  deleteNamed,
  findNamed,
  insertNamed,
  listNamed,
  type NamedFamily,
  updateNamed,
} from "./named-resources.ts";
import { page } from "./pages.ts";
import { quotas } from "./quotas.ts";

interface SubnetGroupDocument {
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
}

const family: NamedFamily<SubnetGroupDocument> = {
  kind: "subgrp",
  notFound: dbSubnetGroupNotFound,
  alreadyExists: dbSubnetGroupAlreadyExists,
  quota: { most: quotas.DBSubnetGroups, exceeded: dbSubnetGroupQuotaExceeded },
};

export const dbSubnetGroups = {
  async CreateDBSubnetGroup(ctx, input) {
    const name = requireName(input.DBSubnetGroupName ?? "");
    const description = input.DBSubnetGroupDescription ?? "";
    if (description === "") throw mustBeProvided("DBSubnetGroupDescription");
    requirePrintable("DBSubnetGroupDescription", description);
    const subnetIds = [...new Set(input.SubnetIds ?? [])];
    if (subnetIds.length > quotas.SubnetsPerDBSubnetGroup) throw dbSubnetQuotaExceeded();
    const { vpcId } = await checkSubnets(ctx, subnetIds);
    const document = { name, description, vpcId, subnetIds };
    await insertNamed(ctx, family, name, document, input.Tags);
    return { DBSubnetGroup: await toGroup(ctx, document) };
  },

  async DescribeDBSubnetGroups(ctx, input) {
    const groups = input.DBSubnetGroupName
      ? [await requireSubnetGroup(ctx, input.DBSubnetGroupName)]
      : await Promise.all((await listNamed(ctx, family)).map(({ document }) => toGroup(ctx, document)));
    const keyOf = (group: DBSubnetGroup) => group.DBSubnetGroupName ?? "";
    const { items, marker } = page(groups, { ...input, kind: "db-subnet-groups" }, keyOf);
    return { DBSubnetGroups: items, Marker: marker };
  },

  async ModifyDBSubnetGroup(ctx, input) {
    const before = await findNamed(ctx, family, input.DBSubnetGroupName ?? "");
    if (before === undefined) throw dbSubnetGroupNotFound(input.DBSubnetGroupName ?? "");
    const subnetIds = [...new Set(input.SubnetIds ?? [])];
    if (subnetIds.length > quotas.SubnetsPerDBSubnetGroup) throw dbSubnetQuotaExceeded();
    const { vpcId } = await checkSubnets(ctx, subnetIds);
    if (vpcId !== before.vpcId)
      throw invalidSubnet(`The new Subnets are not in the same Vpc as the existing subnet group`);
    const document = { ...before, subnetIds, description: input.DBSubnetGroupDescription || before.description };
    await updateNamed(ctx, family, before.name, document);
    return { DBSubnetGroup: await toGroup(ctx, document) };
  },

  async DeleteDBSubnetGroup(ctx, input) {
    const name = (input.DBSubnetGroupName ?? "").toLowerCase();
    if ((await findNamed(ctx, family, name)) === undefined) throw dbSubnetGroupNotFound(name);
    const user = await findUser(ctx, name);
    if (user !== undefined) {
      throw invalidDbSubnetGroupState(
        `Cannot delete the subnet group '${name}' because at least one database instance: ${user} is still using it.`,
      );
    }
    await deleteNamed(ctx, family, name);
    return {};
  },
} satisfies Operations<typeof Rds, Context>;

/** The group as instances show it; `default` is the default VPC's, which is not kept. @throws DBSubnetGroupNotFoundFault */
export async function requireSubnetGroup(ctx: AccountContext, given: string): Promise<DBSubnetGroup> {
  const name = given.toLowerCase();
  const found = await findNamed(ctx, family, name);
  if (found !== undefined) return toGroup(ctx, found);
  if (name === "default") return describeDefaultSubnetGroup(ctx, await findDefaultVpc(ctx));
  throw dbSubnetGroupNotFound(given);
}

function requireName(name: string): string {
  if (name === "") throw mustBeProvided("DBSubnetGroupName");
  if (name.toLowerCase() === "default") {
    throw invalidParameterValue("Subnet group name default is reserved. Please specify another name.");
  }
  if (!/^[\w .-]{1,255}$/.test(name)) {
    // What is not ASCII RDS shows as question marks.
    throw invalidParameterValue(`Invalid subnet group name:  ${name.replaceAll(/[^ -~]/gu, "?")}`);
  }
  return name.toLowerCase();
}

interface SubnetFacts {
  readonly id: string;
  readonly vpcId: string;
  readonly zone: string;
}

/** Subnets are EC2's rows. @throws InvalidSubnet, DBSubnetGroupDoesNotCoverEnoughAZs */
export async function checkSubnets(ctx: Context, ids: readonly string[]): Promise<{ vpcId: string }> {
  if (ids.length === 0) throw mustBeProvided("SubnetIds");
  const subnets = await readSubnets(ctx, ids);
  const unknown = ids.filter((id) => !subnets.some((subnet) => subnet.id === id));
  if (unknown.length > 0) throw invalidSubnet(`Some input subnets in :[${unknown.join(", ")}] are invalid.`);
  const [first] = subnets;
  const foreign = subnets.filter((subnet) => subnet.vpcId !== first?.vpcId);
  if (foreign.length > 0) throw invalidSubnet("The subnets are not all in the same VPC.");
  const zones = [...new Set(subnets.map(({ zone }) => zone))].sort();
  if (zones.length < 2) throw dbSubnetGroupDoesNotCoverEnoughAZs(zones.join(", "));
  return { vpcId: first?.vpcId ?? "" };
}

async function readSubnets(ctx: AccountContext, ids: readonly string[]): Promise<SubnetFacts[]> {
  if (ids.length === 0) return [];
  const rows = await ctx.db
    .selectFrom("ec2_subnets")
    .select(["id", "vpc_id", "data"])
    .where("account_id", "=", ctx.accountId)
    .where("region", "=", ctx.region)
    .where("id", "in", [...ids])
    .execute();
  return rows.map((row) => {
    const { AvailabilityZone = "" }: { AvailabilityZone?: string } = JSON.parse(row.data);
    return { id: row.id, vpcId: row.vpc_id, zone: AvailabilityZone };
  });
}

async function findUser(ctx: Context, name: string): Promise<string | undefined> {
  const instances = await listInstanceDocuments(ctx);
  const instance = instances.find(({ document }) => document.DBSubnetGroup?.DBSubnetGroupName === name);
  const cluster = (await listClusters(ctx)).find(
    ({ accountId, region, settings }) =>
      accountId === ctx.accountId && region === ctx.region && settings.DBSubnetGroup === name,
  );
  return instance?.identifier ?? cluster?.name;
}

async function toGroup(
  ctx: AccountContext,
  { name, description, vpcId, subnetIds }: SubnetGroupDocument,
): Promise<DBSubnetGroup> {
  const known = new Map((await readSubnets(ctx, subnetIds)).map((subnet) => [subnet.id, subnet]));
  return {
    DBSubnetGroupName: name,
    DBSubnetGroupDescription: description,
    VpcId: vpcId,
    SubnetGroupStatus: "Complete",
    Subnets: subnetIds.map((id) => ({
      SubnetIdentifier: id,
      SubnetAvailabilityZone: { Name: known.get(id)?.zone },
      SubnetOutpost: {},
      SubnetStatus: "Active",
    })),
    DBSubnetGroupArn: arnOfNamed(ctx, "subgrp", name),
    SupportedNetworkTypes: ["IPV4"],
  };
}
