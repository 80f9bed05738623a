import type { Context, ServiceContext } from "../service-context.ts";
import { type DbInstanceRow, type DbInstanceStatus, refreshedById } from "./db-instance-rows.ts";
import { engineFacts, engineOf } from "./engines.ts";
import { dbInstanceAutomatedBackupNotFound } from "./errors.ts";
import { arnOfNamed, findNamed, listNamed, type NamedFamily, putNamed } from "./named-resources.ts";
import { type Place, type SnapshotDocument, snapshotFamily } from "./stored-snapshots.ts";

/** What lets an instance, or one that is gone, be restored to any moment of a time: its automated snapshots, and an archive. */
export interface AutomatedBackup {
  /** `retained`: the instance is gone, or its backups come to another region no more. `pending`: none has come there yet. */
  readonly status: "active" | "retained" | "pending" | "replicating";
  /** As it was at its last backup, or its end; in another region with what it would have there. */
  readonly instance: SnapshotDocument["instance"];
  /** ISO 8601: when its first automated snapshot was there. */
  readonly since: string;
  /** ISO 8601: until when its archive reaches, as long as its server does not run. */
  readonly until?: string;
  /** Of an instance of another region: copies of its snapshots, the oldest first. They go with the archive of the instance. */
  readonly replicated?: { readonly from: string; readonly snapshots: readonly ReplicatedSnapshot[] };
}

export interface ReplicatedSnapshot extends Pick<SnapshotDocument, "id" | "created"> {
  /** ISO 8601. */
  readonly finished: string;
  /** The id of the snapshot that it is a copy of. */
  readonly of: string;
}

export const automatedBackupFamily: Omit<NamedFamily<AutomatedBackup>, "alreadyExists"> = {
  kind: "auto-backup",
  notFound: dbInstanceAutomatedBackupNotFound,
};

type Store = Place & Pick<Context, "db">;

/** As it is in its ARN; of an instance or a cluster. */
export function backupNameOf(resourceId: string): string {
  return `ab-${resourceId.replace(/^(?:db|cluster)-/, "").toLowerCase()}`;
}

export function findBackup(ctx: Store, dbiResourceId: string): Promise<AutomatedBackup | undefined> {
  return findNamed(ctx, automatedBackupFamily, backupNameOf(dbiResourceId));
}

export async function writeBackup(ctx: Store, backup: AutomatedBackup): Promise<void> {
  await putNamed(ctx, automatedBackupFamily, backupNameOf(backup.instance.resourceId), backup);
}

interface PlacedBackup {
  readonly place: Place;
  readonly backup: AutomatedBackup;
}

/** All that there are of an instance, in whatever region. */
export function backupsEverywhere(ctx: Pick<Context, "db">, dbiResourceId: string): Promise<PlacedBackup[]> {
  return backupsNamed(ctx, [backupNameOf(dbiResourceId)]);
}

async function backupsNamed({ db }: Pick<Context, "db">, names: readonly string[]): Promise<PlacedBackup[]> {
  if (names.length === 0) return [];
  const rows = await db
    .selectFrom("rds_resources")
    .selectAll()
    .where("kind", "=", automatedBackupFamily.kind)
    .where("name", "in", [...names])
    .orderBy("region")
    .execute();
  return rows.map((row) => ({
    place: { accountId: row.account_id, region: row.region },
    backup: JSON.parse(row.document) as AutomatedBackup,
  }));
}

/** Where the backups of an instance come to in other regions, as descriptions have it. */
export async function replicationArns(ctx: Pick<Context, "db">, dbiResourceId: string) {
  return toReplications(await backupsEverywhere(ctx, dbiResourceId));
}

function toReplications(backups: readonly PlacedBackup[]) {
  return backups
    .filter(({ backup }) => isReplicating(backup))
    .map(({ place, backup }) => arnOfNamed(place, "auto-backup", backupNameOf(backup.instance.resourceId)))
    .map((arn) => ({ DBInstanceAutomatedBackupsArn: arn }));
}

/** Whether backups come to it from another region. */
export function isReplicating({ status }: AutomatedBackup): boolean {
  return status === "pending" || status === "replicating";
}

/** What moments begin with, the oldest first. */
export async function basesOf(
  ctx: Store,
  backup: AutomatedBackup,
): Promise<readonly Pick<ReplicatedSnapshot, "id" | "finished">[]> {
  if (backup.replicated !== undefined) return backup.replicated.snapshots;
  return (await automatedSnapshotsOf(ctx, backup.instance.resourceId)).filter(({ instance }) => !isReplica(instance));
}

/** Those of an instance that have their data, the oldest first. */
export async function automatedSnapshotsOf(
  ctx: Store,
  dbiResourceId: string,
): Promise<(SnapshotDocument & { finished: string })[]> {
  return (await listNamed(ctx, snapshotFamily))
    .flatMap(({ document: { finished, ...snapshot } }) => (finished === undefined ? [] : [{ ...snapshot, finished }]))
    .filter(({ type, status }) => type === "automated" && status === "available")
    .filter(({ instance }) => instance.resourceId === dbiResourceId)
    .sort((one, other) => one.finished.localeCompare(other.finished));
}

const withoutServer: readonly DbInstanceStatus[] = [
  ...(["creating", "stopped", "failed", "incompatible-network", "incompatible-parameters"] as const),
];

/** Whether an instance can be restored to any moment, and not to its automated snapshots alone. */
export function hasMoments({ databases }: Pick<ServiceContext, "databases">, of: { readonly engine: string }): boolean {
  return databases.archives.engines.includes(engineFacts[engineOf(of)].runs);
}

/** Of instances as they were: a replica archives nothing, since its source does. */
export function isReplica({ document }: Pick<SnapshotDocument["instance"], "document">): boolean {
  return document.ReadReplicaSourceDBInstanceIdentifier !== undefined;
}

/** The last moment that an instance can be restored to. */
export function latestRestorableTime(
  { now }: Pick<Context, "now">,
  { db_instance_status }: DbInstanceRow,
  { since, until = since }: AutomatedBackup,
): Date {
  return withoutServer.some((status) => status === db_instance_status) ? new Date(until) : now();
}

/** The last moment that what is kept here of an instance can be restored to. */
export async function latestMoment(ctx: Pick<Context, "db" | "now">, backup: AutomatedBackup): Promise<Date> {
  const row = backup.status === "retained" ? undefined : await refreshedById(ctx, backup.instance.resourceId);
  return row === undefined ? new Date(backup.until ?? backup.since) : latestRestorableTime(ctx, row, backup);
}

/** For descriptions of these instances. */
export async function backupFacts(ctx: Context, rows: readonly DbInstanceRow[]) {
  const found = await backupsNamed(
    ctx,
    rows.map((row) => backupNameOf(row.dbi_resource_id)),
  );
  return (row: DbInstanceRow) => {
    const ofRow = found.filter(({ backup }) => backup.instance.resourceId === row.dbi_resource_id);
    const { backup } = ofRow.find(({ place }) => place.region === row.region) ?? {};
    const isArchived = backup && hasMoments(ctx, backup.instance) && !isReplica(backup.instance);
    return {
      latestRestorableTime: isArchived ? latestRestorableTime(ctx, row, backup) : undefined,
      replications: toReplications(ofRow),
    };
  };
}
