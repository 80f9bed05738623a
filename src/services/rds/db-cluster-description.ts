import type { DBCluster } from "@aws-sdk/client-rds";
import type { Context } from "../service-context.ts";
import { endpointsOf } from "./db-cluster-endpoint-rows.ts";
import {
  arnOfCluster,
  type ClusterDocument,
  findClusterById,
  listClusters,
  membersOf,
  toDBCluster,
} from "./db-cluster-rows.ts";
import { globalClusterOf } from "./global-cluster-rows.ts";
import { findClusterBackup, restoreWindow } from "./stored-cluster-backups.ts";
import { readTags } from "./tags.ts";

export async function describeClusters(ctx: Context, clusters: readonly ClusterDocument[]): Promise<DBCluster[]> {
  const tags = await readTags(ctx.db, clusters.map(arnOfCluster));
  const followers = (await listClusters(ctx)).filter(({ follows }) => follows !== undefined);
  return await Promise.all(
    clusters.map(async (cluster) => {
      const globalCluster = (await globalClusterOf(ctx, cluster))?.name;
      const replicas = followers.filter(({ follows }) => follows === cluster.resourceId).map(arnOfCluster);
      return toDBCluster(cluster, {
        members: await membersOf(ctx, cluster.resourceId),
        customEndpoints: (await endpointsOf(ctx, cluster.resourceId)).map(({ address }) => address),
        tags: tags.get(arnOfCluster(cluster)) ?? [],
        globalCluster,
        // A global cluster tells of its members itself.
        replicas: globalCluster === undefined ? replicas : [],
        source: await sourceOf(ctx, cluster),
        restorable: await restorable(ctx, cluster),
      });
    }),
  );
}

async function sourceOf(ctx: Context, { follows }: ClusterDocument): Promise<string | undefined> {
  const source = follows === undefined ? undefined : await findClusterById(ctx, follows);
  return source && arnOfCluster(source);
}

async function restorable(ctx: Context, cluster: ClusterDocument) {
  const backup = await findClusterBackup(ctx, cluster.resourceId);
  return backup && restoreWindow(ctx, backup, cluster.status);
}

export async function describeCluster(ctx: Context, cluster: ClusterDocument): Promise<DBCluster> {
  const [described = {}] = await describeClusters(ctx, [cluster]);
  return described;
}
