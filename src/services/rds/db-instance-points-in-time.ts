import type * as Rds from "@aws-sdk/client-rds";
import type { RestoreDBInstanceToPointInTimeMessage } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { requireBackup } from "./db-instance-automated-backups.ts";
import { create } from "./db-instance-creation.ts";
import { inheritedDocument } from "./db-instance-restores.ts";
import { findRow } from "./db-instance-rows.ts";
import { describe, insertRow, requireDbInstance } from "./db-instances.ts";
import { engineOf } from "./engines.ts";
import {
  dbInstanceAlreadyExists,
  invalidDbInstanceAutomatedBackupState,
  invalidParameterCombination,
  invalidParameterValue,
  mustBeProvided,
  notEmulated,
  pointInTimeRestoreNotEnabled,
} from "./errors.ts";
import { recordInstanceEvent } from "./event-log.ts";
import { requireIdentifier } from "./identifiers.ts";
import { resolveNewSecret, withSecret } from "./managed-passwords.ts";
import { requireBackupRetention, requirePort } from "./new-db-instance.ts";
import type { Origin } from "./server-launch.ts";
import {
  type AutomatedBackup,
  basesOf,
  findBackup,
  hasMoments,
  isReplica,
  latestMoment,
  latestRestorableTime,
} from "./stored-automated-backups.ts";
import { toInstance } from "./stored-snapshots.ts";
import { requireTags } from "./tags.ts";
import { refuseNotEmulated } from "./unsupported-settings.ts";

export const dbInstancePointsInTime = {
  async RestoreDBInstanceToPointInTime(ctx, request) {
    const input = withoutBlanks(request);
    const identifier = requireIdentifier("TargetDBInstanceIdentifier", input.TargetDBInstanceIdentifier ?? "");
    const source = await requireSource(ctx, input);
    refuseNotEmulated(ctx, input, source.backup.instance.engine);
    const { instance } = source.backup;
    if (input.Engine !== undefined && input.Engine !== instance.engine) {
      throw invalidParameterCombination(`${instance.identifier} is of ${instance.engine}, not of ${input.Engine}.`);
    }
    const origin = await resolveMoment(ctx, source, input);
    requirePort(input.Port);
    if ((await findRow(ctx, identifier)) !== undefined) throw dbInstanceAlreadyExists();
    const document = {
      ...(await inheritedDocument(ctx, instance, input)),
      ...(input.MaxAllocatedStorage !== undefined && { MaxAllocatedStorage: input.MaxAllocatedStorage }),
      ...(input.BackupRetentionPeriod !== undefined && {
        BackupRetentionPeriod: requireBackupRetention(input.BackupRetentionPeriod),
      }),
    };
    const { engineVersion } = instance;
    const engine = engineOf(instance);
    const secret = resolveNewSecret(ctx, input, { kind: "db", username: document.MasterUsername ?? "" });
    const port = { asked: input.Port, like: instance.port };
    const restored = withSecret({ identifier, engine, engineVersion, document, port }, secret);
    const row = await insertRow(ctx, restored, requireTags(input.Tags ?? []));
    await recordInstanceEvent(ctx, row, "RDS-EVENT-0019", instance.identifier, identifier);
    create(ctx, row, origin, secret?.password);
    return { DBInstance: await describe(ctx, row) };
  },
} satisfies Operations<typeof Rds, Context>;

interface Source {
  readonly backup: AutomatedBackup;
  readonly latest: Date;
}

/** The instance, or what was retained of one. @throws DBInstanceNotFound, PointInTimeRestoreNotEnabled, DBInstanceAutomatedBackupNotFound, InvalidDBInstanceAutomatedBackupState */
async function requireSource(ctx: Context, input: RestoreDBInstanceToPointInTimeMessage): Promise<Source> {
  const { SourceDBInstanceIdentifier, SourceDbiResourceId, SourceDBInstanceAutomatedBackupsArn: arn } = input;
  if (SourceDBInstanceIdentifier) {
    const row = await requireDbInstance(ctx, SourceDBInstanceIdentifier);
    const backup = await findBackup(ctx, row.dbi_resource_id);
    if (backup === undefined) throw pointInTimeRestoreNotEnabled(row.db_instance_identifier);
    return { backup: { ...backup, instance: toInstance(row) }, latest: latestRestorableTime(ctx, row, backup) };
  }
  if (!SourceDbiResourceId && !arn) throw mustBeProvided("SourceDBInstanceIdentifier");
  const backup = await requireBackup(ctx, { DbiResourceId: SourceDbiResourceId, arn });
  if (backup.status === "pending") {
    throw invalidDbInstanceAutomatedBackupState(`No backup of ${backup.instance.identifier} has been replicated yet.`);
  }
  return { backup, latest: await latestMoment(ctx, backup) };
}

/** @throws InvalidParameterCombination, InvalidParameterValue */
async function resolveMoment(
  ctx: Context,
  { backup, latest }: Source,
  { RestoreTime, UseLatestRestorableTime = false }: RestoreDBInstanceToPointInTimeMessage,
): Promise<Origin> {
  if (RestoreTime !== undefined && UseLatestRestorableTime) {
    throw invalidParameterCombination("You cannot specify both RestoreTime and UseLatestRestorableTime.");
  }
  if (RestoreTime === undefined && !UseLatestRestorableTime) {
    throw invalidParameterCombination("Either RestoreTime or UseLatestRestorableTime must be specified.");
  }
  if (!hasMoments(ctx, backup.instance)) {
    throw notEmulated(`RestoreDBInstanceToPointInTime of ${backup.instance.engine}`);
  }
  if (isReplica(backup.instance)) throw notEmulated("RestoreDBInstanceToPointInTime of a read replica");
  const until = RestoreTime ?? latest;
  const { resourceId: archiveOf } = backup.instance;
  const base = (await basesOf(ctx, backup)).findLast(({ finished }) => new Date(finished) <= until);
  if (base === undefined || until > latest) {
    throw invalidParameterValue(
      `The specified instance cannot be restored to a time later than ${latest.toISOString()} or earlier than ${backup.since}.`,
    );
  }
  // What the snapshot has is all that there was by then.
  const isBase = until.toISOString() === base.finished;
  return { snapshotId: base.id, ...(isBase ? {} : { recovery: { archiveOf, until } }) };
}
