import type * as Rds from "@aws-sdk/client-rds";
import type { DBClusterParameterGroup } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { listClusters } from "./db-cluster-rows.ts";
import { auroraEngine, parameterGroupFamily } from "./engines.ts";
import {
  dbClusterParameterGroupNotFound,
  dbParameterGroupAlreadyExists,
  invalidDbParameterGroupState,
  invalidParameterCombination,
} from "./errors.ts";
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

/** @throws DBClusterParameterGroupNotFound, InvalidParameterCombination for a group of another family */
export async function requireClusterGroup(
  ctx: Context,
  name: string | undefined,
  engineVersion: string,
): Promise<ParameterGroupDocument> {
  const wanted = parameterGroupFamily(engineVersion, auroraEngine);
  const group = await requireGroup(ctx, name ?? `default.${wanted}`);
  if (group.family === wanted) return group;
  throw invalidParameterCombination(
    `The DBClusterParameterGroup ${group.name} with DBParameterGroupFamily ${group.family} cannot be used for this cluster. Please use a DBClusterParameterGroup with DBParameterGroupFamily ${wanted}`,
  );
}

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
    const users = (await listClusters(ctx)).filter(
      ({ accountId, region, settings }) =>
        accountId === ctx.accountId && region === ctx.region && settings.DBClusterParameterGroup === group.name,
    );
    if (users.length > 0) {
      throw invalidDbParameterGroupState(
        "One or more DB clusters are still members of this parameter group, so the group cannot be deleted",
      );
    }
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
