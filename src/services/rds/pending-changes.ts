import type { ModifyDBInstanceMessage, PendingModifiedValues } from "@aws-sdk/client-rds";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { Context, ServiceContext } from "../service-context.ts";
import { findClusterById } from "./db-cluster-rows.ts";
import { changeDocument, type DbInstanceRow, findRow, rename } from "./db-instance-rows.ts";
import { resolveUpgrade } from "./engine-versions.ts";
import { defaultOptionGroupName, engineOf, majorOf, parameterGroupFamily } from "./engines.ts";
import { dbClusterNotFound, dbInstanceAlreadyExists, invalidParameterCombination } from "./errors.ts";
import { requireIdentifier } from "./identifiers.ts";
import { requireMemberClass } from "./new-db-cluster-member.ts";
import { requireBackupRetention, requireClass, requirePort } from "./new-db-instance.ts";
import { requireUnusedPort } from "./ports.ts";
import { renameInLinks } from "./replica-links.ts";
import { resolveStorage } from "./storage.ts";

// What a modification leaves pending until the maintenance window, unless it is to be applied immediately:
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html

type Values = { [Member in keyof PendingModifiedValues]: PendingModifiedValues[Member] | undefined };

/** The pending values after a request: what it asks for anew, without what it asks to be as it is. */
export async function resolvePending(
  ctx: Context,
  row: DbInstanceRow,
  before: DbInstanceDocument,
  input: ModifyDBInstanceMessage,
): Promise<PendingModifiedValues> {
  const asked: Values = {
    DBInstanceClass: input.DBInstanceClass && (await requireClassFor(ctx, row, input.DBInstanceClass)),
    ...askedStorage(row.engine, before, input),
    EngineVersion: input.EngineVersion && requireUpgrade(ctx, row, before, input),
    BackupRetentionPeriod:
      input.BackupRetentionPeriod === undefined ? undefined : requireBackupRetention(input.BackupRetentionPeriod),
    MultiAZ: input.MultiAZ,
    DedicatedLogVolume: input.DedicatedLogVolume,
    IAMDatabaseAuthenticationEnabled: input.EnableIAMDatabaseAuthentication,
    Port: await requireFreePort(ctx, row, input.DBPortNumber),
    DBInstanceIdentifier: await requireFreeIdentifier(ctx, row, input.NewDBInstanceIdentifier),
  };
  const current: Values = {
    ...inForce(before),
    EngineVersion: row.engine_version,
    Port: row.port,
    DBInstanceIdentifier: row.db_instance_identifier,
  };
  const members = Object.keys(asked) as (keyof PendingModifiedValues)[];
  const given = members.filter((member) => asked[member] !== undefined);
  const kept = withoutPending(before, given).PendingModifiedValues ?? {};
  const changed = given.filter((member) => asked[member] !== current[member]);
  return { ...kept, ...Object.fromEntries(changed.map((member) => [member, asked[member]])) };
}

async function requireClassFor(ctx: Context, row: DbInstanceRow, name: string): Promise<string> {
  if (row.db_cluster_resource_id === null) return requireClass(name, row.engine_version, engineOf(row));
  const cluster = await findClusterById(ctx, row.db_cluster_resource_id);
  if (cluster === undefined) throw dbClusterNotFound(row.db_cluster_resource_id);
  return requireMemberClass(cluster, name);
}

/** Those that wait for no window: a port and tokens never do, and backups only where they are switched on or off. */
export function dueAtOnce(before: DbInstanceDocument, pending: PendingModifiedValues): (keyof PendingModifiedValues)[] {
  const switched = before.BackupRetentionPeriod === 0 || pending.BackupRetentionPeriod === 0;
  return [
    ...(pending.Port === undefined ? [] : ["Port" as const]),
    ...(pending.IAMDatabaseAuthenticationEnabled === undefined ? [] : ["IAMDatabaseAuthenticationEnabled" as const]),
    ...(pending.BackupRetentionPeriod === undefined || switched ? [] : ["BackupRetentionPeriod" as const]),
  ];
}

export function withoutPending(
  document: DbInstanceDocument,
  members: readonly (keyof PendingModifiedValues)[],
): DbInstanceDocument {
  const pending = Object.entries(document.PendingModifiedValues ?? {});
  const rest = pending.filter(([member]) => !members.some((other) => other === member));
  return { ...document, PendingModifiedValues: Object.fromEntries(rest) };
}

/** Writes down that values are no longer pending but in force; a server has them by now. */
export async function putInForce(
  ctx: ServiceContext,
  row: DbInstanceRow,
  values: PendingModifiedValues,
): Promise<void> {
  const { EngineVersion, Port, DBInstanceIdentifier, ...settings } = values;
  const members = Object.keys(values) as (keyof PendingModifiedValues)[];
  await changeDocument(ctx, row.dbi_resource_id, (document) => ({
    ...withoutPending(document, [...members, "MasterUserPassword"]),
    // A type without IOPS has none of the type before.
    ...(settings.StorageType !== undefined && { Iops: undefined }),
    ...inForce(settings),
    ...(EngineVersion !== undefined && withDefaultsOf(document, EngineVersion, row.engine)),
  }));
  const columns = {
    ...(EngineVersion !== undefined && { engine_version: EngineVersion }),
    ...(Port !== undefined && { port: Port }),
  };
  if (Object.keys(columns).length > 0) {
    await ctx.db.updateTable("db_instances").set(columns).where("dbi_resource_id", "=", row.dbi_resource_id).execute();
  }
  if (DBInstanceIdentifier === undefined) return;
  const renamed = await ctx.db.transaction().execute(async (db) => {
    if (!(await rename({ db }, row, DBInstanceIdentifier))) return false;
    await renameInLinks({ db }, row, DBInstanceIdentifier);
    return true;
  });
  if (!renamed) {
    ctx.log.error(
      { dbInstance: row.db_instance_identifier, name: DBInstanceIdentifier },
      "the new name is taken by now",
    );
  }
}

type CommonMembers = Pick<
  DbInstanceDocument,
  | "DBInstanceClass"
  | "AllocatedStorage"
  | "StorageType"
  | "Iops"
  | "StorageThroughput"
  | "BackupRetentionPeriod"
  | "MultiAZ"
  | "DedicatedLogVolume"
  | "IAMDatabaseAuthenticationEnabled"
>;

/** The members that descriptions and pending values have under the same name. */
function inForce(from: CommonMembers): CommonMembers {
  const { DBInstanceClass, AllocatedStorage, StorageType, Iops, StorageThroughput } = from;
  const { BackupRetentionPeriod, MultiAZ, DedicatedLogVolume, IAMDatabaseAuthenticationEnabled } = from;
  const members = {
    ...{ DBInstanceClass, AllocatedStorage, StorageType, Iops, StorageThroughput },
    ...{ BackupRetentionPeriod, MultiAZ, DedicatedLogVolume, IAMDatabaseAuthenticationEnabled },
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function askedStorage(engine: string, inForceNow: DbInstanceDocument, input: ModifyDBInstanceMessage): Values {
  const { AllocatedStorage, StorageType, Iops, StorageThroughput, MaxAllocatedStorage } = input;
  const asked = { AllocatedStorage, StorageType, Iops, StorageThroughput, MaxAllocatedStorage };
  if (Object.values(asked).every((value) => value === undefined)) return {};
  const before = { ...inForceNow, ...inForceNow.PendingModifiedValues };
  const type = StorageType ?? before.StorageType;
  if (AllocatedStorage !== undefined && AllocatedStorage < (inForceNow.AllocatedStorage ?? 0)) {
    throw invalidParameterCombination(
      `Invalid storage size for engine name ${engine} and storage type ${type}: ${AllocatedStorage}`,
    );
  }
  const size = grown(inForceNow.AllocatedStorage ?? 0, AllocatedStorage) ?? before.AllocatedStorage;
  // What was asked for stays with its type; gp3's baseline goes with the size.
  const isGp3 = type === "gp3";
  const keeps = type === before.StorageType && (!isGp3 || ((size ?? 0) >= 400 && (before.Iops ?? 0) >= 12_000));
  const resolved = resolveStorage(
    {
      AllocatedStorage: size,
      StorageType: type,
      Iops: Iops || (keeps ? before.Iops : undefined),
      StorageThroughput: StorageThroughput || (keeps && isGp3 ? before.StorageThroughput : undefined),
      MaxAllocatedStorage: MaxAllocatedStorage ?? before.MaxAllocatedStorage,
    },
    engine,
  );
  const { MaxAllocatedStorage: _, ...values } = resolved;
  return values;
}

/**
 * GiB: storage grows by a tenth at least, to which RDS rounds up what is less.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
 */
function grown(current: number, asked: number | undefined): number | undefined {
  return asked === undefined || asked <= current ? asked : Math.max(asked, Math.ceil((current * 11) / 10));
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html */
function requireUpgrade(
  ctx: Context,
  row: DbInstanceRow,
  before: DbInstanceDocument,
  { EngineVersion = "", AllowMajorVersionUpgrade, DBParameterGroupName }: ModifyDBInstanceMessage,
): string {
  const engine = engineOf(row);
  const { engine_version: current } = row;
  if (`${current}.`.startsWith(`${EngineVersion}.`)) return current;
  const target = resolveUpgrade(ctx, engine, current, EngineVersion);
  if (majorOf(target, engine) === majorOf(current, engine)) return target;
  if (AllowMajorVersionUpgrade !== true) {
    throw invalidParameterCombination(
      "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
    );
  }
  const [{ DBParameterGroupName: group = "" } = {}] = before.DBParameterGroups ?? [];
  if (!group.startsWith("default.") && !DBParameterGroupName) {
    throw invalidParameterCombination(
      `The current DB instance parameter group ${group} is custom. You must explicitly specify a new DB parameter group, either default or custom, for the engine version upgrade.`,
    );
  }
  return target;
}

/** The default groups go with the major version. */
export function withDefaultsOf(
  document: DbInstanceDocument,
  engineVersion: string,
  engine: string = "postgres",
): DbInstanceDocument {
  const groups = (document.DBParameterGroups ?? []).map((group) => ({
    ...group,
    ...(group.DBParameterGroupName?.startsWith("default.") && {
      DBParameterGroupName: `default.${parameterGroupFamily(engineVersion, engine)}`,
    }),
  }));
  const options = (document.OptionGroupMemberships ?? []).map((group) => ({
    ...group,
    ...(group.OptionGroupName?.startsWith("default:") && {
      OptionGroupName: defaultOptionGroupName(engineVersion, engine),
    }),
  }));
  return { DBParameterGroups: groups, OptionGroupMemberships: options };
}

async function requireFreePort(
  ctx: Context,
  row: DbInstanceRow,
  port: number | undefined,
): Promise<number | undefined> {
  requirePort(port);
  if (port === undefined || port === row.port) return port;
  return await requireUnusedPort(ctx, port);
}

async function requireFreeIdentifier(
  ctx: Context,
  row: DbInstanceRow,
  asked: string | undefined,
): Promise<string | undefined> {
  if (asked === undefined) return undefined;
  const identifier = requireIdentifier("NewDBInstanceIdentifier", asked);
  if (identifier !== row.db_instance_identifier && (await findRow(ctx, identifier)) !== undefined) {
    throw dbInstanceAlreadyExists();
  }
  return identifier;
}
