import type { ServiceContext } from "../service-context.ts";
import { expiry, stillNeeded } from "./backup-retention.ts";
import type { DbInstanceRow } from "./db-instance-rows.ts";
import { changeNamed, deleteNamed } from "./named-resources.ts";
import {
  type AutomatedBackup,
  automatedBackupFamily,
  automatedSnapshotsOf,
  backupNameOf,
  backupsEverywhere,
  isReplicating,
  type ReplicatedSnapshot,
} from "./stored-automated-backups.ts";
import { instanceIn, newSnapshotId, type Place, placeOf, toInstance } from "./stored-snapshots.ts";

// What other regions have of an instance's automated backups: copies of its snapshots, and its archive, which is at the one place
// where all of them are. What is done here is done in the instance's turn.

async function replicationsOf(ctx: ServiceContext, row: DbInstanceRow) {
  return (await backupsEverywhere(ctx, row.dbi_resource_id)).filter(({ backup }) => isReplicating(backup));
}

function changeBackup(
  { db }: Pick<ServiceContext, "db">,
  place: Place,
  dbiResourceId: string,
  change: (backup: AutomatedBackup) => AutomatedBackup | undefined,
): Promise<AutomatedBackup | undefined> {
  return changeNamed({ db, ...place }, automatedBackupFamily, backupNameOf(dbiResourceId), change);
}

/** Copies the last snapshot of an instance to the regions that its backups go to. */
export async function replicateBackups(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  const last = (await automatedSnapshotsOf({ db: ctx.db, ...placeOf(row) }, row.dbi_resource_id)).at(-1);
  if (last === undefined) return;
  for (const { place, backup } of await replicationsOf(ctx, row)) {
    const before = backup.replicated?.snapshots ?? [];
    if (before.some(({ of }) => of === last.id)) {
      if (backup.status === "pending") await keep(ctx, place, row, before);
      continue;
    }
    const copy: ReplicatedSnapshot = {
      ...{ id: newSnapshotId(ctx), of: last.id, created: last.created, finished: last.finished },
    };
    try {
      await ctx.databases.copySnapshot(last.id, copy.id);
      await keep(ctx, place, row, [...before, copy]);
    } catch (error) {
      ctx.log.error({ err: error, dbInstance: row.db_instance_identifier, ...place }, "a backup was not replicated");
      await ctx.databases.removeSnapshot(copy.id);
    }
  }
}

async function keep(
  ctx: ServiceContext,
  place: Place,
  row: DbInstanceRow,
  snapshots: readonly ReplicatedSnapshot[],
): Promise<void> {
  const kept = await changeBackup(ctx, place, row.dbi_resource_id, (backup) => {
    const { BackupRetentionPeriod, KmsKeyId } = backup.instance.document;
    const needed = stillNeeded(snapshots, expiry(ctx, BackupRetentionPeriod));
    const [{ finished: since } = { finished: backup.since }] = needed;
    const instance = instanceIn(place, toInstance(row), { from: row.region });
    const document = { ...instance.document, BackupRetentionPeriod, ...(KmsKeyId !== undefined && { KmsKeyId }) };
    if (!isReplicating(backup)) return undefined;
    return {
      ...{ ...backup, status: "replicating", since, instance: { ...instance, document } },
      replicated: { from: row.region, snapshots: needed },
    };
  });
  for (const snapshot of snapshots) {
    if (!kept?.replicated?.snapshots.includes(snapshot)) await ctx.databases.removeSnapshot(snapshot.id);
  }
}

/** What an instance's archive had before is of no use any more: what is retained of it has its snapshots alone. */
export async function beginReplicationsAnew(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  const { dbi_resource_id: id } = row;
  for (const { place, backup } of await backupsEverywhere(ctx, id)) {
    const { replicated } = backup;
    if (replicated === undefined) continue;
    if (!isReplicating(backup)) {
      const until = replicated.snapshots.at(-1)?.finished ?? backup.since;
      await changeBackup(ctx, place, id, (before) => ({ ...before, until }));
      continue;
    }
    for (const snapshot of replicated.snapshots) await ctx.databases.removeSnapshot(snapshot.id);
    const none = { from: row.region, snapshots: [] };
    await changeBackup(ctx, place, id, (before) => ({ ...before, status: "pending", replicated: none }));
  }
}

/** Of an instance that is gone. */
export async function endReplications(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  for (const { place } of await replicationsOf(ctx, row)) await endReplication(ctx, place, row.dbi_resource_id);
}

/** What has come to a region by now is retained there, or there is nothing. Resolves with how it ends. */
export async function endReplication(
  ctx: ServiceContext,
  place: Place,
  dbiResourceId: string,
): Promise<AutomatedBackup | undefined> {
  const ended = await changeBackup(ctx, place, dbiResourceId, ({ until, ...backup }) => ({
    ...{ ...backup, status: "retained", until: until ?? ctx.now().toISOString() },
  }));
  if (ended?.replicated?.snapshots.length === 0) {
    await deleteNamed({ db: ctx.db, ...place }, automatedBackupFamily, backupNameOf(dbiResourceId));
  }
  return ended;
}

/** Whether a copy that was to be made is not there. */
export async function awaitsReplication(ctx: ServiceContext, row: DbInstanceRow): Promise<boolean> {
  return (await replicationsOf(ctx, row)).some(({ backup }) => backup.status === "pending");
}

/** The ids of all copies. */
export async function replicatedSnapshots({ db }: Pick<ServiceContext, "db">): Promise<string[]> {
  const { kind } = automatedBackupFamily;
  const rows = await db.selectFrom("rds_resources").select("document").where("kind", "=", kind).execute();
  const backups = rows.map(({ document }) => JSON.parse(document) as AutomatedBackup);
  return backups.flatMap(({ replicated }) => replicated?.snapshots.map(({ id }) => id) ?? []);
}
