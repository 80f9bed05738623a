import type { Tag } from "../../aws/tags.ts";
import type { AccountContext, ServiceContext } from "../service-context.ts";
import type { ClusterDocument } from "./db-cluster-rows.ts";
import { requireSubnetGroup } from "./db-subnet-groups.ts";
import { dbClusterSnapshotAlreadyExists, dbClusterSnapshotNotFound, snapshotQuotaExceeded } from "./errors.ts";
import { recordEvent } from "./event-log.ts";
import { insertNamed, type NamedFamily } from "./named-resources.ts";
import { quotas } from "./quotas.ts";
import { finishSnapshot, isManual, newSnapshotId, type StoredSnapshot } from "./stored-snapshots.ts";

export interface ClusterSnapshotDocument extends StoredSnapshot {
  /** As it was. */
  readonly cluster: ClusterDocument;
  readonly vpcId?: string;
  readonly sourceArn?: string;
}

export const clusterSnapshotFamily: NamedFamily<ClusterSnapshotDocument> = {
  kind: "cluster-snapshot",
  notFound: dbClusterSnapshotNotFound,
  alreadyExists: dbClusterSnapshotAlreadyExists,
  quota: { most: quotas.ManualClusterSnapshots, counts: isManual, exceeded: snapshotQuotaExceeded },
};

/** Writes down a snapshot whose data are still to be taken. */
export async function beginClusterSnapshot(
  ctx: AccountContext,
  cluster: ClusterDocument,
  { name, tags, type = "manual" }: { name: string; tags: readonly Tag[]; type?: StoredSnapshot["type"] },
): Promise<ClusterSnapshotDocument> {
  const { VpcId: vpcId } = await requireSubnetGroup(ctx, cluster.settings.DBSubnetGroup ?? "default");
  const snapshot: ClusterSnapshotDocument = {
    ...{ name, id: newSnapshotId(ctx), status: "creating", type, created: ctx.now().toISOString() },
    ...{ cluster, restore: [], ...(vpcId === undefined ? {} : { vpcId }) },
  };
  await insertNamed(ctx, clusterSnapshotFamily, name, snapshot, tags);
  await recordEvent(ctx, sourceOf(snapshot), type === "manual" ? "RDS-EVENT-0074" : "RDS-EVENT-0168");
  return snapshot;
}

/** Takes the data of a snapshot that has begun; it is `failed` where that does not succeed. */
export async function takeClusterSnapshot(ctx: ServiceContext, snapshot: ClusterSnapshotDocument): Promise<boolean> {
  const options = { place: snapshot.cluster, family: clusterSnapshotFamily, snapshot };
  const isTaken = await finishSnapshot(ctx, options, () =>
    ctx.databases.snapshot(snapshot.cluster.resourceId, snapshot.id),
  );
  if (isTaken) {
    await recordEvent(ctx, sourceOf(snapshot), snapshot.type === "manual" ? "RDS-EVENT-0075" : "RDS-EVENT-0169");
  }
  return isTaken;
}

function sourceOf({ name, cluster: { accountId, region } }: ClusterSnapshotDocument) {
  return { accountId, region, type: "db-cluster-snapshot", name } as const;
}
