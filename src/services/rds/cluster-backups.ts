import type { AccountContext, ServiceContext } from "../service-context.ts";
import { freeSnapshotName } from "./automated-backups.ts";
import { dropOldest, expiry } from "./backup-retention.ts";
import { arnOfCluster, type ClusterDocument, findClusterById } from "./db-cluster-rows.ts";
import { deleteNamed, listNamed } from "./named-resources.ts";
import { backupNameOf } from "./stored-automated-backups.ts";
import {
  automatedClusterSnapshotsOf,
  type ClusterBackup,
  clusterBackupFamily,
  findClusterBackup,
  writeClusterBackup,
} from "./stored-cluster-backups.ts";
import { beginClusterSnapshot, clusterSnapshotFamily, takeClusterSnapshot } from "./stored-cluster-snapshots.ts";
import type { Place, StoredSnapshot } from "./stored-snapshots.ts";
import { readTags } from "./tags.ts";
import { lastWindowStart } from "./windows.ts";

// The automated backups of clusters, as automated-backups.ts has those of instances: in the cluster's turn.

function accountOf(ctx: ServiceContext, { accountId, region }: Place): AccountContext {
  // A request's context has what it has from another object, which a spread would leave out.
  const { db, blobs, objects, machines, databases, connectSql, credentials, webhooks, config, log } = ctx;
  return {
    ...{ db, blobs, objects, machines, databases, connectSql, credentials, webhooks, config, log },
    ...{ accountId, region },
    now: () => ctx.now(),
    newId: (prefix) => ctx.newId(prefix),
    randomBytes: (length) => ctx.randomBytes(length),
    background: (name, work) => ctx.background(name, work),
  };
}

/** Takes an automated snapshot, and drops those that are too old. */
export async function backUpCluster(ctx: ServiceContext, before: ClusterDocument): Promise<void> {
  const { resourceId } = before;
  const cluster = (await findClusterById(ctx, resourceId)) ?? before;
  const account = accountOf(ctx, cluster);
  await ctx.databases.archives.open(resourceId);
  const name = await freeSnapshotName(account, clusterSnapshotFamily, cluster.name);
  const tags = cluster.settings.CopyTagsToSnapshot === true ? await tagsOf(ctx, cluster) : [];
  const snapshot = await beginClusterSnapshot(account, cluster, { name, tags, type: "automated" });
  if (await takeClusterSnapshot(ctx, snapshot)) await dropExpired(account, cluster, snapshot.vpcId);
  else await dropSnapshot(account, snapshot);
}

/** What was archived before a major upgrade is of no use after it. */
export async function backUpClusterAnew(ctx: ServiceContext, cluster: ClusterDocument): Promise<void> {
  if (cluster.follows !== undefined) return;
  await dropClusterBackups(accountOf(ctx, cluster), cluster.resourceId);
  await backUpCluster(ctx, cluster);
}

/** Whether the start of a cluster's backup window has passed since its last backup. */
export async function isClusterBackupDue(ctx: ServiceContext, cluster: ClusterDocument): Promise<boolean> {
  const { PreferredBackupWindow: window } = cluster.settings;
  // A secondary cluster is backed up with the one that it follows.
  if (window === undefined || cluster.status !== "available" || cluster.follows !== undefined) return false;
  const last = (await automatedClusterSnapshotsOf(accountOf(ctx, cluster), cluster.resourceId)).at(-1);
  return last === undefined || new Date(last.finished) < lastWindowStart(window, ctx.now());
}

/** Brings a cluster's archive up to now, before its server ends; one that is being deleted leaves it, or not. */
export async function sealClusterArchive(ctx: ServiceContext, cluster: ClusterDocument): Promise<void> {
  const account = accountOf(ctx, cluster);
  const backup = await findClusterBackup(account, cluster.resourceId);
  const isForNothing = cluster.status === "deleting" && backup?.status !== "retained";
  if (backup === undefined || isForNothing) return;
  if ((await ctx.databases.get(cluster.resourceId))?.state !== "running") return;
  const until = ctx.now().toISOString();
  await ctx.databases.archives.flush(cluster.resourceId);
  await writeClusterBackup(account, { ...backup, until });
}

/** Decides what becomes of the backups of a cluster that is being deleted. */
export async function retainClusterBackups(ctx: AccountContext, cluster: ClusterDocument, retain: boolean) {
  const backup = await findClusterBackup(ctx, cluster.resourceId);
  if (backup === undefined) return;
  await writeClusterBackup(ctx, { ...backup, cluster, status: retain ? "retained" : "active" });
}

/** Of a cluster that is gone. */
export async function dropClusterBackupsUnlessRetained(ctx: ServiceContext, cluster: ClusterDocument): Promise<void> {
  const account = accountOf(ctx, cluster);
  const backup = await findClusterBackup(account, cluster.resourceId);
  if (backup?.status !== "retained") await dropClusterBackups(account, cluster.resourceId);
}

/** Of clusters that are gone, when the last of them is as old as they were to be kept. */
export async function dropExpiredRetainedOfClusters(ctx: ServiceContext): Promise<void> {
  const { kind } = clusterBackupFamily;
  const rows = await ctx.db.selectFrom("rds_resources").select("document").where("kind", "=", kind).execute();
  for (const { document } of rows) {
    const { status, until, since, cluster }: ClusterBackup = JSON.parse(document);
    if (status !== "retained" || (until ?? since) > expiry(ctx, cluster.settings.BackupRetentionPeriod)) continue;
    await dropClusterBackups(accountOf(ctx, cluster), cluster.resourceId);
  }
}

export async function dropClusterBackups(ctx: AccountContext, resourceId: string): Promise<void> {
  const snapshots = (await listNamed(ctx, clusterSnapshotFamily)).map(({ document }) => document);
  for (const snapshot of snapshots) {
    if (snapshot.type === "automated" && snapshot.cluster.resourceId === resourceId) await dropSnapshot(ctx, snapshot);
  }
  await ctx.databases.archives.remove(resourceId);
  await deleteNamed(ctx, clusterBackupFamily, backupNameOf(resourceId));
}

async function dropExpired(ctx: AccountContext, cluster: ClusterDocument, vpcId: string | undefined): Promise<void> {
  const oldest = expiry(ctx, cluster.settings.BackupRetentionPeriod);
  const snapshots = await automatedClusterSnapshotsOf(ctx, cluster.resourceId);
  const first = await dropOldest(snapshots, oldest, (snapshot) => dropSnapshot(ctx, snapshot));
  if (first === undefined) return;
  await ctx.databases.archives.prune(cluster.resourceId, new Date(first.created));
  const backup = { status: "active", cluster, since: first.finished } as const;
  await writeClusterBackup(ctx, vpcId === undefined ? backup : { ...backup, vpcId });
}

async function dropSnapshot(ctx: AccountContext, { name, id }: StoredSnapshot): Promise<void> {
  await deleteNamed(ctx, clusterSnapshotFamily, name);
  await ctx.databases.removeSnapshot(id);
}

async function tagsOf({ db }: ServiceContext, cluster: ClusterDocument) {
  const arn = arnOfCluster(cluster);
  return (await readTags(db, [arn])).get(arn) ?? [];
}
