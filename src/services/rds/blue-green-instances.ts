import type { CreateBlueGreenDeploymentRequest } from "@aws-sdk/client-rds";
import type { Context } from "../service-context.ts";
import { parseRdsArn } from "./arns.ts";
import { isMember } from "./db-cluster-member-lifecycle.ts";
import { create } from "./db-instance-creation.ts";
import { arnOf, type DbInstanceRow, deleteRow, readDocument } from "./db-instance-rows.ts";
import { insertRow, requireDbInstance } from "./db-instances.ts";
import { resolveUpgrade } from "./engine-versions.ts";
import { type Engine, engineOf, majorOf } from "./engines.ts";
import { dbInstanceNotFound, notEmulated, sourceDatabaseNotSupported } from "./errors.ts";
import { withDefaultsOf } from "./pending-changes.ts";
import { replicaDocument, requireSource } from "./read-replicas.ts";
import { linkReplica, replicasOf, sourceNameOf } from "./replica-links.ts";
import type { BlueGreenDocument } from "./stored-blue-green.ts";
import { readTags } from "./tags.ts";

/** What is green has been written down. */
export interface Green {
  readonly sides: Pick<BlueGreenDocument, "source" | "target" | "members" | "isUpgrade">;
  undo(): Promise<void>;
  /** Makes it. */
  begin(): Promise<void>;
}

/** Checks a request for a blue/green deployment of an instance. */
export async function prepareGreenInstance(
  ctx: Context,
  input: CreateBlueGreenDeploymentRequest,
): Promise<() => Promise<Green>> {
  const blue = await requireBlue(ctx, input.Source ?? "");
  const { engine_version: current } = blue;
  const engine = engineOf(blue);
  const engineVersion = requireGreenVersion(ctx, { engine, current }, input.TargetEngineVersion);
  const document = await greenDocument(ctx, blue, engineVersion, input);
  const tags = (await readTags(ctx.db, [arnOf(blue)])).get(arnOf(blue)) ?? [];
  return async () => {
    const identifier = greenName(ctx, blue.db_instance_identifier);
    const port = { like: blue.port };
    const green = await insertRow(ctx, { identifier, engine, engineVersion, document, port }, tags);
    return {
      sides: {
        source: { id: blue.dbi_resource_id, arn: arnOf(blue) },
        target: { id: green.dbi_resource_id, arn: arnOf(green) },
        isUpgrade: engineVersion !== current,
      },
      undo: () => deleteRow(ctx, green),
      begin: async () => {
        await linkReplica(ctx, blue, green);
        create(ctx, green, { replicaOf: blue.dbi_resource_id });
      },
    };
  };
}

/** @throws DBInstanceNotFound, SourceDatabaseNotSupported, InvalidDBInstanceState */
async function requireBlue(ctx: Context, arn: string): Promise<DbInstanceRow> {
  if (parseRdsArn(ctx, arn)?.type !== "db") throw dbInstanceNotFound(arn);
  const row = await requireDbInstance(ctx, arn);
  if (isMember(row)) throw sourceDatabaseNotSupported(`${row.db_instance_identifier} is a member of a cluster.`);
  if (sourceNameOf(row) !== undefined) {
    throw sourceDatabaseNotSupported(`${row.db_instance_identifier} is a read replica.`);
  }
  if (readDocument(row).IAMDatabaseAuthenticationEnabled === true) {
    throw notEmulated("A blue/green deployment of an instance with IAM database authentication");
  }
  if ((await replicasOf(ctx, row)).length > 0) {
    throw notEmulated("A blue/green deployment of an instance with read replicas");
  }
  return await requireSource(ctx, { SourceDBInstanceIdentifier: arn });
}

/** Green follows blue's files, so it is of its major version: only states can be of another. */
export function requireGreenVersion(
  ctx: Context,
  { engine, current }: { readonly engine: Engine; readonly current: string },
  asked: string | undefined,
): string {
  if (asked === undefined || `${current}.`.startsWith(`${asked}.`)) return current;
  const target = resolveUpgrade(ctx, engine, current, asked);
  if (ctx.databases.kind !== "records" && majorOf(target, engine) !== majorOf(current, engine)) {
    throw notEmulated("A blue/green deployment with another major engine version");
  }
  return target;
}

/** `orders-green-k3x9qa` */
export function greenName(ctx: Context, name: string): string {
  return `${name.slice(0, 50).replace(/-+$/, "")}-green-${randomName(ctx, 6)}`;
}

/** As blue, but for what the request says. */
async function greenDocument(
  ctx: Context,
  blue: DbInstanceRow,
  engineVersion: string,
  input: CreateBlueGreenDeploymentRequest,
) {
  const before = readDocument(blue);
  const { engine, engine_version: current } = blue;
  const isMajor = majorOf(engineVersion, engine) !== majorOf(current, engine);
  const document = isMajor ? { ...before, ...withDefaultsOf(before, engineVersion, engine) } : before;
  const [group] = document.DBParameterGroups ?? [];
  const { MultiAZ, CopyTagsToSnapshot, MonitoringInterval, MaxAllocatedStorage, DeletionProtection } = before;
  const kept = { MultiAZ, CopyTagsToSnapshot, MonitoringInterval, MaxAllocatedStorage, DeletionProtection };
  const request = {
    ...{ DBInstanceIdentifier: undefined, SourceDBInstanceIdentifier: blue.db_instance_identifier, ...kept },
    ...{ DBInstanceClass: input.TargetDBInstanceClass, AllocatedStorage: input.TargetAllocatedStorage },
    ...{
      StorageType: input.TargetStorageType,
      Iops: input.TargetIops,
      StorageThroughput: input.TargetStorageThroughput,
    },
    VpcSecurityGroupIds: before.VpcSecurityGroups?.map(({ VpcSecurityGroupId = "" }) => VpcSecurityGroupId),
    DBParameterGroupName: input.TargetDBParameterGroupName ?? group?.DBParameterGroupName,
  };
  const source = { ...blue, engine_version: engineVersion };
  return {
    ...(await replicaDocument(ctx, source, withoutUndefined(request))),
    // In force when it is no replica any more.
    BackupRetentionPeriod: before.BackupRetentionPeriod,
    ...(isMajor && { OptionGroupMemberships: document.OptionGroupMemberships }),
  };
}

/** The members that a request has. */
function withoutUndefined<Request extends object>(request: Request): Request {
  return Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined)) as Request;
}

export function randomName(ctx: Context, length: number): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  return Array.from(ctx.randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join("");
}
