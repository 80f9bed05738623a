import type { Context, ServiceContext } from "../service-context.ts";
import { type ClusterDocument, listClusters } from "./db-cluster-rows.ts";
import { type ClusterEngine, parameterGroupFamily } from "./engines.ts";
import {
  dbClusterParameterGroupNotFound,
  dbParameterGroupAlreadyExists,
  dbParameterGroupNotFound,
  dbParameterGroupQuotaExceeded,
  invalidParameterCombination,
} from "./errors.ts";
import { findNamed, type NamedFamily } from "./named-resources.ts";
import { defaultGroup, type ParameterGroupDocument, parameterGroupsOf } from "./parameter-groups.ts";
import { quotas } from "./quotas.ts";

/** The groups of clusters: operations on these say of one that is not there what those on instances' groups say. */
export const clusterParameterGroupFamily: NamedFamily<ParameterGroupDocument> = {
  kind: "cluster-pg",
  notFound: (name) => dbParameterGroupNotFound(name, "DBClusterParameterGroup"),
  alreadyExists: dbParameterGroupAlreadyExists,
  quota: { most: quotas.DBClusterParameterGroups, exceeded: dbParameterGroupQuotaExceeded },
};

export const { requireGroup: requireClusterParameterGroup, requireOwn: requireOwnClusterParameterGroup } =
  parameterGroupsOf(clusterParameterGroupFamily, "DBClusterParameterGroup");

/** And operations on clusters that there is no such group for them. */
const { requireGroup } = parameterGroupsOf(
  { ...clusterParameterGroupFamily, notFound: dbClusterParameterGroupNotFound },
  "DBClusterParameterGroup",
);

/** @throws DBClusterParameterGroupNotFound, InvalidParameterCombination for a group of another family */
export async function requireClusterGroup(
  ctx: Context,
  name: string | undefined,
  { engine, engineVersion }: { readonly engine: ClusterEngine; readonly engineVersion: string },
): Promise<ParameterGroupDocument> {
  const wanted = parameterGroupFamily(engineVersion, engine);
  const group = await requireGroup(ctx, name ?? `default.${wanted}`);
  if (group.family === wanted) return group;
  throw invalidParameterCombination(
    `The Parameter Group ${group.name} with DBParameterGroupFamily ${group.family} cannot be used for this instance. Please use a Parameter Group with DBParameterGroupFamily ${wanted}`,
  );
}

/** The group of a cluster; one that is gone by now has no values. */
export async function parameterGroupOfCluster(
  { db }: ServiceContext,
  { accountId, region, settings }: ClusterDocument,
): Promise<ParameterGroupDocument | undefined> {
  const { DBClusterParameterGroup: name = "" } = settings;
  return defaultGroup(name) ?? (await findNamed({ db, accountId, region }, clusterParameterGroupFamily, name));
}

/** The clusters that have a group. */
export async function clustersOfGroup(ctx: Context, name: string): Promise<ClusterDocument[]> {
  return (await listClusters(ctx)).filter(
    ({ accountId, region, settings }) =>
      accountId === ctx.accountId && region === ctx.region && settings.DBClusterParameterGroup === name,
  );
}
