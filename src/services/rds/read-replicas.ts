import type * as Rds from "@aws-sdk/client-rds";
import type { CreateDBInstanceReadReplicaMessage } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { DbInstanceDocument } from "../../db/rds-tables.ts";
import type { Context } from "../service-context.ts";
import { placeInArn } from "./arns.ts";
import { withoutBlanks } from "./blanks.ts";
import { isMember } from "./db-cluster-member-lifecycle.ts";
import { create } from "./db-instance-creation.ts";
import { promote } from "./db-instance-modification.ts";
import { inheritedDocument } from "./db-instance-restores.ts";
import { type DbInstanceRow, readDocument, transition } from "./db-instance-rows.ts";
import { describe, insertRow, requireDbInstance } from "./db-instances.ts";
import { defaultOptionGroupName, engineOf } from "./engines.ts";
import {
  dbClusterNotFound,
  instanceQuotaExceeded,
  invalidDbInstanceState,
  invalidParameterCombination,
  mustBeProvided,
} from "./errors.ts";
import { requireIdentifier } from "./identifiers.ts";
import { refuseReplicaOfManaged } from "./managed-passwords.ts";
import { keyArn, monitoringOf, requireBackupRetention, requirePort } from "./new-db-instance.ts";
import { quotas } from "./quotas.ts";
import { linkReplica, nameFrom, sourceNameOf } from "./replica-links.ts";
import { requireTags } from "./tags.ts";
import { refuseNotEmulated } from "./unsupported-settings.ts";
import { resolveWindows } from "./windows.ts";

export const readReplicas = {
  async CreateDBInstanceReadReplica(ctx, request) {
    const input = withoutBlanks(request);
    const identifier = requireIdentifier("DBInstanceIdentifier", input.DBInstanceIdentifier ?? "");
    const source = await requireSource(ctx, input);
    refuseNotEmulated(ctx, input, source.engine);
    requirePort(input.Port);
    const document = await replicaDocument(ctx, source, input);
    const tags = requireTags(input.Tags ?? []);
    const { engine_version: engineVersion } = source;
    const port = { asked: input.Port, like: source.port };
    const row = await insertRow(ctx, { identifier, engine: engineOf(source), engineVersion, document, port }, tags);
    await linkReplica(ctx, source, row);
    create(ctx, row, { replicaOf: source.dbi_resource_id });
    return { DBInstance: await describe(ctx, row) };
  },

  async PromoteReadReplica(ctx, request) {
    const input = withoutBlanks(request);
    const row = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    if (sourceNameOf(row) === undefined) {
      throw invalidDbInstanceState(`DB instance ${row.db_instance_identifier} is not a read replica.`);
    }
    const { PreferredBackupWindow, PreferredMaintenanceWindow } = readDocument(row);
    const windows = { PreferredBackupWindow: input.PreferredBackupWindow ?? PreferredBackupWindow };
    const settings = {
      ...resolveWindows({ ...windows, PreferredMaintenanceWindow }, new Uint8Array()),
      BackupRetentionPeriod: requireBackupRetention(input.BackupRetentionPeriod ?? 1),
    };
    if (!(await transition(ctx, row.dbi_resource_id, ["available"], { db_instance_status: "modifying" }))) {
      throw invalidDbInstanceState(`Instance ${row.db_instance_identifier} is not in available state.`);
    }
    const promoting = { ...row, db_instance_status: "modifying" };
    promote(ctx, promoting, { settings });
    return { DBInstance: await describe(ctx, promoting) };
  },

  async SwitchoverReadReplica(ctx, input) {
    const { engine, db_instance_identifier } = await requireDbInstance(ctx, input.DBInstanceIdentifier);
    throw invalidDbInstanceState(
      `DB instance ${db_instance_identifier} can't be switched over: that is for Oracle's replicas, not for ${engine}.`,
    );
  },
} satisfies Operations<typeof Rds, Context>;

/** By identifier, or of whatever region by ARN. @throws DBInstanceNotFound, InvalidDBInstanceState */
export async function requireSource(
  ctx: Context,
  input: Pick<
    CreateDBInstanceReadReplicaMessage,
    "SourceDBInstanceIdentifier" | "SourceDBClusterIdentifier" | "ReplicaMode"
  >,
): Promise<DbInstanceRow> {
  const { SourceDBInstanceIdentifier, SourceDBClusterIdentifier, ReplicaMode } = input;
  if (SourceDBClusterIdentifier !== undefined) throw dbClusterNotFound(SourceDBClusterIdentifier);
  if (SourceDBInstanceIdentifier === undefined) throw mustBeProvided("SourceDBInstanceIdentifier");
  const { region } = placeInArn(SourceDBInstanceIdentifier) ?? ctx;
  const place = { db: ctx.db, accountId: ctx.accountId, region };
  const source = await requireDbInstance(place, SourceDBInstanceIdentifier);
  if (ReplicaMode !== undefined) {
    throw invalidParameterCombination(`ReplicaMode can't be specified for the engine ${source.engine}.`);
  }
  if (isMember(source)) {
    throw invalidDbInstanceState(
      `The DB instance ${source.db_instance_identifier} is a member of a cluster, whose readers are its replicas.`,
    );
  }
  if (source.db_instance_status !== "available") {
    throw invalidDbInstanceState(`Database instance is not in available state: ${source.db_instance_identifier}`);
  }
  if ((readDocument(source).BackupRetentionPeriod ?? 0) === 0) {
    throw invalidDbInstanceState(
      "Automated backups are not enabled for this database instance. To enable automated backups, use ModifyDBInstance to set the backup retention period to a non-zero value.",
    );
  }
  if ((readDocument(source).ReadReplicaDBInstanceIdentifiers ?? []).length >= quotas.ReadReplicasPerMaster) {
    throw instanceQuotaExceeded();
  }
  refuseReplicaOfManaged(source.engine, readDocument(source));
  return source;
}

/**
 * Of the source all but its backups, its replicas and its protection, and with what the request says. In another region also
 * without its groups and its key, which are of its own region. @throws InvalidParameterCombination
 */
export async function replicaDocument(
  ctx: Context,
  source: DbInstanceRow,
  input: CreateDBInstanceReadReplicaMessage,
): Promise<DbInstanceDocument> {
  const before = readDocument(source);
  const key = keyOfReplica(ctx, source, input.KmsKeyId);
  const isElsewhere = source.region !== ctx.region;
  const own = isElsewhere ? undefined : before.DBParameterGroups?.[0]?.DBParameterGroupName;
  // A server may have told another version than was asked for, and so have another default group.
  const group = input.DBParameterGroupName ?? (own?.startsWith("default.") ? undefined : own);
  const subnets = input.DBSubnetGroupName ?? (isElsewhere ? undefined : before.DBSubnetGroup?.DBSubnetGroupName);
  const options =
    input.OptionGroupName ?? (isElsewhere ? defaultOptionGroupName(source.engine_version, source.engine) : undefined);
  const request = {
    ...{ ...input, MultiAZ: input.MultiAZ ?? false, CopyTagsToSnapshot: input.CopyTagsToSnapshot ?? false },
    ...(subnets !== undefined && { DBSubnetGroupName: subnets }),
    ...(group !== undefined && { DBParameterGroupName: group }),
    ...(options !== undefined && { OptionGroupName: options }),
  };
  return {
    ...(await inheritedDocument(ctx, { ...source, document: before, engineVersion: source.engine_version }, request)),
    ...(input.MaxAllocatedStorage !== undefined && { MaxAllocatedStorage: input.MaxAllocatedStorage }),
    ...monitoringOf(ctx, input),
    ...(key !== undefined && { KmsKeyId: key }),
    BackupRetentionPeriod: 0,
    ReadReplicaSourceDBInstanceIdentifier: nameFrom(ctx, source),
  };
}

/** A key is of one region. Undefined where the replica has its source's, or none. @throws InvalidParameterCombination */
function keyOfReplica(ctx: Context, source: DbInstanceRow, asked: string | undefined): string | undefined {
  if (source.region === ctx.region) return undefined;
  const isEncrypted = readDocument(source).StorageEncrypted === true;
  if (isEncrypted && asked === undefined) {
    throw invalidParameterCombination("Cannot create a cross region unencrypted read replica from encrypted source.");
  }
  if (!isEncrypted && asked !== undefined) {
    throw invalidParameterCombination("Cannot create a cross region encrypted read replica from unencrypted source.");
  }
  return isEncrypted ? keyArn(ctx, asked) : undefined;
}
