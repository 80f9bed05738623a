import type { ExportTask } from "@aws-sdk/client-rds";
import type { AccountContext } from "../service-context.ts";
import { exportTaskAlreadyExists, exportTaskNotFound } from "./errors.ts";
import { changeNamed, type NamedFamily } from "./named-resources.ts";

/** An `ExportTask` as JSON: its times are ISO 8601. */
export type ExportTaskDocument = Omit<
  ExportTask,
  "ExportTaskIdentifier" | "SnapshotTime" | "TaskStartTime" | "TaskEndTime" | "Status"
> & {
  readonly ExportTaskIdentifier: string;
  readonly S3Bucket: string;
  readonly KmsKeyId: string;
  readonly Status: "STARTING" | "IN_PROGRESS" | "COMPLETE" | "CANCELING" | "CANCELED" | "FAILED";
  readonly SnapshotTime?: string;
  readonly TaskStartTime?: string;
  readonly TaskEndTime?: string;
};

export const exportTaskFamily: NamedFamily<ExportTaskDocument> = {
  kind: "export-task",
  notFound: exportTaskNotFound,
  alreadyExists: exportTaskAlreadyExists,
};

export const underWay: readonly ExportTaskDocument["Status"][] = ["STARTING", "IN_PROGRESS", "CANCELING"];

type Place = Pick<AccountContext, "db" | "accountId" | "region">;

/** Changes a task that is in one of the states `from`; undefined where it is not. */
export function changeTask(
  { db, accountId, region }: Place,
  name: string,
  from: readonly ExportTaskDocument["Status"][],
  change: Partial<ExportTaskDocument>,
): Promise<ExportTaskDocument | undefined> {
  return changeNamed({ db, accountId, region }, exportTaskFamily, name, (task) =>
    from.includes(task.Status) ? { ...task, ...change } : undefined,
  );
}

/** The only bridge to the SDK's shape. */
export function toExportTask(task: ExportTaskDocument): ExportTask {
  const { SnapshotTime, TaskStartTime, TaskEndTime, ...rest } = task;
  return {
    ...rest,
    ...(SnapshotTime !== undefined && { SnapshotTime: new Date(SnapshotTime) }),
    ...(TaskStartTime !== undefined && { TaskStartTime: new Date(TaskStartTime) }),
    ...(TaskEndTime !== undefined && { TaskEndTime: new Date(TaskEndTime) }),
  };
}
