import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeCluster } from "./db-cluster-description.ts";
import { failOver, rebootCluster, startCluster, stopCluster } from "./db-cluster-lifecycle.ts";
import { type ClusterDocument, type ClusterStatus, membersOf, moveCluster } from "./db-cluster-rows.ts";
import { moveMembers } from "./db-cluster-turns.ts";
import { notAvailable } from "./db-clusters.ts";
import { requireDbInstance } from "./db-instances.ts";
import { invalidDbClusterState, invalidParameterValue } from "./errors.ts";
import { refuseMembers } from "./global-cluster-membership.ts";
import { globalClusterOf } from "./global-cluster-rows.ts";
import { promoteCluster } from "./global-cluster-work.ts";
import { requireCluster } from "./new-db-cluster-member.ts";

export const dbClusterStates = {
  async StartDBCluster(ctx, input) {
    const cluster = await requireCluster(ctx, input.DBClusterIdentifier);
    // A failed cluster can be started when its server is there, so that its data are not lost to a passing fault.
    const recoverable = (await ctx.databases.get(cluster.resourceId)) !== undefined;
    const from: ClusterStatus[] = ["stopped", ...(recoverable ? ["failed" as const] : [])];
    const starting = await moveCluster(ctx, cluster.resourceId, from, { status: "starting" });
    if (starting === undefined) {
      throw invalidDbClusterState(`DbCluster ${cluster.name} is in ${cluster.status} state but expected in stopped.`);
    }
    await moveMembers(ctx, cluster.resourceId, ["stopped", "failed", "incompatible-network"], "starting");
    startCluster(ctx, starting);
    return { DBCluster: await describeCluster(ctx, starting) };
  },

  async StopDBCluster(ctx, input) {
    await refuseMembers(ctx, await requireCluster(ctx, input.DBClusterIdentifier), "stopped");
    const stopping = await fromAvailable(ctx, input.DBClusterIdentifier, "stopping");
    await moveMembers(ctx, stopping.resourceId, ["available", "incompatible-network"], "stopping");
    stopCluster(ctx, stopping);
    return { DBCluster: await describeCluster(ctx, stopping) };
  },

  async RebootDBCluster(ctx, input) {
    const rebooting = await fromAvailable(ctx, input.DBClusterIdentifier, "rebooting");
    await moveMembers(ctx, rebooting.resourceId, ["available", "incompatible-network"], "rebooting");
    rebootCluster(ctx, rebooting);
    return { DBCluster: await describeCluster(ctx, rebooting) };
  },

  async FailoverDBCluster(ctx, input) {
    const cluster = await requireCluster(ctx, input.DBClusterIdentifier);
    const target = input.TargetDBInstanceIdentifier && (await requireDbInstance(ctx, input.TargetDBInstanceIdentifier));
    const members = await membersOf(ctx, cluster.resourceId);
    const readers = members.filter(
      (row) => row.dbi_resource_id !== cluster.writer && row.db_instance_status === "available",
    );
    if (target && !readers.some((row) => row.dbi_resource_id === target.dbi_resource_id)) {
      throw invalidParameterValue(
        `The DB instance ${target.db_instance_identifier} is no available reader of the DB cluster ${cluster.name}.`,
      );
    }
    if (readers.length === 0) {
      throw invalidDbClusterState(
        `Cannot failover cluster ${cluster.name} since it does not have enough available instances in the cluster.`,
      );
    }
    const failing = await fromAvailable(ctx, cluster.name, "failing-over");
    failOver(ctx, failing, target ? target.dbi_resource_id : undefined);
    return { DBCluster: await describeCluster(ctx, failing) };
  },

  /** The secondary clusters of global ones fail over. */
  async PromoteReadReplicaDBCluster(ctx, input) {
    const cluster = await requireCluster(ctx, input.DBClusterIdentifier);
    if (cluster.follows === undefined || (await globalClusterOf(ctx, cluster)) !== undefined) {
      throw invalidDbClusterState(`DB cluster ${cluster.name} is not a read replica.`);
    }
    const promoting = await fromAvailable(ctx, cluster.name, "promoting");
    promoteCluster(ctx, promoting);
    return { DBCluster: await describeCluster(ctx, promoting) };
  },
} satisfies Operations<typeof Rds, Context>;

/** @throws InvalidDBClusterStateFault where it is not available */
export async function fromAvailable(
  ctx: Context,
  identifier: string | undefined,
  status: ClusterStatus,
): Promise<ClusterDocument> {
  const cluster = await requireCluster(ctx, identifier);
  const moved = await moveCluster(ctx, cluster.resourceId, ["available"], { status });
  if (moved === undefined) throw notAvailable(cluster);
  return moved;
}
