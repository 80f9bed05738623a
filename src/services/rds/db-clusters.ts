import type * as Rds from "@aws-sdk/client-rds";
import type { DeleteDBClusterMessage } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { retainClusterBackups } from "./cluster-backups.ts";
import { createCluster } from "./db-cluster-creation.ts";
import { describeCluster, describeClusters } from "./db-cluster-description.ts";
import { removeCluster } from "./db-cluster-lifecycle.ts";
import {
  type ClusterDocument,
  type ClusterStatus,
  clusterFamily,
  engineOfCluster,
  isMultiAz,
  listClusters,
  membersOf,
  moveCluster,
} from "./db-cluster-rows.ts";
import { moveMembers } from "./db-cluster-turns.ts";
import type { DbInstanceStatus } from "./db-instance-rows.ts";
import { dbClusterSnapshotAlreadyExists, invalidDbClusterState, invalidParameterCombination } from "./errors.ts";
import { filterValues } from "./filters.ts";
import {
  joinGlobalCluster,
  requireGlobalCluster,
  requirePrimary,
  resolveSecondary,
} from "./global-cluster-membership.ts";
import { globalClusterOf } from "./global-cluster-rows.ts";
import { requireSnapshotName } from "./identifiers.ts";
import { insertMultiAzMembers } from "./multi-az-members.ts";
import { deleteNamed, findNamed, listNamed, nameOf } from "./named-resources.ts";
import { insertCluster, resolveNewCluster } from "./new-db-cluster.ts";
import { requireCluster } from "./new-db-cluster-member.ts";
import { page } from "./pages.ts";
import { resolveReplicaCluster } from "./replica-clusters.ts";
import { beginClusterSnapshot, clusterSnapshotFamily, takeClusterSnapshot } from "./stored-cluster-snapshots.ts";
import { requireTags } from "./tags.ts";

export const dbClusters = {
  async CreateDBCluster(ctx, input) {
    const globalCluster =
      input.GlobalClusterIdentifier && (await requireGlobalCluster(ctx, input.GlobalClusterIdentifier));
    const primary = globalCluster ? await requirePrimary(ctx, globalCluster) : undefined;
    const tags = requireTags(input.Tags ?? []);
    if (globalCluster && primary !== undefined) {
      const secondary = await insertCluster(ctx, await resolveSecondary(ctx, input, primary), tags);
      await joinGlobalCluster(ctx, globalCluster, secondary);
      createCluster(ctx, secondary, { replicaOf: primary.resourceId });
      return { DBCluster: await describeCluster(ctx, secondary) };
    }
    if (input.ReplicationSourceIdentifier) {
      const replica = await resolveReplicaCluster(ctx, input);
      const row = await insertCluster(ctx, replica, tags);
      createCluster(ctx, row, { replicaOf: replica.follows });
      return { DBCluster: await describeCluster(ctx, row) };
    }
    const { masterPassword, ...cluster } = await resolveNewCluster(ctx, input);
    const row = await insertCluster(ctx, cluster, tags);
    if (globalCluster) await joinGlobalCluster(ctx, globalCluster, row);
    await insertMultiAzMembers(ctx, row);
    createCluster(ctx, row, { masterPassword });
    return { DBCluster: await describeCluster(ctx, row) };
  },

  async DescribeDBClusters(ctx, input) {
    const filters = filterValues(input.Filters, [
      ...(["clone-group-id", "db-cluster-id", "db-cluster-resource-id", "domain", "engine"] as const),
    ]);
    const all = input.DBClusterIdentifier
      ? [await requireCluster(ctx, input.DBClusterIdentifier)]
      : (await listNamed(ctx, clusterFamily)).map(({ document }) => document);
    const wanted = all.filter((cluster) =>
      filters.every(({ name, values }) => values.some((value) => matches(ctx, cluster, name, value))),
    );
    const { items, marker } = page(wanted, { ...input, kind: "db-clusters" }, ({ name }) => name);
    return { DBClusters: await describeClusters(ctx, items), Marker: marker };
  },

  async DeleteDBCluster(ctx, input) {
    const finalName = requireFinalName(input);
    const cluster = await requireCluster(ctx, input.DBClusterIdentifier);
    if (cluster.settings.DeletionProtection === true) {
      throw invalidParameterCombination(
        "Cannot delete protected Cluster, please disable deletion protection and try again.",
      );
    }
    await requireAlone(ctx, cluster);
    if (finalName && (await findNamed(ctx, clusterSnapshotFamily, finalName)) !== undefined) {
      throw dbClusterSnapshotAlreadyExists(finalName);
    }
    const from = finalName ? withData : deletable;
    if (!from.includes(cluster.status)) throw notAvailable(cluster);
    const { CopyTagsToSnapshot, TagList = [] } = await describeCluster(ctx, cluster);
    const tags = CopyTagsToSnapshot === true ? TagList : [];
    // Before it is `deleting`: what is cut off then deletes nothing without it.
    const snapshot = finalName ? await beginClusterSnapshot(ctx, cluster, { name: finalName, tags }) : undefined;
    const deleting = await moveCluster(ctx, cluster.resourceId, from, { status: "deleting" });
    if (deleting === undefined) {
      if (snapshot !== undefined) await deleteNamed(ctx, clusterSnapshotFamily, snapshot.name);
      throw notAvailable(cluster);
    }
    if (isMultiAz(deleting)) await moveMembers(ctx, deleting.resourceId, everyState, "deleting");
    const answer = await describeCluster(ctx, deleting);
    await retainClusterBackups(ctx, deleting, input.DeleteAutomatedBackups === false);
    removeCluster(ctx, deleting, snapshot && (() => takeClusterSnapshot(ctx, snapshot)));
    return { DBCluster: answer };
  },
} satisfies Operations<typeof Rds, Context>;

/** Other work ends first, but a creation is given up. */
const deletable: readonly ClusterStatus[] = ["creating", "available", "stopped", "failed"];

const everyState: readonly DbInstanceStatus[] = [
  ...(["creating", "available", "stopping", "stopped", "starting", "rebooting", "modifying", "failed"] as const),
  "incompatible-network",
];

/** A final snapshot is of data that are there. */
const withData: readonly ClusterStatus[] = ["available", "stopped"];

export const notAvailable = ({ name, status }: ClusterDocument) =>
  invalidDbClusterState(
    status === "deleting"
      ? `DbCluster ${name} is already being deleted.`
      : `DbCluster ${name} is not currently in the available state.`,
  );

function matches(ctx: Context, cluster: ClusterDocument, filter: string, value: string): boolean {
  switch (filter) {
    case "db-cluster-id":
      return nameOf(ctx, clusterFamily, value).toLowerCase() === cluster.name;
    case "db-cluster-resource-id":
      return value === cluster.resourceId;
    case "engine":
      return value === engineOfCluster(cluster);
    default:
      // No cluster is a clone or in a domain.
      return false;
  }
}

function requireFinalName({ SkipFinalSnapshot = false, FinalDBSnapshotIdentifier }: DeleteDBClusterMessage) {
  if (SkipFinalSnapshot && FinalDBSnapshotIdentifier) {
    throw invalidParameterCombination("You cannot specify both FinalDBSnapshotIdentifier and SkipFinalSnapshot");
  }
  if (!SkipFinalSnapshot && !FinalDBSnapshotIdentifier) {
    throw invalidParameterCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
  }
  return FinalDBSnapshotIdentifier && requireSnapshotName("FinalDBSnapshotIdentifier", FinalDBSnapshotIdentifier);
}

async function requireAlone(ctx: Context, cluster: ClusterDocument): Promise<void> {
  const members = await membersOf(ctx, cluster.resourceId);
  if (!isMultiAz(cluster) && members.some((row) => row.db_instance_status !== "deleting")) {
    throw invalidDbClusterState("Cluster cannot be deleted, it still contains DB instances in non-deleting state.");
  }
  if ((await globalClusterOf(ctx, cluster)) !== undefined) {
    throw invalidDbClusterState(
      "This cluster is a part of a global cluster, please remove it from globalcluster first",
    );
  }
  const replica = (await listClusters(ctx)).find(({ follows }) => follows === cluster.resourceId);
  if (replica !== undefined) {
    throw invalidDbClusterState(`Cluster cannot be deleted, the DB cluster ${replica.name} is a replica of it.`);
  }
}
