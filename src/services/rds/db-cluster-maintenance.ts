import type { ServiceContext } from "../service-context.ts";
import { dropExpiredRetainedOfClusters, isClusterBackupDue } from "./cluster-backups.ts";
import { scheduleClusterBackup } from "./db-cluster-lifecycle.ts";
import { modifyCluster, statusWhile } from "./db-cluster-modification.ts";
import { listClusters, moveCluster } from "./db-cluster-rows.ts";
import { pendingMemberValues } from "./multi-az-settings.ts";
import { isMaintenanceTime } from "./windows.ts";

/** Backs up clusters whose backup is due, and applies what waits for the maintenance windows of those that are in theirs. */
export async function maintainClusters(ctx: ServiceContext): Promise<void> {
  for (const cluster of await listClusters(ctx)) {
    if (await isClusterBackupDue(ctx, cluster)) {
      const backingUp = await moveCluster(ctx, cluster.resourceId, ["available"], { status: "backing-up" });
      if (backingUp !== undefined) scheduleClusterBackup(ctx, backingUp);
    }
    const { PendingModifiedValues: pending, PreferredMaintenanceWindow: window } = cluster.settings;
    if (window === undefined || !isMaintenanceTime(window, ctx.now())) continue;
    const values = pendingMemberValues(cluster);
    if (pending === undefined && values === undefined) continue;
    const { EngineVersion: engineVersion, DBClusterIdentifier: name } = pending ?? {};
    const status = statusWhile({ engineVersion, name, values });
    const moved = await moveCluster(ctx, cluster.resourceId, ["available"], { status });
    if (moved !== undefined) modifyCluster(ctx, moved, { engineVersion, name, values });
  }
  await dropExpiredRetainedOfClusters(ctx);
}
