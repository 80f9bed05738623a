import type * as Rds from "@aws-sdk/client-rds";
import type { DBParameterGroup } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { listInstanceDocuments } from "./db-instance-rows.ts";
import { dbParameterGroupAlreadyExists, dbParameterGroupNotFound, invalidDbParameterGroupState } from "./errors.ts";
import { arnOfNamed, deleteNamed, insertNamed, listNamed, type NamedFamily, updateNamed } from "./named-resources.ts";
import { page } from "./pages.ts";
import {
  defaultGroup,
  describeEngineDefaults,
  describeParameters,
  newParameterGroup,
  type ParameterGroupDocument,
  parameterGroupsOf,
  requireGroupName,
  withChanges,
  withResets,
} from "./parameter-groups.ts";

const family: NamedFamily<ParameterGroupDocument> = {
  kind: "pg",
  notFound: dbParameterGroupNotFound,
  alreadyExists: dbParameterGroupAlreadyExists,
};

const { requireGroup, requireOwn } = parameterGroupsOf(family, "DBParameterGroup");

export const requireParameterGroup = requireGroup;

export const dbParameterGroups = {
  async CreateDBParameterGroup(ctx, input) {
    const group = newParameterGroup({
      ...{ name: input.DBParameterGroupName, parameter: "DBParameterGroupName" },
      ...{ family: input.DBParameterGroupFamily, description: input.Description },
    });
    await insertNamed(ctx, family, group.name, group, input.Tags);
    return { DBParameterGroup: toGroup(ctx, group) };
  },

  async CopyDBParameterGroup(ctx, input) {
    const source = await requireGroup(ctx, input.SourceDBParameterGroupIdentifier);
    const name = requireGroupName("TargetDBParameterGroupIdentifier", input.TargetDBParameterGroupIdentifier ?? "");
    const copy = { ...source, name, description: input.TargetDBParameterGroupDescription ?? source.description };
    await insertNamed(ctx, family, name, copy, input.Tags);
    return { DBParameterGroup: toGroup(ctx, copy) };
  },

  async DescribeDBParameterGroups(ctx, input) {
    const groups = input.DBParameterGroupName
      ? [await requireGroup(ctx, input.DBParameterGroupName)]
      : [...(await defaultsInUse(ctx)), ...(await listNamed(ctx, family)).map(({ document }) => document)];
    const sorted = groups.sort((a, b) => (a.name < b.name ? -1 : 1));
    const { items, marker } = page(sorted, { ...input, kind: "db-parameter-groups" }, ({ name }) => name);
    return { DBParameterGroups: items.map((group) => toGroup(ctx, group)), Marker: marker };
  },

  async ModifyDBParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBParameterGroupName, "modified");
    await updateNamed(ctx, family, group.name, withChanges(group, input.Parameters ?? []));
    return { DBParameterGroupName: group.name };
  },

  async ResetDBParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBParameterGroupName, "modified");
    const all = input.ResetAllParameters === true || (input.Parameters ?? []).length === 0;
    await updateNamed(ctx, family, group.name, withResets(group, all ? undefined : input.Parameters));
    return { DBParameterGroupName: group.name };
  },

  async DeleteDBParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBParameterGroupName, "deleted");
    const users = await membersOf(ctx, group.name);
    if (users.length > 0) {
      throw invalidDbParameterGroupState(
        `One or more database instances are still members of this parameter group ${group.name}, so the group cannot be deleted`,
      );
    }
    await deleteNamed(ctx, family, group.name);
    return {};
  },

  async DescribeDBParameters(ctx, input) {
    const group = await requireGroup(ctx, input.DBParameterGroupName);
    const all = describeParameters(group, input.Source);
    const { items, marker } = page(all, { ...input, kind: "db-parameters" }, (one) => one.ParameterName ?? "");
    return { Parameters: items, Marker: marker };
  },

  async DescribeEngineDefaultParameters(_ctx, input) {
    return { EngineDefaults: describeEngineDefaults(input, "engine-default-parameters") };
  },
} satisfies Operations<typeof Rds, Context>;

/** Default groups are shown as soon as an instance uses them. */
async function defaultsInUse(ctx: Context): Promise<ParameterGroupDocument[]> {
  const names = new Set((await groupsInUse(ctx)).map(({ group }) => group));
  return [...names].flatMap((name) => defaultGroup(name) ?? []);
}

async function membersOf(ctx: Context, name: string): Promise<string[]> {
  return (await groupsInUse(ctx)).filter(({ group }) => group === name).map(({ identifier }) => identifier);
}

async function groupsInUse(ctx: Context): Promise<{ identifier: string; group: string }[]> {
  return (await listInstanceDocuments(ctx)).flatMap(({ identifier, document }) =>
    (document.DBParameterGroups ?? []).map(({ DBParameterGroupName = "" }) => ({
      identifier,
      group: DBParameterGroupName,
    })),
  );
}

function toGroup(ctx: Context, { name, family: groupFamily, description }: ParameterGroupDocument): DBParameterGroup {
  return {
    DBParameterGroupName: name,
    DBParameterGroupFamily: groupFamily,
    Description: description,
    DBParameterGroupArn: arnOfNamed(ctx, "pg", name),
  };
}
