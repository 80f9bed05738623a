import type { Context, ServiceContext } from "../service-context.ts";
import type { DbInstanceRow, DbInstanceStatus } from "./db-instance-rows.ts";
import { engineFacts, engineOf } from "./engines.ts";
import { dbInstanceAutomatedBackupNotFound } from "./errors.ts";
import { findManyNamed, findNamed, listNamed, type NamedFamily, putNamed } from "./named-resources.ts";
import { type Place, type SnapshotDocument, snapshotFamily } from "./stored-snapshots.ts";

/** What lets an instance, or one that is gone, be restored to any moment of a time: its automated snapshots, and an archive. */
export interface AutomatedBackup {
  /** `retained`: the instance is gone. */
  readonly status: "active" | "retained";
  /** As it was at its last backup, or its end. */
  readonly instance: SnapshotDocument["instance"];
  /** ISO 8601: when its first automated snapshot was there. */
  readonly since: string;
  /** ISO 8601: until when its archive reaches, as long as its server does not run. */
  readonly until?: string;
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

/** The last moment that an instance can be restored to. */
export function latestRestorableTime(
  { now }: Pick<Context, "now">,
  { db_instance_status }: DbInstanceRow,
  { since, until = since }: AutomatedBackup,
): Date {
  return withoutServer.some((status) => status === db_instance_status) ? new Date(until) : now();
}

/** For descriptions of these instances. */
export async function latestRestorableTimes(
  ctx: Context,
  rows: readonly DbInstanceRow[],
): Promise<(row: DbInstanceRow) => Date | undefined> {
  const names = rows.map((row) => backupNameOf(row.dbi_resource_id));
  const found = names.length === 0 ? [] : await findManyNamed(ctx, automatedBackupFamily, names);
  const backups = new Map(found.map((document) => [document.instance.resourceId, document]));
  return (row) => {
    const backup = backups.get(row.dbi_resource_id);
    return backup && hasMoments(ctx, backup.instance) ? latestRestorableTime(ctx, row, backup) : undefined;
  };
}
