import type { ServiceContext } from "../service-context.ts";
import { startCluster } from "./db-cluster-lifecycle.ts";
import { listClusters, moveCluster } from "./db-cluster-rows.ts";
import { moveMembers } from "./db-cluster-turns.ts";
import { start } from "./db-instance-lifecycle.ts";
import { readDocument, transition } from "./db-instance-rows.ts";
import { recordClusterEvent, recordInstanceEvent } from "./event-log.ts";

/** Starts what has been stopped for as long as it may be: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html */
export async function restartStopped(ctx: ServiceContext): Promise<void> {
  const isDue = (time: Date | string | undefined) => time !== undefined && new Date(time) <= ctx.now();
  const rows = await ctx.db
    .selectFrom("db_instances")
    .selectAll()
    .where("db_instance_status", "=", "stopped")
    .where("db_cluster_resource_id", "is", null)
    .execute();
  for (const row of rows) {
    if (!isDue(readDocument(row).AutomaticRestartTime)) continue;
    if (!(await transition(ctx, row.dbi_resource_id, ["stopped"], { db_instance_status: "starting" }))) continue;
    await recordInstanceEvent(ctx, row, "RDS-EVENT-0154");
    start(ctx, { ...row, db_instance_status: "starting" });
  }
  for (const cluster of await listClusters(ctx)) {
    if (cluster.status !== "stopped" || !isDue(cluster.restartsAt)) continue;
    const starting = await moveCluster(ctx, cluster.resourceId, ["stopped"], { status: "starting" });
    if (starting === undefined) continue;
    await moveMembers(ctx, cluster.resourceId, ["stopped"], "starting");
    await recordClusterEvent(ctx, cluster, "RDS-EVENT-0153");
    startCluster(ctx, starting);
  }
}
