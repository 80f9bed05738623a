import type * as Rds from "@aws-sdk/client-rds";
import type { RestoreDBInstanceFromDBSnapshotMessage } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { requireCertificate } from "./certificates.ts";
import { create } from "./db-instance-creation.ts";
import { describe, insertRow } from "./db-instances.ts";
import { resolveNetwork } from "./default-network.ts";
import { engineOf } from "./engines.ts";
import {
  dbSnapshotNotFound,
  invalidDbSnapshotState,
  invalidParameterCombination,
  invalidParameterValue,
  mustBeProvided,
} from "./errors.ts";
import { recordSnapshotEvent } from "./event-log.ts";
import { requireIdentifier } from "./identifiers.ts";
import { resolveNewSecret, withSecret } from "./managed-passwords.ts";
import { requireClass, requireGroupOfFamily, requireLicenseModel, requirePort } from "./new-db-instance.ts";
import { resolveStorage } from "./storage.ts";
import { requireOptionGroup } from "./stored-option-groups.ts";
import { findRestorable, type SnapshotDocument, snapshotFamily } from "./stored-snapshots.ts";
import { requireTags } from "./tags.ts";
import { refuseNotEmulated, requireLogTypes } from "./unsupported-settings.ts";

export const dbInstanceRestores = {
  async RestoreDBInstanceFromDBSnapshot(ctx, request) {
    const input = withoutBlanks(request);
    const identifier = requireIdentifier("DBInstanceIdentifier", input.DBInstanceIdentifier ?? "");
    if (input.DBSnapshotIdentifier === undefined) throw mustBeProvided("DBSnapshotIdentifier");
    const snapshot = await findRestorable(ctx, snapshotFamily, input.DBSnapshotIdentifier);
    if (snapshot === undefined) throw dbSnapshotNotFound(input.DBSnapshotIdentifier);
    refuseNotEmulated(ctx, input, snapshot.instance.engine);
    if (snapshot.status !== "available") {
      throw invalidDbSnapshotState(`The snapshot ${snapshot.name} is not available.`);
    }
    const engine = engineOf(snapshot.instance);
    const { engineVersion } = snapshot.instance;
    if (input.Engine !== undefined && input.Engine !== engine) {
      throw invalidParameterCombination(`The snapshot ${snapshot.name} is of ${engine}, not of ${input.Engine}.`);
    }
    // Each of the engines that run here keeps the databases that it has.
    if (input.DBName !== undefined) {
      throw invalidParameterValue("DBName must be null when Restoring for this Engine.");
    }
    requirePort(input.Port);
    requireLicenseModel(input.LicenseModel, engine);
    const document = await inheritedDocument(ctx, snapshot.instance, input);
    const tags = requireTags(input.Tags ?? []);
    const secret = resolveNewSecret(ctx, input, { kind: "db", username: document.MasterUsername ?? "" });
    const port = { asked: input.Port, like: snapshot.instance.port };
    const row = await insertRow(ctx, withSecret({ identifier, engine, engineVersion, document, port }, secret), tags);
    await recordSnapshotEvent(ctx, ctx, snapshot.name, "RDS-EVENT-0043", snapshot.name);
    create(ctx, row, { snapshotId: snapshot.id }, secret?.password);
    return { DBInstance: await describe(ctx, row) };
  },
} satisfies Operations<typeof Rds, Context>;

/**
 * Of an instance what another has from it: a secret is of one instance alone, and how it is watched and grows is no part of a
 * snapshot, as DescribeDBSnapshots shows.
 */
function withoutOwnSettings(document: DbInstanceDocument): DbInstanceDocument {
  const {
    ReadReplicaSourceDBInstanceIdentifier: _source,
    StatusInfos: _replication,
    MasterUserSecret: _secret,
    MonitoringRoleArn: _role,
    EnhancedMonitoringResourceArn: _log,
    PerformanceInsightsKMSKeyId: _key,
    PerformanceInsightsRetentionPeriod: _retention,
    EnabledCloudwatchLogsExports: _exports,
    MaxAllocatedStorage: _most,
    SecondaryAvailabilityZone: _standby,
    ...inherited
  } = document;
  return { ...inherited, MonitoringInterval: 0, PerformanceInsightsEnabled: false, DatabaseInsightsMode: "standard" };
}

/** An instance as another is or was, but for what the request says and what only the other's past is. */
export async function inheritedDocument(
  ctx: Context,
  source: Pick<SnapshotDocument["instance"], "document" | "engine" | "engineVersion">,
  input: Omit<RestoreDBInstanceFromDBSnapshotMessage, "DBInstanceIdentifier" | "DBSnapshotIdentifier">,
): Promise<DbInstanceDocument> {
  const { document: before, engineVersion } = source;
  const engine = engineOf(source);
  const group = await requireGroupOfFamily(ctx, input.DBParameterGroupName, engineVersion, engine);
  const options = input.OptionGroupName && (await requireOptionGroup(ctx, input.OptionGroupName));
  const storage =
    input.AllocatedStorage === undefined && input.StorageType === undefined && input.Iops === undefined
      ? {}
      : resolveStorage(
          {
            ...{ AllocatedStorage: input.AllocatedStorage ?? before.AllocatedStorage, Iops: input.Iops },
            ...{ StorageType: input.StorageType ?? before.StorageType, StorageThroughput: input.StorageThroughput },
          },
          engine,
        );
  const settings: { [Member in keyof DbInstanceDocument]: DbInstanceDocument[Member] | undefined } = {
    MultiAZ: input.MultiAZ ?? false,
    PubliclyAccessible: input.PubliclyAccessible,
    AutoMinorVersionUpgrade: input.AutoMinorVersionUpgrade,
    CopyTagsToSnapshot: input.CopyTagsToSnapshot,
    DeletionProtection: input.DeletionProtection ?? false,
    DedicatedLogVolume: input.DedicatedLogVolume,
    IAMDatabaseAuthenticationEnabled: input.EnableIAMDatabaseAuthentication ?? false,
    NetworkType: input.NetworkType,
    BackupTarget: input.BackupTarget,
    CACertificateIdentifier: input.CACertificateIdentifier && requireCertificate(input.CACertificateIdentifier),
    EnabledCloudwatchLogsExports: input.EnableCloudwatchLogsExports?.length
      ? requireLogTypes(input.EnableCloudwatchLogsExports, engine, engineVersion)
      : undefined,
  };
  return {
    ...withoutOwnSettings(before),
    ...storage,
    ...Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
    DBInstanceClass: input.DBInstanceClass
      ? requireClass(input.DBInstanceClass, engineVersion, engine)
      : before.DBInstanceClass,
    ...(await resolveNetwork(ctx, input)),
    DBParameterGroups: [{ DBParameterGroupName: group.name, ParameterApplyStatus: "in-sync" }],
    ...(options && { OptionGroupMemberships: [{ OptionGroupName: options.name, Status: "in-sync" }] }),
    PendingModifiedValues: {},
    ReadReplicaDBInstanceIdentifiers: [],
    AssociatedRoles: [],
  };
}
