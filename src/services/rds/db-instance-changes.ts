import type * as Rds from "@aws-sdk/client-rds";
import type { ModifyDBInstanceMessage, PendingModifiedValues } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { requireCertificate } from "./certificates.ts";
import { isMember } from "./db-cluster-member-lifecycle.ts";
import { modify } from "./db-instance-modification.ts";
import { arnOf, type DbInstanceRow, type DbInstanceStatus, readDocument, writeDocument } from "./db-instance-rows.ts";
import { describe, requireDbInstance } from "./db-instances.ts";
import { requireSubnetGroup } from "./db-subnet-groups.ts";
import { resolveSecurityGroups } from "./default-network.ts";
import { engineOf } from "./engines.ts";
import { invalidDbInstanceState, invalidParameterCombination, notEmulated } from "./errors.ts";
import { recordInstanceEvent } from "./event-log.ts";
import { logTypesAfter } from "./log-exports.ts";
import { maintainInstance } from "./maintenance.ts";
import { resolvePasswordChange } from "./managed-passwords.ts";
import { checkMonitoring } from "./monitoring-settings.ts";
import { refuseClusterSettings } from "./new-db-cluster-member.ts";
import {
  keyArn,
  refuseSecurityGroupsOfClassic,
  requireGroupOfFamily,
  requireLicenseModel,
  requireTier,
} from "./new-db-instance.ts";
import { dueAtOnce, resolvePending } from "./pending-changes.ts";
import { replicasOf, sourceNameOf } from "./replica-links.ts";
import { requireOptionGroupOf } from "./stored-option-groups.ts";
import {
  refuseNotEmulated,
  refuseOfOtherEngines,
  requireLogTypes,
  requireNetworkType,
} from "./unsupported-settings.ts";
import { resolveWindows } from "./windows.ts";

export const dbInstanceChanges = {
  /**
   * Settings of the service are in force at once; what concerns the server or its storage waits for the maintenance window,
   * unless ApplyImmediately is set, which applies what waited before too.
   */
  async ModifyDBInstance(ctx, request) {
    const input = withoutBlanks(request);
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    if (row.db_instance_status !== "available") throw notAvailable(row);
    const before = readDocument(row);
    refuseNotEmulated(ctx, input, row.engine);
    refuseOtherEngines(row, input);
    requireLicenseModel(input.LicenseModel, engineOf(row));
    refuseSecurityGroupsOfClassic(input);
    await refuseForReplicas(ctx, row, input);
    if (isMember(row)) refuseClusterSettings(input);
    checkMonitoring(input, {
      ...{ before, engine: row.engine, dbClass: input.DBInstanceClass ?? before.DBInstanceClass },
    });
    const password = resolvePasswordChange(ctx, input, before.MasterUserSecret, {
      ...{ kind: "db", engine: engineOf(row), username: before.MasterUsername ?? "", arn: arnOf(row) },
    });
    const pending = await resolvePending(ctx, row, before, input);
    const engineVersion = pending.EngineVersion ?? row.engine_version;
    const changed = {
      ...before,
      ...changeStorageLimit(before, input),
      ...changeWindows(before, input),
      ...(await changeSecurityGroups(ctx, before, input)),
      ...(await changeGroups(ctx, before, { ...row, engine_version: engineVersion }, input)),
      ...changeSettings(input),
      ...changeInsights(ctx, before, input),
      ...changeLogExports(row, before, input),
      ...(password?.change.secret && { MasterUserSecret: password.change.secret }),
      PendingModifiedValues: { ...pending, ...(password && { MasterUserPassword: "****" }) },
    };
    const due =
      input.ApplyImmediately === true
        ? (Object.keys(pending) as (keyof PendingModifiedValues)[])
        : dueAtOnce(before, pending);
    const after = { ...row, document: writeDocument(changed), db_instance_status: statusWhile(due, password) };
    await write(ctx, row, after);
    await password?.stage();
    await recordChanges(ctx, row, before, changed);
    if (due.length > 0 || password) modify(ctx, after, { due, password: password?.change });
    else await maintainInstance(ctx, after);
    return { DBInstance: await describe(ctx, after) };
  },
} satisfies Operations<typeof Rds, Context>;

/** What is said of settings that are in force at once. */
async function recordChanges(
  ctx: Context,
  row: DbInstanceRow,
  before: DbInstanceDocument,
  after: DbInstanceDocument,
): Promise<void> {
  const group = (document: DbInstanceDocument) => document.DBParameterGroups?.[0]?.DBParameterGroupName ?? "";
  if (group(after) !== group(before)) await recordInstanceEvent(ctx, row, "RDS-EVENT-0011", group(after));
  if (after.MonitoringInterval !== before.MonitoringInterval) {
    await recordInstanceEvent(ctx, row, "RDS-EVENT-0078", `${after.MonitoringInterval}`);
  }
}

function statusWhile(due: readonly unknown[], password: object | undefined): DbInstanceStatus {
  if (due.length > 0) return "modifying";
  return password ? "resetting-master-credentials" : "available";
}

async function write(ctx: Context, row: DbInstanceRow, after: DbInstanceRow): Promise<void> {
  const { numUpdatedRows } = await ctx.db
    .updateTable("db_instances")
    .set({ document: after.document, db_instance_status: after.db_instance_status })
    .where("dbi_resource_id", "=", row.dbi_resource_id)
    .where("db_instance_status", "=", row.db_instance_status)
    .where("document", "=", row.document)
    .executeTakeFirst();
  // Another change came first: RDS takes one at a time.
  if (numUpdatedRows === 0n) throw notAvailable(row);
}

/** A stopped one can't be modified: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html */
const notAvailable = (row: DbInstanceRow) =>
  invalidDbInstanceState(`Database instance is not in available state: ${row.db_instance_identifier}`);

function refuseOtherEngines(row: DbInstanceRow, input: ModifyDBInstanceMessage): void {
  if (input.ReplicaMode !== undefined) throw notEmulated("ReplicaMode");
  const { ProcessorFeatures, TdeCredentialArn } = input;
  refuseOfOtherEngines({ ProcessorFeatures, TdeCredentialArn }, engineOf(row), row.engine_version);
  if (input.Engine !== undefined && input.Engine !== row.engine) {
    throw invalidParameterCombination(
      `The engine of a DB instance cannot be changed from ${row.engine} to ${input.Engine}.`,
    );
  }
}

/** The replicas of PostgreSQL have the users of their source, whose backups they were made with. */
async function refuseForReplicas(ctx: Context, row: DbInstanceRow, input: ModifyDBInstanceMessage): Promise<void> {
  const isPassword = input.MasterUserPassword !== undefined || input.ManageMasterUserPassword === true;
  if (isPassword && sourceNameOf(row) !== undefined) {
    // RDS's words, of PostgreSQL: https://github.com/hashicorp/terraform-provider-aws/issues/46544
    throw invalidParameterCombination(
      row.engine === "postgres"
        ? "Cannot change master user password on an RDS postgres Read Replica because it uses physical replication and therefore cannot differ from its parent."
        : "The master user password of a read replica can't be modified.",
    );
  }
  if (input.BackupRetentionPeriod === 0 && (await replicasOf(ctx, row)).length > 0) {
    throw invalidParameterCombination("Automated backups of an instance that has read replicas can't be disabled.");
  }
}

function changeStorageLimit(
  before: DbInstanceDocument,
  { MaxAllocatedStorage, AllocatedStorage }: ModifyDBInstanceMessage,
) {
  if (MaxAllocatedStorage === undefined) return {};
  const size = AllocatedStorage ?? before.PendingModifiedValues?.AllocatedStorage ?? before.AllocatedStorage;
  // The size itself switches the autoscaling off.
  return { MaxAllocatedStorage: MaxAllocatedStorage === size ? undefined : MaxAllocatedStorage };
}

function changeWindows(before: DbInstanceDocument, input: ModifyDBInstanceMessage): DbInstanceDocument {
  if (input.PreferredBackupWindow === undefined && input.PreferredMaintenanceWindow === undefined) return {};
  return resolveWindows(
    {
      PreferredBackupWindow: input.PreferredBackupWindow ?? before.PreferredBackupWindow,
      PreferredMaintenanceWindow: input.PreferredMaintenanceWindow ?? before.PreferredMaintenanceWindow,
    },
    new Uint8Array(),
  );
}

async function changeSecurityGroups(
  ctx: Context,
  before: DbInstanceDocument,
  { VpcSecurityGroupIds: ids = [], DBSubnetGroupName }: ModifyDBInstanceMessage,
): Promise<DbInstanceDocument> {
  if (ids.length === 0) return {};
  const group = DBSubnetGroupName ? await requireSubnetGroup(ctx, DBSubnetGroupName) : before.DBSubnetGroup;
  return { VpcSecurityGroups: await resolveSecurityGroups(ctx, ids, group?.VpcId) };
}

async function changeGroups(
  ctx: Context,
  document: DbInstanceDocument,
  { engine, engine_version: engineVersion }: DbInstanceRow,
  input: ModifyDBInstanceMessage,
): Promise<DbInstanceDocument> {
  const { DBParameterGroupName, DBSubnetGroupName, OptionGroupName } = input;
  const parameters =
    DBParameterGroupName && (await requireGroupOfFamily(ctx, DBParameterGroupName, engineVersion, engine));
  const options = OptionGroupName && (await requireOptionGroupOf(ctx, OptionGroupName, { engine, engineVersion }));
  const [before] = document.DBParameterGroups ?? [];
  const subnets = DBSubnetGroupName ? await requireSubnetGroup(ctx, DBSubnetGroupName) : undefined;
  return {
    ...(subnets && { DBSubnetGroup: subnets }),
    ...(input.NetworkType && {
      NetworkType: requireNetworkType(input.NetworkType, subnets ?? document.DBSubnetGroup ?? {}),
    }),
    ...(parameters &&
      parameters.name !== before?.DBParameterGroupName && {
        DBParameterGroups: [{ DBParameterGroupName: parameters.name, ParameterApplyStatus: "pending-reboot" }],
      }),
    ...(options && { OptionGroupMemberships: [{ OptionGroupName: options.name, Status: "in-sync" }] }),
  };
}

/** The members that have the same name, or nearly, in the request and in the description. */
function changeSettings(input: ModifyDBInstanceMessage): DbInstanceDocument {
  if (input.PromotionTier !== undefined) requireTier(input.PromotionTier);
  const settings: { [Member in keyof DbInstanceDocument]: DbInstanceDocument[Member] | undefined } = {
    AutoMinorVersionUpgrade: input.AutoMinorVersionUpgrade,
    PubliclyAccessible: input.PubliclyAccessible,
    CACertificateIdentifier: input.CACertificateIdentifier && requireCertificate(input.CACertificateIdentifier),
    CopyTagsToSnapshot: input.CopyTagsToSnapshot,
    MonitoringInterval: input.MonitoringInterval,
    MonitoringRoleArn: input.MonitoringRoleArn,
    DatabaseInsightsMode: input.DatabaseInsightsMode,
    PerformanceInsightsEnabled: input.EnablePerformanceInsights,
    DeletionProtection: input.DeletionProtection,
    PromotionTier: input.PromotionTier,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

function changeLogExports(
  row: DbInstanceRow,
  before: DbInstanceDocument,
  input: ModifyDBInstanceMessage,
): DbInstanceDocument {
  const types = logTypesAfter(before, input);
  if (types === undefined) return {};
  return { EnabledCloudwatchLogsExports: requireLogTypes(types, engineOf(row), row.engine_version) };
}

interface Insights {
  readonly PerformanceInsightsKMSKeyId?: string | undefined;
  readonly PerformanceInsightsRetentionPeriod?: number | undefined;
}

/** Performance Insights have a key and a week of history, once they are on. */
export function changeInsights(
  ctx: Context,
  before: Insights & { readonly PerformanceInsightsEnabled?: boolean | undefined },
  input: Insights & { readonly EnablePerformanceInsights?: boolean | undefined },
): Insights {
  const isEnabled = input.EnablePerformanceInsights ?? before.PerformanceInsightsEnabled ?? false;
  if (!isEnabled) return { PerformanceInsightsKMSKeyId: undefined, PerformanceInsightsRetentionPeriod: undefined };
  const { PerformanceInsightsRetentionPeriod: days = before.PerformanceInsightsRetentionPeriod ?? 7 } = input;
  const key = before.PerformanceInsightsKMSKeyId ?? keyArn(ctx, input.PerformanceInsightsKMSKeyId);
  return { PerformanceInsightsKMSKeyId: key, PerformanceInsightsRetentionPeriod: days };
}
