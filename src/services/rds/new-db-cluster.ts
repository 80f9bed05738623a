import type { CreateDBClusterMessage } from "@aws-sdk/client-rds";
import type { Tag } from "../../aws/tags.ts";
import type { Context } from "../service-context.ts";
import { availabilityZones } from "./availability-zones.ts";
import { withoutBlanks } from "./blanks.ts";
import {
  arnOfCluster,
  type ClusterDocument,
  type ClusterSettings,
  clusterFamily,
  defaultStorageType,
} from "./db-cluster-rows.ts";
import { resolveNetwork } from "./default-network.ts";
import { engineVersionsOf, resolveEngineVersion } from "./engine-versions.ts";
import { type ClusterEngine, defaultOptionGroupName, engineFacts, isAurora, requireClusterEngine } from "./engines.ts";
import {
  invalidParameterCombination,
  invalidParameterValue,
  mustBeProvided,
  notEmulated,
  optionGroupNotFound,
} from "./errors.ts";
import { requireDbName, requireIdentifier, requireMasterUsername } from "./identifiers.ts";
import { resolveNewPassword } from "./managed-passwords.ts";
import { insertSecret, type NewSecret } from "./managed-secrets.ts";
import { checkMonitoring } from "./monitoring-settings.ts";
import { resolveMultiAzSettings } from "./multi-az-settings.ts";
import { insertNamedWith } from "./named-resources.ts";
import { keyArn, newResourceId, requireBackupRetention, requirePort } from "./new-db-instance.ts";
import { choosePort, isTaken, type WantedPort } from "./ports.ts";
import { requireClusterGroup } from "./stored-cluster-parameter-groups.ts";
import { refuseNotEmulated, requireLogTypes, requireNetworkType } from "./unsupported-settings.ts";
import { resolveWindows } from "./windows.ts";

export type NewCluster = Pick<ClusterDocument, "name" | "engineVersion" | "settings"> & {
  readonly engine: ClusterEngine;
  readonly follows?: string;
  readonly port?: WantedPort;
};

/** Checks a CreateDBCluster request, and fills in what RDS fills in. */
export async function resolveNewCluster(
  ctx: Context,
  request: CreateDBClusterMessage,
): Promise<NewCluster & { masterPassword: string; secret: NewSecret | undefined }> {
  const input = withoutBlanks(request);
  refuseNotEmulated(ctx, input, input.Engine);
  const name = requireIdentifier("DBClusterIdentifier", input.DBClusterIdentifier ?? "");
  const engine = requireEngine(ctx, input);
  if (input.KmsKeyId !== undefined && input.StorageEncrypted !== true) {
    throw invalidParameterCombination("You cannot specify KMS key for unencrypted clusters.");
  }
  const engineVersion = resolveEngineVersion(ctx, input.EngineVersion, engine);
  if (!input.MasterUsername) throw mustBeProvided("MasterUsername");
  const username = requireMasterUsername(input.MasterUsername, engine);
  const owner = { kind: "cluster", engine, username } as const;
  const { masterPassword, secret } = resolveNewPassword(ctx, input, owner);
  const settings: ClusterSettings = {
    ...(await resolveClusterSettings(ctx, input, { engine, engineVersion })),
    ...resolveWindows(input, ctx.randomBytes(3)),
    MasterUsername: username,
    ...(secret && { MasterUserSecret: secret.secret }),
    ...(input.DatabaseName ? { DatabaseName: requireDbName(input.DatabaseName, engine) } : {}),
  };
  requirePort(input.Port);
  return { name, engine, engineVersion, settings, masterPassword, secret, port: { asked: input.Port } };
}

/** @throws InvalidParameterValue also where no server of the engine's is here; InvalidParameterCombination */
function requireEngine(ctx: Context, input: CreateDBClusterMessage): ClusterEngine {
  if (!input.Engine) throw mustBeProvided("Engine");
  const engine = requireClusterEngine(input.Engine);
  if (engineVersionsOf(ctx, engine).length === 0) {
    const { runs } = engineFacts[engine];
    const needed = engine === "aurora-mysql" ? "a server of MySQL" : "its server";
    const advice =
      ctx.databases.absence(runs) ?? `The versions of ${runs} here: ${ctx.databases.versions(runs).join(", ")}.`;
    throw invalidParameterValue(`LocalAWS has no clusters of ${engine} without ${needed}. ${advice}`);
  }
  const { EngineMode = "provisioned" } = input;
  if (EngineMode !== "provisioned") {
    throw invalidParameterValue(`The engine mode ${EngineMode} you requested is currently unavailable.`);
  }
  const { BacktrackWindow: backtrack = 0 } = input;
  if (backtrack < 0 || backtrack > longestBacktrack) {
    throw invalidParameterValue(
      `The specified value (${backtrack}) is not a valid Backtrack Window. Allowed values are within the range of 0 to ${longestBacktrack}`,
    );
  }
  if (backtrack > 0) throw notEmulated("Backtracking");
  const ofOthers = isAurora(engine) ? ([...ofMultiAz, "PubliclyAccessible"] as const) : ofAurora;
  const given = ofOthers.find((member) => input[member] !== undefined);
  if (given !== undefined) throw invalidParameterCombination(`${given} isn't supported for DB engine ${engine}.`);
  if (input.ScalingConfiguration !== undefined) {
    throw invalidParameterCombination(
      "You can only specify scaling configuration for an Aurora Serverless v1 cluster.",
    );
  }
  if (input.EnableGlobalWriteForwarding === true && input.GlobalClusterIdentifier === undefined) {
    throw invalidParameterCombination("Requested global functionality, but global cluster identifier is not specified");
  }
  return engine;
}

/** Seconds. */
const longestBacktrack = 259_200;

export const ofMultiAz = ["DBClusterInstanceClass", "AllocatedStorage", "Iops"] as const;

const ofAurora = ["GlobalClusterIdentifier", "ServerlessV2ScalingConfiguration", "BacktrackWindow"] as const;

/** The Data API is Aurora's. @throws NotImplemented */
export function requireHttpEndpoint(
  { databases }: Pick<Context, "databases">,
  enabled: boolean | undefined,
  engine: ClusterEngine,
): void {
  if (enabled === true && databases.kind !== "records" && !isAurora(engine))
    throw notEmulated(`The Data API of ${engine}`);
}

type SettingsRequest = Pick<
  CreateDBClusterMessage,
  | ("AvailabilityZones" | "BackupRetentionPeriod" | "CopyTagsToSnapshot" | "DBClusterParameterGroupName")
  | ("DBSubnetGroupName" | "DeletionProtection" | "EnableCloudwatchLogsExports" | "EngineLifecycleSupport" | "KmsKeyId")
  | ("NetworkType" | "OptionGroupName" | "ServerlessV2ScalingConfiguration" | "StorageEncrypted" | "StorageType")
  | ("VpcSecurityGroupIds" | "EnableHttpEndpoint" | "DatabaseInsightsMode" | "EnablePerformanceInsights")
  | ("PerformanceInsightsRetentionPeriod" | "AutoMinorVersionUpgrade" | "AllocatedStorage" | "Iops")
  | ("DBClusterInstanceClass" | "PubliclyAccessible" | "MonitoringInterval" | "MonitoringRoleArn")
  | ("EnableIAMDatabaseAuthentication" | "PerformanceInsightsKMSKeyId")
>;

/** What creations and restores have in common. */
export async function resolveClusterSettings(
  ctx: Context,
  input: SettingsRequest,
  of: { readonly engine: ClusterEngine; readonly engineVersion: string },
): Promise<ClusterSettings> {
  requireHttpEndpoint(ctx, input.EnableHttpEndpoint, of.engine);
  checkMonitoring(input, { engine: of.engine });
  const group = await requireClusterGroup(ctx, input.DBClusterParameterGroupName, of);
  const { DBSubnetGroup, VpcSecurityGroups } = await resolveNetwork(ctx, {
    DBSubnetGroupName: input.DBSubnetGroupName,
    VpcSecurityGroupIds: input.VpcSecurityGroupIds,
  });
  const { StorageEncrypted = false, EnableCloudwatchLogsExports: logs = [] } = input;
  const scaling = requireScaling(input.ServerlessV2ScalingConfiguration);
  return {
    ...(isAurora(of.engine)
      ? { AllocatedStorage: 1, StorageType: requireStorageType(input.StorageType ?? defaultStorageType) }
      : resolveMultiAzSettings(input, of)),
    AvailabilityZones: requireZones(ctx, input.AvailabilityZones),
    BackupRetentionPeriod: requireRetention(input.BackupRetentionPeriod ?? 1),
    DBClusterParameterGroup: group.name,
    DBSubnetGroup: DBSubnetGroup.DBSubnetGroupName,
    DBClusterOptionGroupMemberships: [
      { DBClusterOptionGroupName: requireDefaultOptions(input.OptionGroupName, of), Status: "in-sync" },
    ],
    VpcSecurityGroups,
    ReadReplicaIdentifiers: [],
    StorageEncrypted,
    ...(StorageEncrypted ? { KmsKeyId: keyArn(ctx, input.KmsKeyId) } : {}),
    AssociatedRoles: [],
    IAMDatabaseAuthenticationEnabled: input.EnableIAMDatabaseAuthentication ?? false,
    EngineMode: "provisioned",
    ...(logs.length > 0 ? { EnabledCloudwatchLogsExports: requireLogTypes(logs, of.engine, of.engineVersion) } : {}),
    AutoMinorVersionUpgrade: input.AutoMinorVersionUpgrade ?? true,
    DeletionProtection: input.DeletionProtection ?? false,
    HttpEndpointEnabled: input.EnableHttpEndpoint ?? false,
    ActivityStreamStatus: "stopped",
    CopyTagsToSnapshot: input.CopyTagsToSnapshot ?? false,
    CrossAccountClone: false,
    DomainMemberships: [],
    NetworkType: requireNetworkType(input.NetworkType, DBSubnetGroup),
    ...(input.MonitoringInterval === undefined ? {} : { MonitoringInterval: input.MonitoringInterval }),
    ...(input.MonitoringRoleArn === undefined ? {} : { MonitoringRoleArn: input.MonitoringRoleArn }),
    DatabaseInsightsMode: input.DatabaseInsightsMode ?? "standard",
    ...(input.EnablePerformanceInsights === undefined
      ? {}
      : { PerformanceInsightsEnabled: input.EnablePerformanceInsights }),
    ...(input.EnablePerformanceInsights === true
      ? {
          PerformanceInsightsKMSKeyId: keyArn(ctx, input.PerformanceInsightsKMSKeyId),
          PerformanceInsightsRetentionPeriod: input.PerformanceInsightsRetentionPeriod ?? 7,
        }
      : {}),
    EngineLifecycleSupport: input.EngineLifecycleSupport ?? "open-source-rds-extended-support",
    ...(scaling === undefined ? {} : { ServerlessV2ScalingConfiguration: scaling, ServerlessV2PlatformVersion: "3" }),
  };
}

function requireZones(ctx: Context, asked: readonly string[] | undefined): string[] {
  const zones = availabilityZones(ctx.region);
  if ((asked ?? []).length > 3) throw invalidParameterValue("You cannot specify more than 3 availability zones.");
  const unknown = asked?.find((zone) => !zones.includes(zone));
  if (unknown !== undefined) throw invalidParameterValue(`Invalid availability zone: ${unknown}`);
  return zones;
}

/** Aurora's backups cannot be switched off. */
export function requireRetention(days: number): number {
  return requireBackupRetention(days, 1);
}

export function requireStorageType(type: string): string {
  if (type !== defaultStorageType && type !== "aurora-iopt1")
    throw invalidParameterCombination(`You can't use the ${type} storage type.`);
  return type;
}

/** Clusters have default option groups only. */
export function requireDefaultOptions(
  name: string | undefined,
  { engine, engineVersion }: { readonly engine: ClusterEngine; readonly engineVersion: string },
): string {
  const only = defaultOptionGroupName(engineVersion, engine);
  if (name !== undefined && name.toLowerCase() !== only) throw optionGroupNotFound(name);
  return only;
}

/** ACUs. */
const mostAcus = 256;

/** In ACUs: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ServerlessV2ScalingConfiguration.html */
export function requireScaling(scaling: CreateDBClusterMessage["ServerlessV2ScalingConfiguration"]) {
  if (scaling === undefined) return undefined;
  const { MinCapacity, MaxCapacity, SecondsUntilAutoPause } = scaling;
  if (MinCapacity === undefined || MaxCapacity === undefined) {
    throw invalidParameterCombination(
      "Both the minimum and the maximum of a Serverless v2 capacity must be specified.",
    );
  }
  const capacities = [
    [MinCapacity, 0],
    [MaxCapacity, 1],
  ] as const;
  for (const [acus, least] of capacities) {
    const value = Number.isInteger(acus) ? acus.toFixed(1) : String(acus);
    if (!Number.isInteger(acus * 2)) {
      throw invalidParameterValue(`Serverless v2 capacity value ${value} is not valid. It must be a multiple of 0.5.`);
    }
    if (acus < least || acus > mostAcus) {
      throw invalidParameterValue(
        `Serverless v2 capacity value ${value} is not valid. The valid scaling range for this cluster is 0.0 to ${mostAcus}.0.`,
      );
    }
  }
  if (MinCapacity > MaxCapacity) {
    throw invalidParameterValue("Serverless v2 minimum capacity must be less than or equal to maximum capacity");
  }
  if (SecondsUntilAutoPause !== undefined && MinCapacity > 0) {
    throw invalidParameterCombination("SecondsUntilAutoPause can only be specified when minimum capacity is 0.");
  }
  if (SecondsUntilAutoPause !== undefined && (SecondsUntilAutoPause < 300 || SecondsUntilAutoPause > 86_400)) {
    throw invalidParameterValue(
      `Invalid SecondsUntilAutoPause: ${SecondsUntilAutoPause}. It must be between 300 and 86400.`,
    );
  }
  return {
    MinCapacity,
    MaxCapacity,
    // Clusters that may scale to nothing pause; five minutes is the default.
    ...(MinCapacity === 0 ? { SecondsUntilAutoPause: SecondsUntilAutoPause ?? 300 } : {}),
  };
}

/** Writes a new cluster down, as `creating`, with a port of its own. @throws DBClusterAlreadyExistsFault */
export async function insertCluster(
  ctx: Context,
  cluster: NewCluster & { readonly secret?: NewSecret | undefined },
  tags: readonly Tag[],
): Promise<ClusterDocument> {
  const { accountId, region } = ctx;
  const { name, engine, engineVersion, settings, follows } = cluster;
  const document = {
    ...{ name, accountId, region, resourceId: newResourceId(ctx, "cluster") },
    ...{ status: "creating" as const, engine, engineVersion, created: ctx.now().toISOString(), settings },
    ...(follows === undefined ? {} : { follows }),
  };
  for (;;) {
    const port = await choosePort(ctx, engine, cluster.port ?? {});
    const inserted = await ctx.db.transaction().execute(async (trx) => {
      if (await isTaken(ctx, trx, port)) return false;
      const place = { db: trx, accountId, region, now: ctx.now, randomBytes: ctx.randomBytes };
      await insertNamedWith(place, clusterFamily, { name, document: { ...document, port }, tags });
      const owner = { arn: arnOfCluster(document), stage: "AWSCURRENT" } as const;
      if (cluster.secret !== undefined) await insertSecret(place, cluster.secret, owner);
      return true;
    });
    if (inserted) return { ...document, port };
  }
}
