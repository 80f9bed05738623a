import type * as Rds from "@aws-sdk/client-rds";
import type { RestoreDBClusterFromSnapshotMessage, RestoreDBClusterToPointInTimeMessage } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { createCluster } from "./db-cluster-creation.ts";
import { describeCluster } from "./db-cluster-description.ts";
import {
  type ClusterDocument,
  type ClusterSettings,
  type ClusterStatus,
  clusterFamily,
  engineOfCluster,
  findClusterById,
  isMultiAz,
} from "./db-cluster-rows.ts";
import { requireUsable } from "./db-cluster-snapshots.ts";
import { notAvailable } from "./db-clusters.ts";
import {
  dbClusterNotFound,
  dbClusterSnapshotNotFound,
  invalidParameterCombination,
  invalidParameterValue,
  mustBeProvided,
  notEmulated,
  sourceDbClusterNotFound,
} from "./errors.ts";
import { requireIdentifier } from "./identifiers.ts";
import { insertMultiAzMembers } from "./multi-az-members.ts";
import { isOfFixedIops } from "./multi-az-settings.ts";
import { findNamed, nameOf } from "./named-resources.ts";
import { insertCluster, type NewCluster, resolveClusterSettings } from "./new-db-cluster.ts";
import { requirePort } from "./new-db-instance.ts";
import { hasMoments } from "./stored-automated-backups.ts";
import {
  automatedClusterSnapshotsOf,
  type ClusterBackup,
  findClusterBackup,
  restoreWindow,
} from "./stored-cluster-backups.ts";
import { clusterSnapshotFamily } from "./stored-cluster-snapshots.ts";
import { findRestorable, newSnapshotId } from "./stored-snapshots.ts";
import { requireTags } from "./tags.ts";
import { refuseNotEmulated } from "./unsupported-settings.ts";
import { resolveWindows } from "./windows.ts";

export const dbClusterRestores = {
  async RestoreDBClusterFromSnapshot(ctx, request) {
    const input = withoutBlanks(request);
    const name = requireIdentifier("DBClusterIdentifier", input.DBClusterIdentifier ?? "");
    if (!input.Engine) throw mustBeProvided("Engine");
    const { SnapshotIdentifier: identifier = "" } = input;
    const snapshot = await findRestorable(ctx, clusterSnapshotFamily, identifier);
    if (snapshot === undefined) throw dbClusterSnapshotNotFound(identifier);
    const engine = engineOfCluster(snapshot.cluster);
    if (input.Engine !== engine) {
      throw invalidParameterCombination(`The snapshot ${snapshot.name} is of ${engine}, not of ${input.Engine}.`);
    }
    requireUsable(snapshot);
    const cluster = await restored(ctx, snapshot.cluster, { ...input, name });
    const row = await insertCluster(ctx, cluster, requireTags(input.Tags ?? []));
    await insertMultiAzMembers(ctx, row);
    createCluster(ctx, row, { snapshotId: snapshot.id });
    return { DBCluster: await describeCluster(ctx, row) };
  },

  async RestoreDBClusterToPointInTime(ctx, request) {
    const input = withoutBlanks(request);
    const name = requireIdentifier("DBClusterIdentifier", input.DBClusterIdentifier ?? "");
    const { source, backup } = await requireSource(ctx, input);
    const origin = await resolveMoment(ctx, { source, backup }, input);
    const before = source ?? backup?.cluster;
    if (before === undefined) throw dbClusterNotFound(input.SourceDbClusterResourceId ?? "");
    const cluster = await restored(ctx, before, { ...input, name });
    const row = await insertCluster(ctx, cluster, requireTags(input.Tags ?? []));
    await insertMultiAzMembers(ctx, row);
    createCluster(ctx, row, origin);
    return { DBCluster: await describeCluster(ctx, row) };
  },
} satisfies Operations<typeof Rds, Context>;

async function requireSource(
  ctx: Context,
  { SourceDBClusterIdentifier, SourceDbClusterResourceId: id }: RestoreDBClusterToPointInTimeMessage,
): Promise<Source> {
  if (SourceDBClusterIdentifier) {
    const named = await findNamed(ctx, clusterFamily, nameOf(ctx, clusterFamily, SourceDBClusterIdentifier));
    if (named === undefined) throw sourceDbClusterNotFound(SourceDBClusterIdentifier);
    return { source: named, backup: await findClusterBackup(ctx, named.resourceId) };
  }
  if (!id) throw mustBeProvided("SourceDBClusterIdentifier");
  const found = await findClusterById(ctx, id);
  const isOwn = found?.accountId === ctx.accountId && found.region === ctx.region;
  const backup = await findClusterBackup(ctx, id);
  if (!isOwn && backup === undefined) throw dbClusterNotFound(id);
  return { source: isOwn ? found : undefined, backup };
}

/** A snapshot that is being taken of the cluster does not stand in the way of another copy. */
const copyable: readonly ClusterStatus[] = ["available", "backing-up", "stopped"];

interface Source {
  /** None where it is gone. */
  readonly source: ClusterDocument | undefined;
  readonly backup: ClusterBackup | undefined;
}

/**
 * A copy of what a cluster that is there has now, or the data of another moment.
 * @throws InvalidParameterValue, InvalidParameterCombination, InvalidDBClusterStateFault
 */
async function resolveMoment(
  ctx: Context,
  { source, backup }: Source,
  { RestoreToTime, UseLatestRestorableTime = false, RestoreType }: RestoreDBClusterToPointInTimeMessage,
): Promise<Parameters<typeof createCluster>[2]> {
  if (RestoreToTime === undefined && !UseLatestRestorableTime) throw mustBeProvided("RestoreToTime", "null");
  if (RestoreToTime !== undefined && UseLatestRestorableTime) {
    throw invalidParameterCombination("RestoreToTime can't be specified together with UseLatestRestorableTime.");
  }
  if (RestoreType !== undefined && !["full-copy", "copy-on-write"].includes(RestoreType)) {
    throw invalidParameterValue(`Invalid restore type: ${RestoreType}`);
  }
  if (RestoreToTime !== undefined && RestoreType === "copy-on-write") {
    throw invalidParameterCombination("RestoreToTime can't be specified if RestoreType is copy-on-write.");
  }
  if (source !== undefined && UseLatestRestorableTime) {
    if (!copyable.includes(source.status)) throw notAvailable(source);
    return { copyOf: source.resourceId, snapshotId: newSnapshotId(ctx) };
  }
  const of = source ?? backup?.cluster;
  if (of !== undefined && !hasMoments(ctx, { engine: engineOfCluster(of) })) {
    throw notEmulated(`A point in time of ${engineOfCluster(of)}, but for the latest,`);
  }
  if (backup === undefined) throw invalidParameterValue("The specified cluster has no automated backup yet.");
  const { earliest, latest } = restoreWindow(ctx, backup, source?.status);
  const until = RestoreToTime ?? latest;
  const { resourceId: archiveOf } = backup.cluster;
  const base = (await automatedClusterSnapshotsOf(ctx, archiveOf)).findLast(
    ({ finished }) => new Date(finished) <= until,
  );
  if (base === undefined || until > latest) {
    throw invalidParameterValue(
      `The specified cluster cannot be restored to a time later than ${latest.toISOString()} or earlier than ${earliest.toISOString()}.`,
    );
  }
  // What the snapshot has is all that there was by then.
  const isBase = until.toISOString() === base.finished;
  return { snapshotId: base.id, ...(isBase ? {} : { recovery: { archiveOf, until } }) };
}

/** The cluster as it was, but for what the request says and what only its past was. */
async function restored(
  ctx: Context,
  before: ClusterDocument,
  input: (RestoreDBClusterFromSnapshotMessage | RestoreDBClusterToPointInTimeMessage) & { readonly name: string },
): Promise<NewCluster> {
  const { engineVersion, settings } = before;
  const engine = engineOfCluster(before);
  refuseNotEmulated(ctx, input, engine);
  const isFixed = isOfFixedIops({ ...settings, StorageType: input.StorageType ?? settings.StorageType });
  if ("EngineVersion" in input && input.EngineVersion && !`${engineVersion}.`.startsWith(`${input.EngineVersion}.`)) {
    throw invalidParameterCombination(`The data are of version ${engineVersion}, not of ${input.EngineVersion}.`);
  }
  requirePort(input.Port);
  const asked = await resolveClusterSettings(
    ctx,
    {
      ...input,
      BackupRetentionPeriod: input.BackupRetentionPeriod ?? settings.BackupRetentionPeriod,
      StorageEncrypted: settings.StorageEncrypted,
      KmsKeyId: input.KmsKeyId ?? settings.KmsKeyId,
      StorageType: input.StorageType ?? settings.StorageType,
      ...(isMultiAz(before) && {
        AllocatedStorage: settings.AllocatedStorage,
        Iops: input.Iops ?? (isFixed ? undefined : settings.Iops),
        DBClusterInstanceClass: input.DBClusterInstanceClass ?? settings.DBClusterInstanceClass,
      }),
    },
    { engine, engineVersion },
  );
  const ofBefore: ClusterSettings = {
    MasterUsername: settings.MasterUsername,
    ...resolveWindows(
      {
        PreferredBackupWindow: input.PreferredBackupWindow ?? settings.PreferredBackupWindow,
        PreferredMaintenanceWindow: settings.PreferredMaintenanceWindow,
      },
      ctx.randomBytes(3),
    ),
    ...(settings.DatabaseName === undefined ? {} : { DatabaseName: settings.DatabaseName }),
  };
  const port = { asked: input.Port, like: before.port };
  return { name: input.name, engine, engineVersion, settings: { ...asked, ...ofBefore }, port };
}
