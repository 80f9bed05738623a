import type { ServiceContext } from "../service-context.ts";
import { dropOldest, expiry } from "./backup-retention.ts";
import { isMember } from "./db-cluster-member-lifecycle.ts";
import { type DbInstanceRow, readDocument, refreshed } from "./db-instance-rows.ts";
import { deleteNamed, findNamed, listNamed } from "./named-resources.ts";
import { sourceNameOf } from "./replica-links.ts";
import { beginReplicationsAnew, endReplications, replicateBackups } from "./replicated-backups.ts";
import {
  type AutomatedBackup,
  automatedBackupFamily,
  automatedSnapshotsOf,
  backupNameOf,
  backupsEverywhere,
  basesOf,
  findBackup,
  hasMoments,
  isReplicating,
  writeBackup,
} from "./stored-automated-backups.ts";
import {
  begin,
  type Place,
  placeOf,
  type SnapshotDocument,
  snapshotFamily,
  tagsForSnapshot,
  take,
  toInstance,
} from "./stored-snapshots.ts";
import { lastWindowStart } from "./windows.ts";

// The automated backups of an instance are snapshots, and an archive of what its server has written since the first of them.
// What is done here is done in the instance's turn.

type Store = Place & Pick<ServiceContext, "db">;

const storeOf = ({ db }: ServiceContext, row: DbInstanceRow): Store => ({ db, ...placeOf(row) });

/** Whether an instance is backed up by itself; a member is with its cluster. */
export function isBackedUp(row: DbInstanceRow): boolean {
  return (readDocument(row).BackupRetentionPeriod ?? 0) > 0 && !isMember(row);
}

/** Whether its server archives what it writes. A replica's writes are its source's. */
export function isArchived(ctx: ServiceContext, row: DbInstanceRow): boolean {
  return isBackedUp(row) && hasMoments(ctx, row) && sourceNameOf(row) === undefined;
}

/** Takes an automated snapshot, and drops those that are too old. */
export async function backUp(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  const store = storeOf(ctx, row);
  if (isArchived(ctx, row)) await ctx.databases.archives.open(row.dbi_resource_id);
  const place = { now: () => ctx.now(), ...store };
  const name = await freeSnapshotName(place, snapshotFamily, row.db_instance_identifier);
  const snapshot = await begin(ctx, row, { name, tags: await tagsForSnapshot(ctx, row), type: "automated" });
  if (!(await take(ctx, placeOf(row), snapshot))) {
    await dropSnapshot(ctx, store, snapshot);
    return;
  }
  await dropExpired(ctx, row);
  await replicateBackups(ctx, row);
}

/** After another retention period is in force, or a replica has become an instance of its own, with an archive from then on. */
export async function applyRetention(ctx: ServiceContext, before: DbInstanceRow): Promise<void> {
  const row = await refreshed(ctx, before);
  if (row === undefined) return;
  const store = storeOf(ctx, row);
  if (!isBackedUp(row)) {
    await endReplications(ctx, row);
    await dropBackups(ctx, store, row.dbi_resource_id);
  } else if (await isWithoutBase(ctx, row)) await backUp(ctx, row);
  else await dropExpired(ctx, row);
}

async function isWithoutBase(ctx: ServiceContext, row: DbInstanceRow): Promise<boolean> {
  const store = storeOf(ctx, row);
  const backup = await findBackup(store, row.dbi_resource_id);
  if (backup === undefined) return true;
  return isArchived(ctx, row) && (await basesOf(store, backup)).length === 0;
}

/** What was archived before an upgrade is of no use after it. */
export async function backUpAnew(ctx: ServiceContext, before: DbInstanceRow): Promise<void> {
  const row = await refreshed(ctx, before);
  if (row === undefined || !isBackedUp(row)) return;
  await beginReplicationsAnew(ctx, row);
  await dropBackups(ctx, storeOf(ctx, row), row.dbi_resource_id);
  await backUp(ctx, row);
}

/** Whether the start of a backup window has passed since the last backup. */
export async function isBackupDue(ctx: ServiceContext, row: DbInstanceRow): Promise<boolean> {
  const { PreferredBackupWindow } = readDocument(row);
  if (!isBackedUp(row) || PreferredBackupWindow === undefined) return false;
  const last = (await automatedSnapshotsOf(storeOf(ctx, row), row.dbi_resource_id)).at(-1);
  return last === undefined || new Date(last.finished) < lastWindowStart(PreferredBackupWindow, ctx.now());
}

/** Brings the archive of an instance up to now, before its server ends; one that is being deleted leaves it, or not. */
export async function sealArchive(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  const id = row.dbi_resource_id;
  const backups = (await backupsEverywhere(ctx, id)).filter(
    ({ backup }) => isReplicating(backup) || (backup.replicated === undefined && isOfUse(row, backup)),
  );
  if (backups.length === 0 || (await ctx.databases.get(id))?.state !== "running") return;
  const until = ctx.now().toISOString();
  if (isArchived(ctx, row)) await ctx.databases.archives.flush(id);
  for (const { place, backup } of backups) await writeBackup({ db: ctx.db, ...place }, { ...backup, until });
}

const isOfUse = ({ db_instance_status }: DbInstanceRow, { status }: AutomatedBackup) =>
  db_instance_status !== "deleting" || status === "retained";

/** Decides what becomes of the backups of an instance that is being deleted. */
export async function retainBackups(ctx: ServiceContext, row: DbInstanceRow, retain: boolean): Promise<void> {
  const store = storeOf(ctx, row);
  const backup = await findBackup(store, row.dbi_resource_id);
  if (backup === undefined) return;
  await writeBackup(store, { ...backup, instance: toInstance(row), status: retain ? "retained" : "active" });
}

/** Of an instance that is gone. What other regions have of it is retained there. */
export async function dropUnlessRetained(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  await endReplications(ctx, row);
  const store = storeOf(ctx, row);
  const backup = await findBackup(store, row.dbi_resource_id);
  if (backup?.status !== "retained") await dropBackups(ctx, store, row.dbi_resource_id);
}

/** Drops the backups of instances that are gone, when the last of them is as old as they were to be kept. */
export async function dropExpiredRetained(ctx: ServiceContext): Promise<void> {
  const { kind } = automatedBackupFamily;
  const rows = await ctx.db.selectFrom("rds_resources").selectAll().where("kind", "=", kind).execute();
  for (const row of rows) {
    const { status, until, since, instance }: AutomatedBackup = JSON.parse(row.document);
    const oldest = expiry(ctx, instance.document.BackupRetentionPeriod);
    if (status !== "retained" || (until ?? since) > oldest) continue;
    await dropBackups(ctx, { db: ctx.db, accountId: row.account_id, region: row.region }, instance.resourceId);
  }
}

export async function dropBackups(ctx: ServiceContext, store: Store, dbiResourceId: string): Promise<void> {
  const snapshots = (await listNamed(store, snapshotFamily)).map(({ document }) => document);
  for (const snapshot of snapshots) {
    if (snapshot.type === "automated" && snapshot.instance.resourceId === dbiResourceId) {
      await dropSnapshot(ctx, store, snapshot);
    }
  }
  const backup = await findBackup(store, dbiResourceId);
  for (const { id } of backup?.replicated?.snapshots ?? []) await ctx.databases.removeSnapshot(id);
  await deleteNamed(store, automatedBackupFamily, backupNameOf(dbiResourceId));
  if ((await backupsEverywhere(ctx, dbiResourceId)).length === 0) await ctx.databases.archives.remove(dbiResourceId);
}

async function dropExpired(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  const store = storeOf(ctx, row);
  const oldest = expiry(ctx, readDocument(row).BackupRetentionPeriod);
  const snapshots = await automatedSnapshotsOf(store, row.dbi_resource_id);
  const first = await dropOldest(snapshots, oldest, (snapshot) => dropSnapshot(ctx, store, snapshot));
  if (first === undefined) return;
  const backup: AutomatedBackup = { status: "active", instance: toInstance(row), since: first.finished };
  const [base = first] = await basesOf(store, backup);
  await writeBackup(store, { ...backup, since: base.finished });
  await pruneArchive(ctx, row.dbi_resource_id, first.created);
}

/** Drops what neither the backups of an instance since a time (ISO 8601) nor those that other regions have of it need. */
async function pruneArchive(ctx: ServiceContext, dbiResourceId: string, since: string): Promise<void> {
  const elsewhere = (await backupsEverywhere(ctx, dbiResourceId)).flatMap(
    ({ backup }) => backup.replicated?.snapshots[0]?.created ?? [],
  );
  const [earliest = since] = [since, ...elsewhere].sort();
  await ctx.databases.archives.prune(dbiResourceId, new Date(earliest));
}

async function dropSnapshot(ctx: ServiceContext, store: Store, { name, id }: SnapshotDocument): Promise<void> {
  await deleteNamed(store, snapshotFamily, name);
  await ctx.databases.removeSnapshot(id);
}

/** `rds:orders-2026-11-29-03-51`; one more in the same minute, of an instance before it with that name, has a number. */
export async function freeSnapshotName(
  ctx: Store & Pick<ServiceContext, "now">,
  family: Parameters<typeof findNamed>[1],
  identifier: string,
): Promise<string> {
  const time = ctx.now().toISOString().slice(0, 16).replaceAll(/[T:]/g, "-");
  const name = `rds:${identifier}-${time}`;
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if ((await findNamed(ctx, family, candidate)) === undefined) return candidate;
  }
}
