import type { ServiceContext } from "../service-context.ts";
import type { ClusterDocument, ClusterStatus } from "./db-cluster-rows.ts";
import { dbClusterAutomatedBackupNotFound } from "./errors.ts";
import { findNamed, listNamed, type NamedFamily, putNamed } from "./named-resources.ts";
import { backupNameOf } from "./stored-automated-backups.ts";
import { type ClusterSnapshotDocument, clusterSnapshotFamily } from "./stored-cluster-snapshots.ts";
import type { Place } from "./stored-snapshots.ts";

/** What lets a cluster, or one that is gone, be restored to any moment of a time: its automated snapshots, and an archive. */
export interface ClusterBackup {
  /** `retained`: the cluster is gone. */
  readonly status: "active" | "retained";
  /** As it was at its last backup, or its end. */
  readonly cluster: ClusterDocument;
  readonly vpcId?: string;
  /** ISO 8601: when its first automated snapshot was there. */
  readonly since: string;
  /** ISO 8601: until when its archive reaches, as long as its server does not run. */
  readonly until?: string;
}

export const clusterBackupFamily: Omit<NamedFamily<ClusterBackup>, "alreadyExists"> = {
  kind: "cluster-auto-backup",
  notFound: dbClusterAutomatedBackupNotFound,
};

type Store = Place & Pick<ServiceContext, "db">;

export function findClusterBackup(ctx: Store, resourceId: string): Promise<ClusterBackup | undefined> {
  return findNamed(ctx, clusterBackupFamily, backupNameOf(resourceId));
}

export async function writeClusterBackup(ctx: Store, backup: ClusterBackup): Promise<void> {
  await putNamed(ctx, clusterBackupFamily, backupNameOf(backup.cluster.resourceId), backup);
}

/** Those that have their data, the oldest first. */
export async function automatedClusterSnapshotsOf(
  ctx: Store,
  resourceId: string,
): Promise<(ClusterSnapshotDocument & { finished: string })[]> {
  return (await listNamed(ctx, clusterSnapshotFamily))
    .flatMap(({ document: { finished, ...snapshot } }) => (finished === undefined ? [] : [{ ...snapshot, finished }]))
    .filter(({ type, status, cluster }) => {
      return type === "automated" && status === "available" && cluster.resourceId === resourceId;
    })
    .sort((one, other) => one.finished.localeCompare(other.finished));
}

const withoutServer: readonly ClusterStatus[] = ["creating", "stopped", "failed"];

/** The moments that a cluster can be restored to; `status`: of the cluster, where there still is one. */
export function restoreWindow(
  { now }: Pick<ServiceContext, "now">,
  { since, until = since }: ClusterBackup,
  status: ClusterStatus | undefined,
): { earliest: Date; latest: Date } {
  const runs = status !== undefined && !withoutServer.includes(status);
  return { earliest: new Date(since), latest: runs ? now() : new Date(until) };
}
