import type { DatabaseServer } from "../../runtime/database-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { createCluster } from "./db-cluster-creation.ts";
import { applyForwards } from "./db-cluster-forwards.ts";
import { removeCluster, startCluster, stopCluster } from "./db-cluster-lifecycle.ts";
import { createMember, removeMember } from "./db-cluster-member-lifecycle.ts";
import { modifyCluster, withoutPasswordChange } from "./db-cluster-modification.ts";
import {
  type ClusterDocument,
  type ClusterStatus,
  changeCluster,
  findClusterById,
  isMultiAz,
  listClusters,
  membersOf,
  moveCluster,
} from "./db-cluster-rows.ts";
import { moveMembers } from "./db-cluster-turns.ts";
import type { DbInstanceStatus } from "./db-instance-rows.ts";
import { promoteCluster, settleGlobalClusters } from "./global-cluster-work.ts";
import { takeUpPassword } from "./managed-passwords.ts";
import { listNamed } from "./named-resources.ts";
import { clusterSnapshotFamily } from "./stored-cluster-snapshots.ts";

/** What reconcile.ts does for instances, for clusters and their members; takes their servers out of `servers`. */
export async function reconcileClusters(ctx: ServiceContext, servers: Map<string, DatabaseServer>): Promise<void> {
  await settleGlobalClusters(ctx);
  for (const cluster of await listClusters(ctx)) {
    const server = servers.get(cluster.resourceId);
    servers.delete(cluster.resourceId);
    await agree(ctx, cluster, server);
    await resumeMembers(ctx, cluster);
  }
}

/** What a start would do with the cluster of this server, if it is one and is on the way to another state, or a member is. */
export async function resumeCluster(
  ctx: ServiceContext,
  id: string,
  server: DatabaseServer | undefined,
): Promise<void> {
  const cluster = await findClusterById(ctx, id);
  if (cluster === undefined) return;
  const members = await membersOf(ctx, id);
  const rests = ({ status }: { status: string }) => ["available", "stopped", "failed"].includes(status);
  if (rests(cluster) && members.every((row) => rests({ status: row.db_instance_status }))) return;
  await agree(ctx, cluster, server);
  await resumeMembers(ctx, cluster);
}

/** After what the cluster has to do: they take their turns behind it. */
async function resumeMembers(ctx: ServiceContext, cluster: ClusterDocument): Promise<void> {
  for (const row of await membersOf(ctx, cluster.resourceId)) {
    if (row.db_instance_status === "deleting") removeMember(ctx, row);
    if (row.db_instance_status === "creating") createMember(ctx, row);
  }
}

async function awaitsSnapshot(ctx: ServiceContext, cluster: ClusterDocument): Promise<boolean> {
  const { accountId, region } = cluster;
  const snapshots = await listNamed({ db: ctx.db, accountId, region }, clusterSnapshotFamily);
  return snapshots.some(
    ({ document }) => document.status === "creating" && document.cluster.resourceId === cluster.resourceId,
  );
}

/** What a member may have been doing; it is then what its cluster is. */
const settled: readonly DbInstanceStatus[] = [
  ...(["available", "backing-up", "stopping", "stopped", "starting", "rebooting", "modifying"] as const),
  ...(["failed", "incompatible-network"] as const),
];

async function agree(ctx: ServiceContext, cluster: ClusterDocument, server: DatabaseServer | undefined): Promise<void> {
  const id = cluster.resourceId;
  const move = async (status: ClusterStatus & DbInstanceStatus, reason?: string) => {
    if (reason !== undefined) ctx.log.error({ dbCluster: cluster.name }, `the DB cluster is ${status}: ${reason}`);
    await moveMembers(ctx, id, settled, status);
    return (await moveCluster(ctx, id, [cluster.status], { status })) ?? cluster;
  };
  switch (cluster.status) {
    case "deleting":
      // A delete that promised a final snapshot deletes nothing before that is taken.
      if (server !== undefined && (await awaitsSnapshot(ctx, cluster))) {
        await moveMembers(ctx, id, isMultiAz(cluster) ? ["deleting"] : [], "available");
        break;
      }
      removeCluster(ctx, cluster);
      return;
    case "creating":
      await ctx.databases.remove(id);
      // Nobody logs in to what is a record only.
      if (ctx.databases.kind === "records") return createCluster(ctx, cluster, { masterPassword: "" });
      // The password was with the process that has ended, so the half-made server cannot be finished.
      await move("failed", "LocalAWS ended while it was being created");
      return;
    case "stopping":
    case "stopped":
      if (server?.state === "running") stopCluster(ctx, await move("stopping"));
      else if (server === undefined) await move("failed", "its server is gone");
      else await move("stopped");
      return;
    case "failed":
      // Its server came back, as it does when LocalAWS is started with the runtime that it had before.
      if (server === undefined) return;
      break;
    default:
      if (server !== undefined) break;
      await move("failed", `the ${ctx.databases.kind} runtime has no server for it`);
      return;
  }
  if (server.state === "running") {
    await move("available");
    await applyForwards(ctx, id);
  } else {
    startCluster(ctx, await move("starting"));
  }
  if (cluster.status === "promoting") promoteCluster(ctx, cluster);
  await takeUpPassword(ctx, cluster.settings.MasterUserSecret, {
    resume: (password) => modifyCluster(ctx, cluster, { password }),
    settle: (secret) => changeCluster(ctx, id, (before) => withoutPasswordChange(before, secret)),
  });
}
