import type * as Rds from "@aws-sdk/client-rds";
import type { ModifyDBClusterMessage } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { describeCluster } from "./db-cluster-description.ts";
import { type ClusterChanges, modifyCluster, statusWhile } from "./db-cluster-modification.ts";
import {
  arnOfCluster,
  type ClusterDocument,
  type ClusterSettings,
  clusterFamily,
  engineOfCluster,
  isMultiAz,
  moveCluster,
  updateMembers,
} from "./db-cluster-rows.ts";
import { notAvailable } from "./db-clusters.ts";
import { changeInsights } from "./db-instance-changes.ts";
import { requireSubnetGroup } from "./db-subnet-groups.ts";
import { resolveSecurityGroups } from "./default-network.ts";
import { resolveUpgrade } from "./engine-versions.ts";
import { majorOf } from "./engines.ts";
import { dbClusterAlreadyExists, invalidDbClusterState, invalidParameterCombination } from "./errors.ts";
import { requireIdentifier } from "./identifiers.ts";
import { logTypesAfter } from "./log-exports.ts";
import { resolvePasswordChange } from "./managed-passwords.ts";
import { checkMonitoring } from "./monitoring-settings.ts";
import { changedMemberValues, pendingMemberValues, pendingOf } from "./multi-az-settings.ts";
import { findNamed } from "./named-resources.ts";
import {
  ofMultiAz,
  requireDefaultOptions,
  requireHttpEndpoint,
  requireRetention,
  requireScaling,
  requireStorageType,
} from "./new-db-cluster.ts";
import { requireCluster } from "./new-db-cluster-member.ts";
import { requirePort } from "./new-db-instance.ts";
import { requireUnusedPort } from "./ports.ts";
import { requireClusterGroup } from "./stored-cluster-parameter-groups.ts";
import { refuseNotEmulated, requireLogTypes } from "./unsupported-settings.ts";
import { isMaintenanceTime, resolveWindows } from "./windows.ts";

export const dbClusterChanges = {
  /**
   * The engine version and the identifier wait for the maintenance window, unless ApplyImmediately is set; the rest is in
   * force at once: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Modifying.html
   */
  async ModifyDBCluster(ctx, request) {
    const input = withoutBlanks(request);
    const cluster = await requireCluster(ctx, input.DBClusterIdentifier);
    if (cluster.status !== "available") throw notAvailable(cluster);
    refuseOthers(ctx, cluster, input);
    if (cluster.follows !== undefined) refuseForSecondaries(cluster, input);
    const engine = engineOfCluster(cluster);
    requireHttpEndpoint(ctx, input.EnableHttpEndpoint, engine);
    const { MasterUserSecret, MasterUsername = "" } = cluster.settings;
    const password = resolvePasswordChange(ctx, input, MasterUserSecret, {
      ...{ kind: "cluster", engine, username: MasterUsername, arn: arnOfCluster(cluster) },
    });
    const engineVersion = requireUpgrade(ctx, cluster, input) ?? cluster.settings.PendingModifiedValues?.EngineVersion;
    const name =
      (await requireFreeName(ctx, cluster, input)) ?? cluster.settings.PendingModifiedValues?.DBClusterIdentifier;
    const port = await requireOtherPort(ctx, cluster, input.Port);
    const values = isMultiAz(cluster)
      ? (changedMemberValues(cluster, input) ?? pendingMemberValues(cluster))
      : undefined;
    const pending = {
      ...pendingOf(values),
      ...(engineVersion !== undefined && { EngineVersion: engineVersion }),
      ...(name !== undefined && { DBClusterIdentifier: name }),
    };
    const isDue =
      input.ApplyImmediately === true ||
      isMaintenanceTime(cluster.settings.PreferredMaintenanceWindow ?? "", ctx.now());
    const changes: ClusterChanges = {
      ...{ password: password?.change, port, logins: isOtherLogin(cluster, input) },
      ...(isDue && { engineVersion, name, values }),
    };
    const status = statusWhile(changes);
    const changed = await changedSettings(ctx, cluster, engineVersion ?? cluster.engineVersion, input);
    const { PendingModifiedValues: _, ...settings } = {
      ...{ ...cluster.settings, ...changed },
      ...(password?.change.secret && { MasterUserSecret: password.change.secret }),
    };
    const isOtherGroup = settings.DBClusterParameterGroup !== cluster.settings.DBClusterParameterGroup;
    const waits = { ...pending, ...(password && { MasterUserPassword: "****" }) };
    const after = await moveCluster(ctx, cluster.resourceId, ["available"], {
      status,
      ...(values?.DBClusterInstanceClass && { pendingClass: values.DBClusterInstanceClass }),
      // A major upgrade restarts the server with its group.
      ...(isOtherGroup && { parameterStatus: "pending-reboot" }),
      settings: Object.keys(waits).length === 0 ? settings : { ...settings, PendingModifiedValues: waits },
    });
    if (after === undefined) throw notAvailable(cluster);
    await password?.stage();
    await updateMembers(ctx, after);
    if (status !== "available") modifyCluster(ctx, after, changes);
    return { DBCluster: await describeCluster(ctx, after) };
  },
} satisfies Operations<typeof Rds, Context>;

function isOtherLogin(
  { settings }: ClusterDocument,
  { EnableIAMDatabaseAuthentication: asked }: ModifyDBClusterMessage,
) {
  return asked !== undefined && asked !== (settings.IAMDatabaseAuthenticationEnabled ?? false);
}

function refuseOthers(ctx: Context, cluster: ClusterDocument, input: ModifyDBClusterMessage): void {
  refuseNotEmulated(ctx, input, engineOfCluster(cluster));
  const given = ofMultiAz.find((member) => input[member] !== undefined);
  if (given !== undefined && !isMultiAz(cluster)) {
    throw invalidParameterCombination(`${given} isn't supported for DB engine ${engineOfCluster(cluster)}.`);
  }
}

/** What is the primary cluster's. */
function refuseForSecondaries({ name }: ClusterDocument, input: ModifyDBClusterMessage): void {
  const members = [
    "MasterUserPassword",
    "ManageMasterUserPassword",
    "RotateMasterUserPassword",
    "EngineVersion",
  ] as const;
  const given = members.find((member) => input[member]);
  if (given === undefined) return;
  throw invalidDbClusterState(`${given} can't be changed of ${name}, a secondary cluster of a global cluster.`);
}

/** Those that are in force at once. */
async function changedSettings(
  ctx: Context,
  cluster: ClusterDocument,
  engineVersion: string,
  input: ModifyDBClusterMessage,
): Promise<ClusterSettings> {
  const { settings: before } = cluster;
  const of = { engine: engineOfCluster(cluster), engineVersion };
  const { DBClusterParameterGroupName: group, VpcSecurityGroupIds: groups = [], PreferredBackupWindow } = input;
  const { VpcId: vpcId } = await requireSubnetGroup(ctx, before.DBSubnetGroup ?? "default");
  const windows = { PreferredBackupWindow, PreferredMaintenanceWindow: input.PreferredMaintenanceWindow };
  const isWindow = Object.values(windows).some((window) => window !== undefined);
  if (input.OptionGroupName) requireDefaultOptions(input.OptionGroupName, of);
  const scaling = requireScaling(input.ServerlessV2ScalingConfiguration);
  const logs = logTypesAfter(before, input);
  checkMonitoring(input, { before, engine: of.engine });
  const changed: { [Member in keyof ClusterSettings]: ClusterSettings[Member] | undefined } = {
    BackupRetentionPeriod:
      input.BackupRetentionPeriod === undefined ? undefined : requireRetention(input.BackupRetentionPeriod),
    DBClusterParameterGroup: group && (await requireClusterGroup(ctx, group, of)).name,
    VpcSecurityGroups: groups.length > 0 ? await resolveSecurityGroups(ctx, groups, vpcId) : undefined,
    ...(isWindow &&
      resolveWindows(
        {
          PreferredBackupWindow: PreferredBackupWindow ?? before.PreferredBackupWindow,
          PreferredMaintenanceWindow: input.PreferredMaintenanceWindow ?? before.PreferredMaintenanceWindow,
        },
        new Uint8Array(),
      )),
    StorageType: input.StorageType && !isMultiAz(cluster) ? requireStorageType(input.StorageType) : undefined,
    EnabledCloudwatchLogsExports: logs && requireLogTypes(logs, of.engine, engineVersion),
    AutoMinorVersionUpgrade: input.AutoMinorVersionUpgrade,
    DeletionProtection: input.DeletionProtection,
    HttpEndpointEnabled: input.EnableHttpEndpoint,
    CopyTagsToSnapshot: input.CopyTagsToSnapshot,
    NetworkType: input.NetworkType,
    MonitoringInterval: input.MonitoringInterval,
    MonitoringRoleArn: input.MonitoringRoleArn,
    DatabaseInsightsMode: input.DatabaseInsightsMode,
    PerformanceInsightsEnabled: input.EnablePerformanceInsights,
    IAMDatabaseAuthenticationEnabled: input.EnableIAMDatabaseAuthentication,
    ServerlessV2ScalingConfiguration: scaling,
  };
  const given = Object.fromEntries(Object.entries(changed).filter(([, value]) => value !== undefined));
  return { ...given, ...changeInsights(ctx, before, input) };
}

function requireUpgrade(
  ctx: Context,
  cluster: ClusterDocument,
  { EngineVersion, AllowMajorVersionUpgrade, DBClusterParameterGroupName }: ModifyDBClusterMessage,
): string | undefined {
  const { engineVersion: current, settings } = cluster;
  const engine = engineOfCluster(cluster);
  if (EngineVersion === undefined || `${current}.`.startsWith(`${EngineVersion}.`)) return undefined;
  const target = resolveUpgrade(ctx, engine, current, EngineVersion);
  if (majorOf(target, engine) === majorOf(current, engine)) return target;
  if (AllowMajorVersionUpgrade !== true) {
    throw invalidParameterCombination(
      "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
    );
  }
  if (!settings.DBClusterParameterGroup?.startsWith("default.") && !DBClusterParameterGroupName) {
    throw invalidParameterCombination(
      "The current DB cluster parameter group is custom. You must explicitly specify a new DB cluster parameter group, either default or custom, for the engine version upgrade.",
    );
  }
  return target;
}

async function requireFreeName(
  ctx: Context,
  cluster: ClusterDocument,
  { NewDBClusterIdentifier: asked }: ModifyDBClusterMessage,
): Promise<string | undefined> {
  if (asked === undefined) return undefined;
  const name = requireIdentifier("NewDBClusterIdentifier", asked);
  if (name === cluster.name) return undefined;
  if ((await findNamed(ctx, clusterFamily, name)) !== undefined) throw dbClusterAlreadyExists();
  return name;
}

async function requireOtherPort(ctx: Context, cluster: ClusterDocument, port: number | undefined) {
  requirePort(port);
  return port === undefined || port === cluster.port ? undefined : await requireUnusedPort(ctx, port);
}
