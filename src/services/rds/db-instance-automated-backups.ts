import type * as Rds from "@aws-sdk/client-rds";
import type { DBInstanceAutomatedBackup } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dbInstanceArn } from "./arns.ts";
import { dropBackups } from "./automated-backups.ts";
import { listInstanceRows } from "./db-instance-rows.ts";
import { dbInstanceAutomatedBackupNotFound, invalidDbInstanceAutomatedBackupState, mustBeProvided } from "./errors.ts";
import { filterValues } from "./filters.ts";
import { arnOfNamed, findNamed, listNamed, nameOf, tagsOfNamed } from "./named-resources.ts";
import { page } from "./pages.ts";
import {
  type AutomatedBackup,
  automatedBackupFamily,
  backupNameOf,
  findBackup,
  latestMoment,
  replicationArns,
} from "./stored-automated-backups.ts";
import { toInstance } from "./stored-snapshots.ts";

export const dbInstanceAutomatedBackups = {
  async DescribeDBInstanceAutomatedBackups(ctx, input) {
    const filters = filterValues(input.Filters, ["status", "db-instance-id", "dbi-resource-id"]);
    const { DbiResourceId, DBInstanceIdentifier, DBInstanceAutomatedBackupsArn: arn } = input;
    const rows = new Map((await listInstanceRows(ctx)).map((row) => [row.dbi_resource_id, row]));
    const stored = await listNamed(ctx, automatedBackupFamily);
    const all = stored.map(({ document: { instance, ...backup } }) => {
      const row = rows.get(instance.resourceId);
      return { ...backup, instance: row ? toInstance(row) : instance };
    });
    const wanted = all.filter(({ status, instance }) => {
      const facts: Readonly<Record<string, string>> = {
        ...{ status, "db-instance-id": instance.identifier, "dbi-resource-id": instance.resourceId },
      };
      return (
        (!DbiResourceId || instance.resourceId === DbiResourceId) &&
        (!DBInstanceIdentifier || instance.identifier === DBInstanceIdentifier.toLowerCase()) &&
        (!arn || backupNameOf(instance.resourceId) === nameOf(ctx, automatedBackupFamily, arn)) &&
        filters.every(({ name, values }) => values.some((value) => facts[name] === value))
      );
    });
    const asked = DbiResourceId ?? arn;
    if (asked && wanted.length === 0) throw dbInstanceAutomatedBackupNotFound(asked);
    const { items, marker } = page(
      wanted,
      { ...input, kind: "db-instance-automated-backups" },
      ({ instance }) => instance.resourceId,
    );
    const described = await Promise.all(items.map((backup) => describeBackup(ctx, backup)));
    return { DBInstanceAutomatedBackups: described, Marker: marker };
  },

  async DeleteDBInstanceAutomatedBackup(ctx, input) {
    const { DbiResourceId, DBInstanceAutomatedBackupsArn: arn } = input;
    const asked = DbiResourceId ?? arn;
    if (!asked) throw mustBeProvided("DbiResourceId");
    const backup = await requireBackup(ctx, { DbiResourceId, arn });
    if (backup.status !== "retained") {
      throw invalidDbInstanceAutomatedBackupState(
        `The automated backup of ${backup.instance.identifier} can't be deleted: only retained automated backups can be.`,
      );
    }
    const deleted = await describeBackup(ctx, backup);
    await dropBackups(ctx, ctx, backup.instance.resourceId);
    return { DBInstanceAutomatedBackup: { ...deleted, Status: "deleting" } };
  },
} satisfies Operations<typeof Rds, Context>;

/** @throws DBInstanceAutomatedBackupNotFound */
export async function requireBackup(
  ctx: Context,
  { DbiResourceId, arn }: { DbiResourceId?: string | undefined; arn?: string | undefined },
): Promise<AutomatedBackup> {
  const found = DbiResourceId
    ? await findBackup(ctx, DbiResourceId)
    : await findNamed(ctx, automatedBackupFamily, nameOf(ctx, automatedBackupFamily, arn));
  if (found === undefined) throw dbInstanceAutomatedBackupNotFound(DbiResourceId ?? arn ?? "");
  return found;
}

export async function describeBackup(ctx: Context, backup: AutomatedBackup): Promise<DBInstanceAutomatedBackup> {
  const { instance, status, since, replicated } = backup;
  const { document } = instance;
  const from = { accountId: ctx.accountId, region: replicated?.from ?? ctx.region };
  const name = backupNameOf(instance.resourceId);
  const tags = await tagsOfNamed(ctx, "auto-backup", [name]);
  const window = { EarliestTime: new Date(since), LatestTime: await latestMoment(ctx, backup) };
  return {
    DBInstanceArn: dbInstanceArn(from, instance.identifier),
    DBInstanceAutomatedBackupsArn: arnOfNamed(ctx, "auto-backup", name),
    DbiResourceId: instance.resourceId,
    DBInstanceIdentifier: instance.identifier,
    Region: from.region,
    Status: status,
    RestoreWindow: status === "pending" ? {} : window,
    InstanceCreateTime: new Date(instance.created),
    Engine: instance.engine,
    EngineVersion: instance.engineVersion,
    Port: instance.port,
    AllocatedStorage: document.AllocatedStorage,
    AvailabilityZone: document.AvailabilityZone,
    VpcId: document.DBSubnetGroup?.VpcId,
    MasterUsername: document.MasterUsername,
    LicenseModel: document.LicenseModel,
    StorageType: document.StorageType,
    Iops: document.Iops,
    StorageThroughput: document.StorageThroughput,
    Encrypted: document.StorageEncrypted ?? false,
    KmsKeyId: document.KmsKeyId,
    OptionGroupName: document.OptionGroupMemberships?.[0]?.OptionGroupName,
    IAMDatabaseAuthenticationEnabled: document.IAMDatabaseAuthenticationEnabled ?? false,
    BackupRetentionPeriod: document.BackupRetentionPeriod,
    PreferredBackupWindow: document.PreferredBackupWindow,
    BackupTarget: document.BackupTarget,
    DedicatedLogVolume: document.DedicatedLogVolume ?? false,
    DBInstanceAutomatedBackupsReplications: replicated ? [] : await replicationArns(ctx, instance.resourceId),
    TagList: tags(name),
  };
}
