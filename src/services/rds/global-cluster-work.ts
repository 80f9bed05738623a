import type { ServiceContext } from "../service-context.ts";
import { backUpCluster } from "./cluster-backups.ts";
import { applyForwards } from "./db-cluster-forwards.ts";
import { type ClusterDocument, changeCluster, findClusterById, moveCluster } from "./db-cluster-rows.ts";
import { launchClusterServer } from "./db-cluster-server.ts";
import { everywhere, type GlobalClusterDocument, globalClusterFamily } from "./global-cluster-rows.ts";
import { findNamed, updateNamed } from "./named-resources.ts";
import { beginCreation, takeTurn } from "./server-work.ts";

// Secondary clusters follow the server of the primary one by replication, as read replicas do.

/** How long a switchover waits for a secondary cluster, in milliseconds. */
const patience = 60_000;

/** From `promoting`: a secondary cluster becomes one of its own, with what it has by then. */
export function promoteCluster(ctx: ServiceContext, cluster: ClusterDocument): void {
  const id = cluster.resourceId;
  takeTurn(ctx, { id, name: `rds promote cluster ${cluster.name}` }, async () => {
    try {
      await ctx.databases.promote(id);
      const after = await changeCluster(ctx, id, ({ follows: _, ...before }) => before);
      if (after !== undefined) await backUpCluster(ctx, after);
    } catch (error) {
      ctx.log.error({ err: error, dbCluster: cluster.name }, "the secondary DB cluster was not promoted");
    }
    await moveCluster(ctx, id, ["promoting"], { status: "available" });
  });
}

export interface GlobalFailover {
  readonly from: ClusterDocument;
  readonly to: ClusterDocument;
  /** The other secondary clusters. */
  readonly others: readonly ClusterDocument[];
  readonly isDataLossAllowed: boolean;
}

/**
 * From `failing-over`, all of them: `to` writes from then on, and the others follow it, with its data. Where a switchover does
 * not succeed, all stay what they are.
 */
export function failOverGlobally(
  ctx: ServiceContext,
  place: { readonly accountId: string; readonly name: string },
  failover: GlobalFailover,
): void {
  const { from, to, others, isDataLossAllowed } = failover;
  const change = (after: (before: GlobalClusterDocument) => GlobalClusterDocument) => changeGlobal(ctx, place, after);
  takeTurn(ctx, { id: to.resourceId, name: `rds global failover to ${to.name}` }, async () => {
    try {
      if (isDataLossAllowed) {
        await ctx.databases.stop(from.resourceId);
        await ctx.databases.promote(to.resourceId);
      } else await ctx.databases.switchOver(from.resourceId, to.resourceId, patience);
      await changeCluster(ctx, to.resourceId, ({ follows: _, ...before }) => before);
      const secondaries = [from, ...others].map(({ resourceId }) => resourceId);
      await change((before) => ({ ...before, writer: to.resourceId, secondaries }));
      for (const cluster of [from, ...others]) await followAnew(ctx, cluster, to.resourceId);
      await settle(ctx, to);
      const promoted = await findClusterById(ctx, to.resourceId);
      if (promoted !== undefined) await backUpCluster(ctx, promoted);
    } catch (error) {
      ctx.log.error({ err: error, globalCluster: place.name }, "the global cluster did not fail over");
      for (const cluster of [from, to, ...others]) await settle(ctx, cluster);
    }
    await change(({ failover: _, ...before }) => before);
  });
}

/** What the end of LocalAWS has cut off goes on no more: clusters are then what they had become. */
export async function settleGlobalClusters({ db }: ServiceContext): Promise<void> {
  const { kind } = globalClusterFamily;
  const rows = await db
    .selectFrom("rds_resources")
    .select(["account_id", "document"])
    .where("kind", "=", kind)
    .execute();
  for (const { account_id: accountId, document } of rows) {
    const { failover, ...settled }: GlobalClusterDocument = JSON.parse(document);
    if (failover === undefined) continue;
    await updateNamed(everywhere({ db, accountId }), globalClusterFamily, settled.name, settled);
  }
}

async function changeGlobal(
  ctx: ServiceContext,
  { accountId, name }: { readonly accountId: string; readonly name: string },
  change: (before: GlobalClusterDocument) => GlobalClusterDocument,
): Promise<void> {
  const place = everywhere({ db: ctx.db, accountId });
  const before = await findNamed(place, globalClusterFamily, name);
  if (before !== undefined) await updateNamed(place, globalClusterFamily, name, change(before));
}

/** What a cluster had that `primary` has not is lost with its server. */
async function followAnew(ctx: ServiceContext, cluster: ClusterDocument, primary: string): Promise<void> {
  const id = cluster.resourceId;
  const creation = beginCreation(ctx, id);
  try {
    await changeCluster(ctx, id, (before) => ({ ...before, follows: primary }));
    await ctx.databases.remove(id);
    await launchClusterServer(ctx, cluster, {
      ...{ origin: { replicaOf: primary }, signal: creation.signal },
      movedTo: (port) => changeCluster(ctx, id, (before) => ({ ...before, port })),
    });
  } finally {
    creation.end();
    await settle(ctx, cluster);
  }
}

async function settle(ctx: ServiceContext, { resourceId }: ClusterDocument): Promise<void> {
  const runs = (await ctx.databases.get(resourceId))?.state === "running";
  await moveCluster(ctx, resourceId, ["failing-over"], { status: runs ? "available" : "failed" });
  await applyForwards(ctx, resourceId);
}
