import type { ServiceContext } from "../service-context.ts";
import { backUpCluster, dropClusterBackupsUnlessRetained, sealClusterArchive } from "./cluster-backups.ts";
import { restartWithClusterGroup } from "./cluster-parameters.ts";
import { endpointFamily, endpointsOf } from "./db-cluster-endpoint-rows.ts";
import { applyForwards, closeForwards } from "./db-cluster-forwards.ts";
import {
  type ClusterDocument,
  changeCluster,
  clusterFamily,
  findClusterById,
  isMultiAz,
  membersOf,
  moveCluster,
} from "./db-cluster-rows.ts";
import { arrive, fail, inTurn, moveMembers } from "./db-cluster-turns.ts";
import { byPromotion, resizeServer } from "./db-cluster-writer.ts";
import { automaticRestartTime, deleteRow, readDocument } from "./db-instance-rows.ts";
import { dropProxyTarget } from "./db-proxy-forwards.ts";
import { recordClusterEvent } from "./event-log.ts";
import { deleteSecret } from "./managed-secrets.ts";
import { deleteNamed } from "./named-resources.ts";
import { giveUpCreation } from "./server-work.ts";

// What goes on after an answer, as in db-instance-lifecycle.ts. A cluster's server and its members take their turns together.

/** From `starting`, with the members. */
export function startCluster(ctx: ServiceContext, cluster: ClusterDocument): void {
  inTurn(ctx, "start", cluster, async () => {
    try {
      await restartWithClusterGroup(ctx, cluster, () => ctx.databases.start(cluster.resourceId));
      await arrive(ctx, cluster, "starting", "available");
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0151");
    } catch (error) {
      await fail(ctx, cluster, "starting", error);
    }
  });
}

/** From `stopping`, with the members. */
export function stopCluster(ctx: ServiceContext, cluster: ClusterDocument): void {
  inTurn(ctx, "stop", cluster, async () => {
    try {
      await applyForwards(ctx, cluster.resourceId);
      await sealClusterArchive(ctx, cluster);
      await ctx.databases.stop(cluster.resourceId);
      const restartsAt = automaticRestartTime(ctx.now()).toISOString();
      await changeCluster(ctx, cluster.resourceId, (before) => ({ ...before, restartsAt }));
      await arrive(ctx, cluster, "stopping", "stopped");
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0150");
    } catch (error) {
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0152");
      await fail(ctx, cluster, "stopping", error);
    }
  });
}

/** From `backing-up`. */
export function scheduleClusterBackup(ctx: ServiceContext, cluster: ClusterDocument): void {
  inTurn(ctx, "back up", cluster, async () => {
    try {
      await backUpCluster(ctx, cluster);
    } finally {
      await moveCluster(ctx, cluster.resourceId, ["backing-up"], { status: "available" });
    }
  });
}

/** From `rebooting`, with the members. */
export function rebootCluster(ctx: ServiceContext, cluster: ClusterDocument): void {
  inTurn(ctx, "reboot", cluster, async () => {
    try {
      await restartWithClusterGroup(ctx, cluster, () => ctx.databases.reboot(cluster.resourceId));
      await arrive(ctx, cluster, "rebooting", "available");
    } catch (error) {
      await fail(ctx, cluster, "rebooting", error);
    }
  });
}

/**
 * From `failing-over`: another member writes, `target` where it is said. The server starts anew, as Aurora's writers do: all
 * connections end.
 */
export function failOver(ctx: ServiceContext, cluster: ClusterDocument, target: string | undefined): void {
  const id = cluster.resourceId;
  inTurn(ctx, "failover", cluster, async () => {
    try {
      const { writer } = (await findClusterById(ctx, id)) ?? cluster;
      const members = await membersOf(ctx, id);
      const others = members.filter((row) => row.dbi_resource_id !== writer).sort(byPromotion);
      const next = others.find((row) => target === undefined || row.dbi_resource_id === target);
      if (next !== undefined) {
        const zones = [next, members.find((row) => row.dbi_resource_id === writer)].map(
          (row) => row && readDocument(row).AvailabilityZone,
        );
        const started = zones[0] === zones[1] ? "RDS-EVENT-0072" : "RDS-EVENT-0073";
        await recordClusterEvent(ctx, cluster, started, next.db_instance_identifier);
        const after = await changeCluster(ctx, id, (before) => ({ ...before, writer: next.dbi_resource_id }));
        await resizeServer(ctx, after ?? cluster, next);
        await restartWithClusterGroup(ctx, cluster, () => ctx.databases.reboot(id));
      }
      await arrive(ctx, cluster, "failing-over", "available");
      if (next !== undefined) await recordClusterEvent(ctx, cluster, "RDS-EVENT-0071", next.db_instance_identifier);
    } catch (error) {
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0069");
      await fail(ctx, cluster, "failing-over", error);
    }
  });
}

/**
 * From `deleting`: gives up on a creation that is under way, and ends with no server and no row. Where a final snapshot is not
 * taken the cluster stays, so that no data are lost by a delete that promised one.
 */
export function removeCluster(
  ctx: ServiceContext,
  cluster: ClusterDocument,
  finalSnapshot?: () => Promise<boolean>,
): void {
  const id = cluster.resourceId;
  giveUpCreation(ctx, id);
  inTurn(ctx, "delete", cluster, async () => {
    try {
      if (finalSnapshot !== undefined && !(await finalSnapshot())) {
        const runs = (await ctx.databases.get(id))?.state === "running";
        await moveMembers(ctx, id, isMultiAz(cluster) ? ["deleting"] : [], runs ? "available" : "stopped");
        await moveCluster(ctx, id, ["deleting"], { status: runs ? "available" : "stopped" });
        await applyForwards(ctx, id);
        return;
      }
      await closeForwards(ctx, id);
      await dropProxyTarget(ctx, id);
      await sealClusterArchive(ctx, cluster);
      await ctx.databases.remove(id);
      for (const row of await membersOf(ctx, id)) await deleteRow(ctx, row);
      await dropClusterBackupsUnlessRetained(ctx, cluster);
      const place = { db: ctx.db, accountId: cluster.accountId, region: cluster.region };
      for (const endpoint of await endpointsOf(ctx, id)) await deleteNamed(place, endpointFamily, endpoint.name);
      const { MasterUserSecret: secret } = ((await findClusterById(ctx, id)) ?? cluster).settings;
      await deleteNamed(place, clusterFamily, cluster.name);
      await ctx.db.deleteFrom("rds_applied_parameters").where("dbi_resource_id", "=", id).execute();
      if (secret !== undefined) await deleteSecret(ctx, secret);
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0171");
    } catch (error) {
      await fail(ctx, cluster, "deleting", error);
    }
  });
}
