import type { CreateDBInstanceMessage, ModifyDBInstanceMessage } from "@aws-sdk/client-rds";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { Context } from "../service-context.ts";
import { availabilityZones } from "./availability-zones.ts";
import { withoutBlanks } from "./blanks.ts";
import { resolveCertificate } from "./certificates.ts";
import { type ClusterDocument, clusterFamily, engineOfCluster, isMultiAz, membersOf } from "./db-cluster-rows.ts";
import { auroraClasses, isOlderClass } from "./db-instance-classes.ts";
import { requireSubnetGroup } from "./db-subnet-groups.ts";
import { engineFacts, isAurora } from "./engines.ts";
import {
  dbClusterNotFound,
  invalidDbClusterState,
  invalidParameterCombination,
  invalidParameterValue,
  mustBeProvided,
} from "./errors.ts";
import { requireIdentifier } from "./identifiers.ts";
import { findNamed, nameOf } from "./named-resources.ts";
import { requireDefaultOptions } from "./new-db-cluster.ts";
import {
  type NewDbInstance,
  requireClass,
  requireGroupOfFamily,
  requireTier,
  resolveSettings,
} from "./new-db-instance.ts";
import { refuseNotEmulated } from "./unsupported-settings.ts";
import { resolveWindows } from "./windows.ts";

/** By name or ARN. @throws DBClusterNotFoundFault */
export async function requireCluster(
  ctx: Pick<Context, "db" | "accountId" | "region">,
  identifier = "",
): Promise<ClusterDocument> {
  const found = await findNamed(ctx, clusterFamily, nameOf(ctx, clusterFamily, identifier));
  if (found === undefined) throw dbClusterNotFound(identifier);
  return found;
}

export function isMemberRequest({ DBClusterIdentifier, Engine }: CreateDBInstanceMessage): boolean {
  return Boolean(DBClusterIdentifier) || isAurora(Engine ?? "");
}

/** Checks a CreateDBInstance request for a member of a cluster, whose settings it has. */
export async function resolveNewMember(
  ctx: Context,
  request: CreateDBInstanceMessage,
): Promise<Omit<NewDbInstance, "masterPassword">> {
  const input = withoutBlanks(request);
  refuseNotEmulated(ctx, input);
  const identifier = requireIdentifier("DBInstanceIdentifier", input.DBInstanceIdentifier ?? "");
  if (!input.Engine) throw mustBeProvided("Engine");
  if (!input.DBClusterIdentifier) throw mustBeProvided("DBClusterIdentifier");
  const cluster = await requireCluster(ctx, input.DBClusterIdentifier);
  if (isMultiAz(cluster)) {
    throw invalidParameterCombination(
      `The DB cluster ${cluster.name} is a Multi-AZ DB cluster, whose DB instances RDS makes: you can't add one.`,
    );
  }
  requireSameEngine(cluster, input);
  const dbClass = requireMemberClass(cluster, input.DBInstanceClass ?? "");
  // The version must be the cluster's; the others say nothing of a member.
  refuseClusterSettings(input, ["EngineVersion", "MultiAZ", "StorageEncrypted"]);
  if (input.MultiAZ === true) {
    throw invalidParameterCombination(`VPC Multi-AZ DB Instances are not available for engine: ${input.Engine}`);
  }
  requireTakesMembers(cluster);
  const { engineVersion, resourceId: clusterResourceId } = cluster;
  const document = await memberDocument(ctx, cluster, { ...input, DBInstanceClass: dbClass });
  const port = { like: cluster.port };
  return { identifier, engine: engineOfCluster(cluster), clusterResourceId, engineVersion, document, port };
}

/** A member with what its cluster has for all of them; `input` has been checked. */
export async function memberDocument(
  ctx: Context,
  cluster: ClusterDocument,
  input: Omit<CreateDBInstanceMessage, "DBInstanceIdentifier" | "Engine">,
): Promise<DbInstanceDocument> {
  const engine = engineOfCluster(cluster);
  const { engineVersion, settings } = cluster;
  const group = await requireGroupOfFamily(ctx, input.DBParameterGroupName, engineVersion, engine);
  const windows = resolveWindows(
    { ...input, PreferredBackupWindow: settings.PreferredBackupWindow },
    ctx.randomBytes(3),
  );
  const ofCluster = { StorageEncrypted: settings.StorageEncrypted, KmsKeyId: settings.KmsKeyId };
  return {
    ...resolveSettings(ctx, { ...input, ...ofCluster }, engine),
    CACertificateIdentifier: await resolveCertificate(ctx, input.CACertificateIdentifier),
    ...windows,
    DBClusterIdentifier: cluster.name,
    DBInstanceClass: input.DBInstanceClass,
    MasterUsername: settings.MasterUsername,
    ...(settings.DatabaseName === undefined ? {} : { DBName: settings.DatabaseName }),
    AllocatedStorage: settings.AllocatedStorage,
    StorageType: settings.StorageType,
    BackupRetentionPeriod: settings.BackupRetentionPeriod,
    AvailabilityZone: await chooseZone(ctx, cluster, input.AvailabilityZone),
    DBSubnetGroup: await requireSubnetGroup(ctx, settings.DBSubnetGroup ?? "default"),
    VpcSecurityGroups: settings.VpcSecurityGroups,
    DBSecurityGroups: [],
    DBParameterGroups: [{ DBParameterGroupName: group.name, ParameterApplyStatus: "in-sync" }],
    OptionGroupMemberships: [
      { OptionGroupName: requireDefaultOptions(input.OptionGroupName, { engine, engineVersion }), Status: "in-sync" },
    ],
    PromotionTier: requireTier(input.PromotionTier ?? 1),
  };
}

function requireSameEngine(cluster: ClusterDocument, { Engine, EngineVersion }: CreateDBInstanceMessage): void {
  const engine = engineOfCluster(cluster);
  if (Engine !== engine) {
    throw invalidParameterCombination(
      `The engine name requested for your DB instance (${Engine}) doesn't match the engine name of your DB cluster (${engine}).`,
    );
  }
  if (EngineVersion !== undefined && !`${cluster.engineVersion}.`.startsWith(`${EngineVersion}.`)) {
    throw invalidParameterCombination(
      `The engine version that you requested for your DB instance (${EngineVersion}) does not match the engine version of your DB cluster (${cluster.engineVersion}).`,
    );
  }
}

export function requireMemberClass(cluster: ClusterDocument, name: string): string {
  const engine = engineOfCluster(cluster);
  if (isMultiAz(cluster)) {
    throw invalidParameterCombination(
      `The DB cluster ${cluster.name} is a Multi-AZ DB cluster. Set the DB instance class for the DB Cluster.`,
    );
  }
  if (name === "db.serverless" && cluster.settings.ServerlessV2ScalingConfiguration === undefined) {
    throw invalidParameterCombination(
      "Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB instance.",
    );
  }
  if (auroraClasses.includes(name)) return name;
  if (!isOlderClass(name)) requireClass(name, cluster.engineVersion, engine);
  throw invalidParameterCombination(
    "RDS does not support creating a DB instance with the following combination: " +
      `DBInstanceClass=${name}, Engine=${engine}, EngineVersion=${cluster.engineVersion}, LicenseModel=${engineFacts[engine].licenseModel}. ` +
      "For supported combinations of instance class and database engine version, see the documentation.",
  );
}

/** What the cluster has for all of its members, in RDS's words. */
const clusterSettings = {
  AllocatedStorage: "allocated storage",
  BackupRetentionPeriod: "backup retention period",
  DBName: "database name",
  DBPortNumber: "database endpoint port",
  DeletionProtection: "deletion protection",
  EngineVersion: "engine version",
  Iops: "iops",
  ManageMasterUserPassword: "master user password",
  MasterUserPassword: "master user password",
  MasterUsername: "master user name",
  MaxAllocatedStorage: "max allocated storage",
  MultiAZ: "multi AZ",
  Port: "database endpoint port",
  RotateMasterUserPassword: "master user password",
  PreferredBackupWindow: "preferred backup window",
  StorageEncrypted: "storage encryption",
  StorageThroughput: "storage throughput",
  StorageType: "storage type",
  VpcSecurityGroupIds: "vpc security groups",
} as const;

/** But for `except`. @throws InvalidParameterCombination for what would have to be asked of the cluster */
export function refuseClusterSettings(
  input: CreateDBInstanceMessage | ModifyDBInstanceMessage,
  except: readonly string[] = [],
): void {
  for (const [member, words] of Object.entries(clusterSettings)) {
    const value: unknown = Reflect.get(input, member);
    const isGiven = Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
    if (!isGiven || except.includes(member)) continue;
    throw invalidParameterCombination(
      `The requested DB Instance will be a member of a DB Cluster. Set ${words} for the DB Cluster.`,
    );
  }
}

function requireTakesMembers({ name, status }: ClusterDocument): void {
  const without = ["stopping", "stopped", "starting", "deleting", "failed"];
  if (without.includes(status)) {
    throw invalidDbClusterState(`The DB cluster ${name} is ${status}; it takes no new DB instances.`);
  }
}

/** Members are spread over the zones. */
async function chooseZone(ctx: Context, cluster: ClusterDocument, asked: string | undefined): Promise<string> {
  const zones = availabilityZones(ctx.region);
  if (asked !== undefined) {
    if (zones.includes(asked)) return asked;
    throw invalidParameterValue(`Invalid availability zone: ${asked}`);
  }
  const { length } = await membersOf(ctx, cluster.resourceId);
  return zones[length % zones.length] ?? `${ctx.region}a`;
}
