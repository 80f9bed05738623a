import type * as Rds from "@aws-sdk/client-rds";
import type { DBInstanceAutomatedBackup } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dbInstanceArn } from "./arns.ts";
import { dropBackups } from "./automated-backups.ts";
import { type DbInstanceRow, listInstanceRows } from "./db-instance-rows.ts";
import { dbInstanceAutomatedBackupNotFound, invalidDbInstanceAutomatedBackupState, mustBeProvided } from "./errors.ts";
import { filterValues } from "./filters.ts";
import { arnOfNamed, findNamed, listNamed, nameOf } from "./named-resources.ts";
import { page } from "./pages.ts";
import {
  type AutomatedBackup,
  automatedBackupFamily,
  backupNameOf,
  findBackup,
  latestRestorableTime,
} from "./stored-automated-backups.ts";
import { toInstance } from "./stored-snapshots.ts";

export const dbInstanceAutomatedBackups = {
  async DescribeDBInstanceAutomatedBackups(ctx, input) {
    const filters = filterValues(input.Filters, ["status", "db-instance-id", "dbi-resource-id"]);
    const { DbiResourceId, DBInstanceIdentifier, DBInstanceAutomatedBackupsArn: arn } = input;
    const rows = new Map((await listInstanceRows(ctx)).map((row) => [row.dbi_resource_id, row]));
    const all = (await listNamed(ctx, automatedBackupFamily)).map(({ document }) => current(ctx, document, rows));
    const wanted = all.filter(({ backup: { status, instance } }) => {
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
      ({ backup }) => backup.instance.resourceId,
    );
    return { DBInstanceAutomatedBackups: items.map((one) => toAutomatedBackup(ctx, one)), Marker: marker };
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
    const deleted = toAutomatedBackup(ctx, current(ctx, backup, new Map()));
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

interface CurrentBackup {
  readonly backup: AutomatedBackup;
  readonly latest: Date;
}

/** As its instance is by now, where there still is one. */
function current(ctx: Context, backup: AutomatedBackup, rows: ReadonlyMap<string, DbInstanceRow>): CurrentBackup {
  const row = rows.get(backup.instance.resourceId);
  if (row === undefined) return { backup, latest: new Date(backup.until ?? backup.since) };
  return { backup: { ...backup, instance: toInstance(row) }, latest: latestRestorableTime(ctx, row, backup) };
}

function toAutomatedBackup(ctx: Context, { backup, latest }: CurrentBackup): DBInstanceAutomatedBackup {
  const { instance, status, since } = backup;
  const { document } = instance;
  return {
    DBInstanceArn: dbInstanceArn(ctx, instance.identifier),
    DBInstanceAutomatedBackupsArn: arnOfNamed(ctx, "auto-backup", backupNameOf(instance.resourceId)),
    DbiResourceId: instance.resourceId,
    DBInstanceIdentifier: instance.identifier,
    Region: ctx.region,
    Status: status,
    RestoreWindow: { EarliestTime: new Date(since), LatestTime: latest },
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
    DBInstanceAutomatedBackupsReplications: [],
    TagList: [],
  };
}
