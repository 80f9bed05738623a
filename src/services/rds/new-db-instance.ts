import type { CreateDBInstanceMessage } from "@aws-sdk/client-rds";
import { kmsKeyArn } from "../../aws/kms-key.ts";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { resolveCertificate } from "./certificates.ts";
import { dbInstanceClasses, isOlderClass, isPreviousClassOf } from "./db-instance-classes.ts";
import { resolveNetwork } from "./default-network.ts";
import { resolveEngineVersion } from "./engine-versions.ts";
import {
  defaultOptionGroupName,
  type Engine,
  engineFacts,
  type InstanceEngine,
  parameterGroupFamily,
  requireEngine,
} from "./engines.ts";
import { invalidParameterCombination, invalidParameterValue, mustBeProvided } from "./errors.ts";
import { requireDbName, requireIdentifier, requireMasterUsername } from "./identifiers.ts";
import { resolveNewPassword } from "./managed-passwords.ts";
import type { NewSecret } from "./managed-secrets.ts";
import { checkMonitoring } from "./monitoring-settings.ts";
import type { WantedPort } from "./ports.ts";
import { resolveStorage } from "./storage.ts";
import { requireOptionGroupOf } from "./stored-option-groups.ts";
import { requireParameterGroup } from "./stored-parameter-groups.ts";
import {
  refuseNotEmulated,
  refuseOfOtherEngines,
  requireLogTypes,
  requireNetworkType,
} from "./unsupported-settings.ts";
import { resolveWindows } from "./windows.ts";

export interface NewDbInstance {
  readonly identifier: string;
  /** PostgreSQL, where none is said. */
  readonly engine?: Engine;
  /** Of the cluster that it becomes a member of. */
  readonly clusterResourceId?: string;
  readonly engineVersion: string;
  readonly masterPassword: string;
  /** That holds the password. */
  readonly secret?: NewSecret | undefined;
  readonly document: DbInstanceDocument;
  readonly port?: WantedPort;
}

/** Checks a CreateDBInstance request in RDS's order, and fills in what RDS fills in. */
export async function resolveNewDbInstance(ctx: Context, request: CreateDBInstanceMessage): Promise<NewDbInstance> {
  const input = withoutBlanks(request);
  refuseNotEmulated(ctx, input, input.Engine);
  const identifier = requireIdentifier("DBInstanceIdentifier", input.DBInstanceIdentifier ?? "");
  if (!input.Engine) throw mustBeProvided("Engine");
  const engine = requireEngine(input.Engine);
  const dbClass = requireClass(input.DBInstanceClass ?? "", input.EngineVersion, engine);
  const engineVersion = resolveEngineVersion(ctx, input.EngineVersion, engine);
  refuseOfOtherEngines(input, engine, engineVersion);
  checkMonitoring(input, { engine, dbClass });
  if (input.PromotionTier !== undefined) {
    throw invalidParameterCombination(
      "You cannot set the promotion tier for a DB instance that is not part of an DB Cluster.",
    );
  }
  refuseUnusedKey(input, engine);
  const storage = resolveStorage(input, engine);
  if (!input.MasterUsername) throw mustBeProvided("MasterUsername");
  const { ManageMasterUserPassword, MasterUserPassword } = input;
  if (ManageMasterUserPassword !== true && !MasterUserPassword) throw mustBeProvided("MasterUserPassword");
  const username = requireMasterUsername(input.MasterUsername, engine);
  const { masterPassword, secret } = resolveNewPassword(ctx, input, { kind: "db", engine, username });
  const network = await resolveNetwork(ctx, input);
  const document: DbInstanceDocument = {
    DBInstanceClass: dbClass,
    MasterUsername: username,
    ...(secret && { MasterUserSecret: secret.secret }),
    ...(input.DBName ? { DBName: requireDbName(input.DBName, engine) } : {}),
    ...storage,
    ...resolveWindows(input, ctx.randomBytes(3)),
    ...network,
    ...(await resolveGroups(ctx, input, { engine, engineVersion })),
    ...resolveSettings(ctx, input, engine),
    NetworkType: requireNetworkType(input.NetworkType, network.DBSubnetGroup),
    ...(input.EnableCloudwatchLogsExports?.length
      ? { EnabledCloudwatchLogsExports: requireLogTypes(input.EnableCloudwatchLogsExports, engine, engineVersion) }
      : {}),
    CACertificateIdentifier: await resolveCertificate(ctx, input.CACertificateIdentifier),
  };
  requirePort(input.Port);
  return { identifier, engine, engineVersion, masterPassword, secret, document, port: { asked: input.Port } };
}

/** `least` 0: backups can be switched off. */
export function requireBackupRetention(days: number, least = 0): number {
  if (days < least || days > 35) {
    throw invalidParameterValue(
      `Invalid backup retention period: ${days}. Retention period must be between ${least} and 35.`,
    );
  }
  return days;
}

export function requireClass(name: string, engineVersion: string | undefined, engine: Engine = "postgres"): string {
  if (dbInstanceClasses.has(name) || isPreviousClassOf(name, engine, engineVersion)) return name;
  if (!isOlderClass(name)) throw invalidParameterValue(`Invalid DB Instance class: ${name}`);
  throw invalidParameterCombination(
    "RDS does not support creating a DB instance with the following combination: " +
      `DBInstanceClass=${name}, Engine=${engine}, EngineVersion=${engineVersion ?? "default"}, LicenseModel=${engineFacts[engine].licenseModel}. ` +
      "For supported combinations of instance class and database engine version, see the documentation.",
  );
}

export function requirePort(port: number | undefined): void {
  if (port !== undefined && (port < 1150 || port > 65535)) {
    throw invalidParameterValue(`Invalid endpoint port ${port}. Valid range is: 1150-65535`);
  }
}

/** @throws InvalidParameterCombination for a key of what is not to be encrypted */
function refuseUnusedKey(
  { KmsKeyId, StorageEncrypted }: Pick<CreateDBInstanceMessage, "KmsKeyId" | "StorageEncrypted">,
  engine: Engine,
): void {
  if (KmsKeyId === undefined || StorageEncrypted === true) return;
  throw invalidParameterCombination(
    `You must enable StorageEncrypted when you specify KmsKeyId for DB engine ${engine}`,
  );
}

export function requireTier(tier: number): number {
  if (tier < 0 || tier > 15)
    throw invalidParameterValue(`Invalid promotion tier: ${tier}. It must be between 0 and 15.`);
  return tier;
}

async function resolveGroups(
  ctx: Context,
  input: CreateDBInstanceMessage,
  { engine, engineVersion }: { readonly engine: InstanceEngine; readonly engineVersion: string },
) {
  const optionGroup = defaultOptionGroupName(engineVersion, engine);
  const ofParameters = await requireGroupOfFamily(ctx, input.DBParameterGroupName, engineVersion, engine);
  const ofOptions = await requireOptionGroupOf(ctx, input.OptionGroupName ?? optionGroup, { engine, engineVersion });
  refuseSecurityGroupsOfClassic(input);
  return {
    DBSecurityGroups: [],
    DBParameterGroups: [{ DBParameterGroupName: ofParameters.name, ParameterApplyStatus: "in-sync" }],
    OptionGroupMemberships: [{ OptionGroupName: ofOptions.name, Status: "in-sync" }],
  };
}

/** An engine has one license model. @throws InvalidParameterCombination */
export function requireLicenseModel(model: string | undefined, engine: Engine): string {
  const { licenseModel } = engineFacts[engine];
  if (model !== undefined && model !== licenseModel) {
    throw invalidParameterCombination(
      `Invalid license model '${model}' for engine '${engine}'. Valid license models are: ${licenseModel}`,
    );
  }
  return licenseModel;
}

/** All instances are in a VPC. @throws InvalidParameterCombination */
export function refuseSecurityGroupsOfClassic({ DBSecurityGroups = [] }: { DBSecurityGroups?: string[] | undefined }) {
  if (DBSecurityGroups.length > 0) {
    throw invalidParameterCombination("DBSecurityGroups can not be used with a DB instance in a VPC.");
  }
}

/** None asked for: the default one. @throws DBParameterGroupNotFound, InvalidParameterCombination for another family's */
export async function requireGroupOfFamily(
  ctx: Context,
  name: string | undefined,
  engineVersion: string,
  engine: string = "postgres",
) {
  const family = parameterGroupFamily(engineVersion, engine);
  const group = await requireParameterGroup(ctx, name ?? `default.${family}`);
  if (group.family === family) return group;
  throw invalidParameterCombination(
    `The parameter group ${group.name} with DBParameterGroupFamily ${group.family} can't be used for this instance. Use a parameter group with DBParameterGroupFamily ${family}.`,
  );
}

/** What is kept and given back; a year of a certificate is not counted, since nothing here uses it. */
export function resolveSettings(
  ctx: Context,
  input: Omit<CreateDBInstanceMessage, "DBInstanceIdentifier" | "Engine">,
  engine: Engine = "postgres",
) {
  const { StorageEncrypted = false } = input;
  return {
    BackupRetentionPeriod: requireBackupRetention(input.BackupRetentionPeriod ?? 1),
    PendingModifiedValues: {},
    MultiAZ: input.MultiAZ ?? false,
    AutoMinorVersionUpgrade: input.AutoMinorVersionUpgrade ?? true,
    ReadReplicaDBInstanceIdentifiers: [],
    LicenseModel: requireLicenseModel(input.LicenseModel, engine),
    PubliclyAccessible: input.PubliclyAccessible ?? true,
    DbInstancePort: 0,
    StorageEncrypted,
    ...(StorageEncrypted ? { KmsKeyId: keyArn(ctx, input.KmsKeyId) } : {}),
    DomainMemberships: [],
    CopyTagsToSnapshot: input.CopyTagsToSnapshot ?? false,
    ...monitoringOf(ctx, input),
    IAMDatabaseAuthenticationEnabled: input.EnableIAMDatabaseAuthentication ?? false,
    DeletionProtection: input.DeletionProtection ?? false,
    AssociatedRoles: [],
    CustomerOwnedIpEnabled: false,
    NetworkType: input.NetworkType ?? "IPV4",
    ActivityStreamStatus: "stopped" as const,
    BackupTarget: input.BackupTarget ?? "region",
    DedicatedLogVolume: input.DedicatedLogVolume ?? false,
    IsStorageConfigUpgradeAvailable: false,
    EngineLifecycleSupport: input.EngineLifecycleSupport ?? "open-source-rds-extended-support",
  };
}

/** How an instance is watched, as its request says. */
export function monitoringOf(
  ctx: Context,
  input: Pick<
    CreateDBInstanceMessage,
    | ("MonitoringInterval" | "MonitoringRoleArn" | "DatabaseInsightsMode" | "EnablePerformanceInsights")
    | ("PerformanceInsightsKMSKeyId" | "PerformanceInsightsRetentionPeriod")
  >,
) {
  const { EnablePerformanceInsights = false } = input;
  return {
    MonitoringInterval: input.MonitoringInterval ?? 0,
    ...(input.MonitoringRoleArn ? { MonitoringRoleArn: input.MonitoringRoleArn } : {}),
    DatabaseInsightsMode: input.DatabaseInsightsMode ?? ("standard" as const),
    PerformanceInsightsEnabled: EnablePerformanceInsights,
    ...(EnablePerformanceInsights
      ? {
          PerformanceInsightsKMSKeyId: keyArn(ctx, input.PerformanceInsightsKMSKeyId),
          PerformanceInsightsRetentionPeriod: input.PerformanceInsightsRetentionPeriod ?? 7,
        }
      : {}),
  };
}

/** Without a key of the caller's, that of RDS's own alias. */
export function keyArn(ctx: Context, keyId: string | undefined): string {
  return kmsKeyArn(ctx, keyId || "alias/aws/rds");
}

/** The prefix, and 26 capital letters and digits: an id by which something is known through all of its names. */
export function newResourceId(ctx: Context, prefix: "db" | "cluster" | "cluster-endpoint"): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  return `${prefix}-${Array.from(ctx.randomBytes(26), (byte) => alphabet[byte % alphabet.length]).join("")}`;
}
