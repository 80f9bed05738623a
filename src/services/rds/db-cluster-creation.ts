import type { ServiceContext } from "../service-context.ts";
import { backUpCluster } from "./cluster-backups.ts";
import { applyEndpoint, applyForwards } from "./db-cluster-forwards.ts";
import { joinMember } from "./db-cluster-member-lifecycle.ts";
import { type ClusterDocument, findClusterById, isMultiAz, membersOf, moveCluster } from "./db-cluster-rows.ts";
import { launchClusterServer } from "./db-cluster-server.ts";
import { fail, inTurn } from "./db-cluster-turns.ts";
import { recordClusterEvent } from "./event-log.ts";
import type { Origin } from "./server-launch.ts";
import { beginCreation } from "./server-work.ts";

/** A copy of what another server has, by a snapshot that is there for as long as it takes. */
interface CopyOrigin {
  readonly copyOf: string;
  readonly snapshotId: string;
}

/** From `creating`. */
export function createCluster(ctx: ServiceContext, cluster: ClusterDocument, origin: Origin | CopyOrigin): void {
  const id = cluster.resourceId;
  const creation = beginCreation(ctx, id);
  inTurn(ctx, "create", cluster, async () => {
    try {
      if ("copyOf" in origin) await ctx.databases.snapshot(origin.copyOf, origin.snapshotId);
      const engineVersion = await launchClusterServer(ctx, cluster, {
        ...{ origin: originOf(origin), signal: creation.signal },
        movedTo: (port) => moveCluster(ctx, id, ["creating"], { status: "creating", port }),
      });
      if (cluster.follows === undefined) await backUpCluster(ctx, { ...cluster, engineVersion });
      if (isMultiAz(cluster)) {
        for (const row of await membersOf(ctx, id)) await joinMember(ctx, row, engineVersion);
      }
      await applyEndpoint(ctx, (await findClusterById(ctx, id)) ?? cluster);
      await moveCluster(ctx, id, ["creating"], { status: "available", engineVersion });
      if (isMultiAz(cluster)) await applyForwards(ctx, id);
      await recordClusterEvent(ctx, cluster, "RDS-EVENT-0170");
    } catch (error) {
      if (!creation.signal.aborted) await fail(ctx, cluster, "creating", error);
    } finally {
      creation.end();
      if ("copyOf" in origin) await ctx.databases.removeSnapshot(origin.snapshotId);
    }
  });
}

function originOf(origin: Origin | CopyOrigin): Origin {
  return "copyOf" in origin ? { snapshotId: origin.snapshotId } : origin;
}
