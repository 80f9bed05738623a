import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { placeInArn } from "./arns.ts";
import { withoutBlanks } from "./blanks.ts";
import { isMember } from "./db-cluster-member-lifecycle.ts";
import { describeBackup } from "./db-instance-automated-backups.ts";
import { startReplication } from "./db-instance-lifecycle.ts";
import { type DbInstanceRow, readDocument } from "./db-instance-rows.ts";
import { requireDbInstance } from "./db-instances.ts";
import { invalidDbInstanceState, invalidParameterValue, mustBeProvided } from "./errors.ts";
import { insertNamed } from "./named-resources.ts";
import { keyArn, requireBackupRetention } from "./new-db-instance.ts";
import { endReplication } from "./replicated-backups.ts";
import {
  type AutomatedBackup,
  automatedBackupFamily,
  backupNameOf,
  findBackup,
  isReplicating,
  writeBackup,
} from "./stored-automated-backups.ts";
import { instanceIn, toInstance } from "./stored-snapshots.ts";

export const dbInstanceBackupReplications = {
  async StartDBInstanceAutomatedBackupsReplication(ctx, request) {
    const input = withoutBlanks(request);
    const source = await requireSource(ctx, input.SourceDBInstanceArn);
    const days = requireBackupRetention(input.BackupRetentionPeriod ?? 7);
    if (source.db_instance_status !== "available") {
      throw invalidDbInstanceState(`Database instance is not in available state: ${source.db_instance_identifier}`);
    }
    if (isMember(source) || (readDocument(source).BackupRetentionPeriod ?? 0) === 0 || days === 0) {
      throw invalidDbInstanceState(
        `Automated backups are not enabled for the DB instance ${source.db_instance_identifier}.`,
      );
    }
    const before = await findBackup(ctx, source.dbi_resource_id);
    if (before !== undefined && isReplicating(before)) {
      throw invalidDbInstanceState(
        `Automated backups of ${source.db_instance_identifier} are already replicated to ${ctx.region}.`,
      );
    }
    const backup = newReplication(ctx, source, { days, key: input.KmsKeyId, before });
    if (before === undefined) {
      const family = { ...automatedBackupFamily, alreadyExists: () => invalidDbInstanceState("It is replicated.") };
      await insertNamed(ctx, family, backupNameOf(source.dbi_resource_id), backup, input.Tags);
    } else await writeBackup(ctx, backup);
    startReplication(ctx, source);
    return { DBInstanceAutomatedBackup: await describeBackup(ctx, backup) };
  },

  async StopDBInstanceAutomatedBackupsReplication(ctx, input) {
    const source = await requireSource(ctx, input.SourceDBInstanceArn);
    const backup = await findBackup(ctx, source.dbi_resource_id);
    if (backup === undefined || !isReplicating(backup)) {
      throw invalidDbInstanceState(
        `Automated backups of ${source.db_instance_identifier} are not replicated to ${ctx.region}.`,
      );
    }
    const DBInstanceAutomatedBackup = await describeBackup(ctx, backup);
    await ctx.databases.archives.flush(source.dbi_resource_id);
    await endReplication(ctx, { accountId: ctx.accountId, region: ctx.region }, source.dbi_resource_id);
    return { DBInstanceAutomatedBackup };
  },
} satisfies Operations<typeof Rds, Context>;

/** An instance of another region. @throws InvalidParameterValue, DBInstanceNotFound */
async function requireSource(ctx: Context, arn = ""): Promise<DbInstanceRow> {
  if (!arn) throw mustBeProvided("SourceDBInstanceArn");
  const place = placeInArn(arn);
  if (place === undefined) throw invalidParameterValue(`Invalid resource name: ${arn}`);
  if (place.region === ctx.region) {
    throw invalidParameterValue("The source Region and the destination Region must be different.");
  }
  return await requireDbInstance({ db: ctx.db, accountId: ctx.accountId, region: place.region }, arn);
}

/** With what was retained here of one before. */
function newReplication(
  ctx: Context,
  source: DbInstanceRow,
  { days, key, before }: { days: number; key: string | undefined; before: AutomatedBackup | undefined },
): AutomatedBackup {
  const instance = instanceIn(ctx, toInstance(source), { from: source.region });
  const isEncrypted = instance.document.StorageEncrypted === true;
  const { replicated = { from: source.region, snapshots: [] }, since = ctx.now().toISOString() } = before ?? {};
  return {
    ...{ status: "pending", since, replicated },
    instance: {
      ...instance,
      document: {
        ...{ ...instance.document, BackupRetentionPeriod: days },
        ...(isEncrypted && { KmsKeyId: keyArn(ctx, key) }),
      },
    },
  };
}
