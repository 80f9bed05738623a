import type * as Rds from "@aws-sdk/client-rds";
import type { DBClusterParameterGroup, Parameter } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { reconfigureCluster } from "./cluster-parameters.ts";
import { listClusters } from "./db-cluster-rows.ts";
import { invalidDbParameterGroupState } from "./errors.ts";
import { arnOfNamed, deleteNamed, insertNamed, listNamed, updateNamed } from "./named-resources.ts";
import { page } from "./pages.ts";
import {
  changesOf,
  defaultGroup,
  describeEngineDefaults,
  describeParameters,
  newParameterGroup,
  type ParameterGroupDocument,
  requireGroupName,
  resetsOf,
  withChanges,
  withResets,
} from "./parameter-groups.ts";
import {
  clustersOfGroup,
  clusterParameterGroupFamily as family,
  requireClusterParameterGroup as requireGroup,
  requireOwnClusterParameterGroup as requireOwn,
} from "./stored-cluster-parameter-groups.ts";

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
      : [...(await defaultsInUse(ctx)), ...(await listNamed(ctx, family)).map(({ document }) => document)];
    const sorted = groups.sort((a, b) => (a.name < b.name ? -1 : 1));
    const { items, marker } = page(sorted, { ...input, kind: "db-cluster-parameter-groups" }, ({ name }) => name);
    return { DBClusterParameterGroups: items.map((group) => toGroup(ctx, group)), Marker: marker };
  },

  async ModifyDBClusterParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBClusterParameterGroupName, "modified");
    const changed = withChanges(group, input.Parameters ?? []);
    await updateNamed(ctx, family, group.name, changed);
    await reconfigureClusters(ctx, group, changed, input.Parameters ?? []);
    return { DBClusterParameterGroupName: group.name };
  },

  async ResetDBClusterParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBClusterParameterGroupName, "modified");
    const all = input.ResetAllParameters === true || (input.Parameters ?? []).length === 0;
    const reset = withResets(group, all ? undefined : input.Parameters);
    await updateNamed(ctx, family, group.name, reset);
    await reconfigureClusters(ctx, group, reset, all ? resetsOf(group) : (input.Parameters ?? []));
    return { DBClusterParameterGroupName: group.name };
  },

  async DeleteDBClusterParameterGroup(ctx, input) {
    const group = await requireOwn(ctx, input.DBClusterParameterGroupName, "deleted");
    const users = await clustersOfGroup(ctx, group.name);
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

/** Default groups are shown as soon as a cluster uses them. */
async function defaultsInUse(ctx: Context): Promise<ParameterGroupDocument[]> {
  const own = (await listClusters(ctx)).filter(
    ({ accountId, region }) => accountId === ctx.accountId && region === ctx.region,
  );
  const names = new Set(own.map(({ settings }) => settings.DBClusterParameterGroup ?? ""));
  return [...names].flatMap((name) => defaultGroup(name) ?? []);
}

/** Tells the clusters of a group what changed in it. */
async function reconfigureClusters(
  ctx: Context,
  before: ParameterGroupDocument,
  after: ParameterGroupDocument,
  requested: readonly Parameter[],
): Promise<void> {
  const changes = changesOf(before, after, requested);
  if (changes.length === 0) return;
  for (const cluster of await clustersOfGroup(ctx, after.name)) await reconfigureCluster(ctx, cluster, changes);
}

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
