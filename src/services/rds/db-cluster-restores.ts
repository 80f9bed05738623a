import type * as Rds from "@aws-sdk/client-rds";
import type { RestoreDBClusterFromSnapshotMessage, RestoreDBClusterToPointInTimeMessage } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { describeCluster } from "./db-cluster-description.ts";
import { createCluster } from "./db-cluster-lifecycle.ts";
import { type ClusterDocument, type ClusterSettings, clusterFamily, findClusterById } from "./db-cluster-rows.ts";
import { requireClusterSnapshot, requireUsable } from "./db-cluster-snapshots.ts";
import { notAvailable } from "./db-clusters.ts";
import { auroraEngine } from "./engines.ts";
import {
  dbClusterNotFound,
  invalidParameterCombination,
  invalidParameterValue,
  mustBeProvided,
  notEmulated,
  sourceDbClusterNotFound,
} from "./errors.ts";
import { requireIdentifier } from "./identifiers.ts";
import { findNamed, nameOf } from "./named-resources.ts";
import { insertCluster, type NewCluster, resolveClusterSettings } from "./new-db-cluster.ts";
import { refuseNotEmulated, requirePort } from "./new-db-instance.ts";
import { newSnapshotId } from "./stored-snapshots.ts";
import { requireTags } from "./tags.ts";
import { resolveWindows } from "./windows.ts";

export const dbClusterRestores = {
  async RestoreDBClusterFromSnapshot(ctx, request) {
    const input = withoutBlanks(request);
    const name = requireIdentifier("DBClusterIdentifier", input.DBClusterIdentifier ?? "");
    if (!input.Engine) throw mustBeProvided("Engine");
    const snapshot = await requireClusterSnapshot(ctx, input.SnapshotIdentifier);
    if (input.Engine !== auroraEngine) {
      throw invalidParameterCombination(`The snapshot ${snapshot.name} is of ${auroraEngine}, not of ${input.Engine}.`);
    }
    requireUsable(snapshot);
    const cluster = await restored(ctx, snapshot.cluster, { ...input, name });
    const row = await insertCluster(ctx, cluster, requireTags(input.Tags ?? []));
    createCluster(ctx, row, { snapshotId: snapshot.id });
    return { DBCluster: await describeCluster(ctx, row) };
  },

  /** A copy of what the source has now: of other times nothing is kept. */
  async RestoreDBClusterToPointInTime(ctx, request) {
    const input = withoutBlanks(request);
    const name = requireIdentifier("DBClusterIdentifier", input.DBClusterIdentifier ?? "");
    const source = await requireSource(ctx, input);
    if (input.UseLatestRestorableTime !== true) {
      if (input.RestoreToTime === undefined) throw mustBeProvided("RestoreToTime", "null");
      throw notEmulated("RestoreToTime: of the past of a cluster nothing is kept but its snapshots. A copy of now");
    }
    if (input.RestoreToTime !== undefined) {
      throw invalidParameterCombination("RestoreToTime can't be specified together with UseLatestRestorableTime.");
    }
    if (input.RestoreType !== undefined && !["full-copy", "copy-on-write"].includes(input.RestoreType)) {
      throw invalidParameterValue(`Invalid restore type: ${input.RestoreType}`);
    }
    if (source.status !== "available" && source.status !== "stopped") throw notAvailable(source);
    const cluster = await restored(ctx, source, { ...input, name });
    const row = await insertCluster(ctx, cluster, requireTags(input.Tags ?? []));
    createCluster(ctx, row, { copyOf: source.resourceId, snapshotId: newSnapshotId(ctx) });
    return { DBCluster: await describeCluster(ctx, row) };
  },
} satisfies Operations<typeof Rds, Context>;

async function requireSource(
  ctx: Context,
  { SourceDBClusterIdentifier, SourceDbClusterResourceId: id }: RestoreDBClusterToPointInTimeMessage,
): Promise<ClusterDocument> {
  if (SourceDBClusterIdentifier) {
    const named = await findNamed(ctx, clusterFamily, nameOf(ctx, clusterFamily, SourceDBClusterIdentifier));
    if (named === undefined) throw sourceDbClusterNotFound(SourceDBClusterIdentifier);
    return named;
  }
  if (!id) throw mustBeProvided("SourceDBClusterIdentifier");
  const found = await findClusterById(ctx, id);
  if (found === undefined || found.accountId !== ctx.accountId || found.region !== ctx.region) {
    throw dbClusterNotFound(id);
  }
  return found;
}

/** The cluster as it was, but for what the request says and what only its past was. */
async function restored(
  ctx: Context,
  before: ClusterDocument,
  input: (RestoreDBClusterFromSnapshotMessage | RestoreDBClusterToPointInTimeMessage) & { readonly name: string },
): Promise<NewCluster> {
  refuseNotEmulated(input);
  const { engineVersion, settings } = before;
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
    },
    engineVersion,
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
  return { name: input.name, engineVersion, settings: { ...asked, ...ofBefore } };
}
