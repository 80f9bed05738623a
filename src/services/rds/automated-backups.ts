import type { ServiceContext } from "../service-context.ts";
import { isMember } from "./db-cluster-member-lifecycle.ts";
import { type DbInstanceRow, readDocument, refreshed } from "./db-instance-rows.ts";
import { deleteNamed, findNamed, listNamed } from "./named-resources.ts";
import { sourceNameOf } from "./replica-links.ts";
import {
  type AutomatedBackup,
  automatedBackupFamily,
  automatedSnapshotsOf,
  backupNameOf,
  findBackup,
  hasMoments,
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

const dayMilliseconds = 24 * 60 * 60 * 1000;

type Store = Place & Pick<ServiceContext, "db">;

const storeOf = ({ db }: ServiceContext, row: DbInstanceRow): Store => ({ db, ...placeOf(row) });

/** Whether an instance is backed up by itself; a replica is with its source. */
export function isBackedUp(row: DbInstanceRow): boolean {
  return (readDocument(row).BackupRetentionPeriod ?? 0) > 0 && !isMember(row) && sourceNameOf(row) === undefined;
}

/** Takes an automated snapshot, and drops those that are too old. */
export async function backUp(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  const store = storeOf(ctx, row);
  if (hasMoments(ctx, row)) await ctx.databases.archives.open(row.dbi_resource_id);
  const place = { now: () => ctx.now(), ...store };
  const name = await freeSnapshotName(place, snapshotFamily, row.db_instance_identifier);
  const snapshot = await begin(ctx, row, { name, tags: await tagsForSnapshot(ctx, row), type: "automated" });
  if (await take(ctx, placeOf(row), snapshot)) await dropExpired(ctx, row);
  else await dropSnapshot(ctx, store, snapshot);
}

/** After another retention period is in force. */
export async function applyRetention(ctx: ServiceContext, before: DbInstanceRow): Promise<void> {
  const row = await refreshed(ctx, before);
  if (row === undefined) return;
  const store = storeOf(ctx, row);
  if (!isBackedUp(row)) await dropBackups(ctx, store, row.dbi_resource_id);
  else if ((await findBackup(store, row.dbi_resource_id)) === undefined) await backUp(ctx, row);
  else await dropExpired(ctx, row);
}

/** What was archived before an upgrade is of no use after it. */
export async function backUpAnew(ctx: ServiceContext, before: DbInstanceRow): Promise<void> {
  const row = await refreshed(ctx, before);
  if (row === undefined || !isBackedUp(row)) return;
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
  const store = storeOf(ctx, row);
  const backup = await findBackup(store, row.dbi_resource_id);
  const isForNothing = row.db_instance_status === "deleting" && backup?.status !== "retained";
  if (backup === undefined || isForNothing || (await ctx.databases.get(row.dbi_resource_id))?.state !== "running")
    return;
  const until = ctx.now().toISOString();
  if (hasMoments(ctx, row)) await ctx.databases.archives.flush(row.dbi_resource_id);
  await writeBackup(store, { ...backup, until });
}

/** Decides what becomes of the backups of an instance that is being deleted. */
export async function retainBackups(ctx: ServiceContext, row: DbInstanceRow, retain: boolean): Promise<void> {
  const store = storeOf(ctx, row);
  const backup = await findBackup(store, row.dbi_resource_id);
  if (backup === undefined) return;
  await writeBackup(store, { ...backup, instance: toInstance(row), status: retain ? "retained" : "active" });
}

/** Of an instance that is gone. */
export async function dropUnlessRetained(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
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
  await ctx.databases.archives.remove(dbiResourceId);
  await deleteNamed(store, automatedBackupFamily, backupNameOf(dbiResourceId));
}

async function dropExpired(ctx: ServiceContext, row: DbInstanceRow): Promise<void> {
  const store = storeOf(ctx, row);
  const oldest = expiry(ctx, readDocument(row).BackupRetentionPeriod);
  const snapshots = await automatedSnapshotsOf(store, row.dbi_resource_id);
  const first = await dropOldest(snapshots, oldest, (snapshot) => dropSnapshot(ctx, store, snapshot));
  if (first === undefined) return;
  await ctx.databases.archives.prune(row.dbi_resource_id, new Date(first.created));
  await writeBackup(store, { status: "active", instance: toInstance(row), since: first.finished });
}

/**
 * Drops snapshots, which are in their order, but for the last of those that are older than the retention period: it is what moments
 * since then begin with. Resolves with the first that is left.
 */
export async function dropOldest<Snapshot extends { readonly finished: string }>(
  snapshots: readonly Snapshot[],
  oldest: string,
  drop: (snapshot: Snapshot) => Promise<void>,
): Promise<Snapshot | undefined> {
  const first = Math.max(0, snapshots.filter(({ finished }) => finished <= oldest).length - 1);
  for (const snapshot of snapshots.slice(0, first)) await drop(snapshot);
  return snapshots[first];
}

/** ISO 8601: what is older is too old. */
export const expiry = ({ now }: ServiceContext, days = 1) =>
  new Date(now().getTime() - days * dayMilliseconds).toISOString();

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
