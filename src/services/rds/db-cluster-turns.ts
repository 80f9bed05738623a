import type { ServiceContext } from "../service-context.ts";
import { applyForwards } from "./db-cluster-forwards.ts";
import { type ClusterDocument, type ClusterStatus, moveCluster } from "./db-cluster-rows.ts";
import type { DbInstanceStatus } from "./db-instance-rows.ts";
import { takeTurn } from "./server-work.ts";

// What the work on clusters has in common: see db-cluster-lifecycle.ts.

export function inTurn(ctx: ServiceContext, name: string, cluster: ClusterDocument, work: () => Promise<void>): void {
  takeTurn(ctx, { id: cluster.resourceId, name: `rds ${name} cluster ${cluster.name}` }, work);
}

export async function arrive(
  ctx: ServiceContext,
  { resourceId }: ClusterDocument,
  from: ClusterStatus,
  to: "available" | "stopped",
): Promise<void> {
  const moving = membersMove[from] ?? [];
  // Before anyone is told that they are available.
  if (to === "available") await applyForwards(ctx, resourceId, moving);
  await moveMembers(ctx, resourceId, moving, to);
  await moveCluster(ctx, resourceId, [from], { status: to });
}

export async function fail(
  ctx: ServiceContext,
  cluster: ClusterDocument,
  from: ClusterStatus,
  error: unknown,
): Promise<void> {
  ctx.log.error({ err: error, dbCluster: cluster.name, port: cluster.port }, `the DB cluster failed while ${from}`);
  await moveCluster(ctx, cluster.resourceId, [from], { status: "failed" });
  await failMembers(ctx, cluster.resourceId, membersMove[from] ?? []);
}

export async function failMembers(ctx: ServiceContext, id: string, moving: readonly DbInstanceStatus[]): Promise<void> {
  await moveMembers(ctx, id, [...moving, "available"], "failed");
  await applyForwards(ctx, id);
}

const membersMove: Readonly<Partial<Record<ClusterStatus, readonly DbInstanceStatus[]>>> = {
  creating: ["creating"],
  starting: ["starting"],
  stopping: ["stopping"],
  rebooting: ["rebooting"],
};

/** Moves the members of a cluster along with it. */
export async function moveMembers(
  ctx: ServiceContext,
  clusterResourceId: string,
  from: readonly DbInstanceStatus[],
  to: DbInstanceStatus,
): Promise<void> {
  await ctx.db
    .updateTable("db_instances")
    .set({ db_instance_status: to })
    .where("db_cluster_resource_id", "=", clusterResourceId)
    .where("db_instance_status", "in", [...from])
    .execute();
}
