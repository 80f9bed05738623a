import type * as Rds from "@aws-sdk/client-rds";
import type { DBClusterParameterGroup } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dbClusterParameterGroupNotFound, dbParameterGroupAlreadyExists } from "./errors.ts";
import { arnOfNamed, deleteNamed, insertNamed, listNamed, type NamedFamily, updateNamed } from "./named-resources.ts";
import { page } from "./pages.ts";
import {
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
  kind: "cluster-pg",
  notFound: dbClusterParameterGroupNotFound,
  alreadyExists: dbParameterGroupAlreadyExists,
};

const { requireGroup, requireOwn } = parameterGroupsOf(family, "DBClusterParameterGroup");

export const dbClusterParameterGroups = {
  async CreateDBClusterParameterGroup(ctx, input) {
    const group = newParameterGroup({
      ...{ name: input.DBClusterParameterGroupName, parameter: "DBClusterParameterGroupName" },
      ...{ family: input.DBParameterGroupFamily, description: input.Description },
    });
    await insertNamed(ctx, family, group.name, group, input.Tags);
    return { DBClusterParameterGroup: toGroup(ctx, group) };
  },

  async CopyDBClusterParameterGroup(ctx, input) {
    const source = await requireGroup(ctx, input.SourceDBClusterParameterGroupIdentifier);
    const name = requireGroupName(
      "TargetDBClusterParameterGroupIdentifier",
      input.TargetDBClusterParameterGroupIdentifier ?? "",
    );
    const description = input.TargetDBClusterParameterGroupDescription ?? source.description;
    const copy = { ...source, name, description };
    await insertNamed(ctx, family, name, copy, input.Tags);
    return { DBClusterParameterGroup: toGroup(ctx, copy) };
  },

  async DescribeDBClusterParameterGroups(ctx, input) {
    const groups = input.DBClusterParameterGroupName
      ? [await requireGroup(ctx, input.DBClusterParameterGroupName)]
      : (await listNamed(ctx, family)).map(({ document }) => document);
    const { items, marker } = page(groups, { ...input, kind: "db-cluster-parameter-groups" }, ({ name }) => name);
    return { DBClusterParameterGroups: items.map((group) => toGroup(ctx, group)), Marker: marker };
  },

  async ModifyDBClusterParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBClusterParameterGroupName, "modified");
    await updateNamed(ctx, family, group.name, withChanges(group, input.Parameters ?? []));
    return { DBClusterParameterGroupName: group.name };
  },

  async ResetDBClusterParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBClusterParameterGroupName, "modified");
    const all = input.ResetAllParameters === true || (input.Parameters ?? []).length === 0;
    await updateNamed(ctx, family, group.name, withResets(group, all ? undefined : input.Parameters));
    return { DBClusterParameterGroupName: group.name };
  },

  async DeleteDBClusterParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBClusterParameterGroupName, "deleted");
    await deleteNamed(ctx, family, group.name);
    return {};
  },

  async DescribeDBClusterParameters(ctx, input) {
    const group = await requireGroup(ctx, input.DBClusterParameterGroupName);
    const all = describeParameters(group, input.Source);
    const { items, marker } = page(all, { ...input, kind: "db-cluster-parameters" }, (one) => one.ParameterName ?? "");
    return { Parameters: items, Marker: marker };
  },

  async DescribeEngineDefaultClusterParameters(_ctx, input) {
    return { EngineDefaults: describeEngineDefaults(input, "engine-default-cluster-parameters") };
  },
} satisfies Operations<typeof Rds, Context>;

function toGroup(
  ctx: Context,
  { name, family: groupFamily, description }: ParameterGroupDocument,
): DBClusterParameterGroup {
  return {
    DBClusterParameterGroupName: name,
    DBParameterGroupFamily: groupFamily,
    Description: description,
    DBClusterParameterGroupArn: arnOfNamed(ctx, "cluster-pg", name),
  };
}
