import type * as Rds from "@aws-sdk/client-rds";
import type { StartExportTaskMessage } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { parseRdsArn } from "./arns.ts";
import { type ClusterDocument, engineOfCluster, findClusterById } from "./db-cluster-rows.ts";
import { requireClusterSnapshot } from "./db-cluster-snapshots.ts";
import { requireSnapshot } from "./db-snapshots.ts";
import { isMysqlEngine } from "./engines.ts";
import {
  exportTaskNotFound,
  iamRoleNotFound,
  invalidExportOnly,
  invalidExportSourceState,
  invalidExportTaskState,
  invalidParameterValue,
  invalidS3Bucket,
  mustBeProvided,
} from "./errors.ts";
import { cancelExport, type ExportSource, startExport } from "./export-run.ts";
import { filterValues } from "./filters.ts";
import { requireIdentifier } from "./identifiers.ts";
import { findNamed, insertNamed, listNamed } from "./named-resources.ts";
import { requireCluster } from "./new-db-cluster-member.ts";
import { page } from "./pages.ts";
import { changeTask, type ExportTaskDocument, exportTaskFamily, toExportTask } from "./stored-export-tasks.ts";

export const exportTasks = {
  async StartExportTask(ctx, input) {
    requireIdentifier("ExportTaskIdentifier", input.ExportTaskIdentifier ?? "");
    const { ExportTaskIdentifier = "", S3BucketName = "", IamRoleArn = "", KmsKeyId = "", S3Prefix = "" } = input;
    const source = await requireSource(ctx, input.SourceArn ?? "");
    const exportOnly = requireExportOnly(input.ExportOnly ?? [], source.server.engine);
    if (S3Prefix.includes(":")) throw invalidParameterValue("S3Prefix can't contain a colon.");
    if (!/^arn:aws[\w-]*:iam::\d*:role\/\S+$/.test(IamRoleArn)) throw iamRoleNotFound(IamRoleArn);
    if (KmsKeyId.trim() === "") throw mustBeProvided("KmsKeyId");
    if (!(await ctx.objects.hasBucket(ctx.accountId, S3BucketName))) throw invalidS3Bucket(S3BucketName);
    const task: ExportTaskDocument = {
      ...{ ExportTaskIdentifier, SourceArn: input.SourceArn ?? "", SourceType: source.type, SnapshotTime: source.time },
      ...{ S3Bucket: S3BucketName, IamRoleArn, KmsKeyId, Status: "STARTING", PercentProgress: 0 },
      ...{ S3Prefix, TotalExtractedDataInGB: 0 },
      ...(exportOnly.length > 0 && { ExportOnly: exportOnly }),
    };
    await insertNamed(ctx, exportTaskFamily, ExportTaskIdentifier, task, []);
    startExport(ctx, { accountId: ctx.accountId, region: ctx.region }, task, source);
    return toExportTask(task);
  },

  async DescribeExportTasks(ctx, input) {
    const filters = filterValues(input.Filters, ["export-task-identifier", "s3-bucket", "source-arn", "status"]);
    const { ExportTaskIdentifier, SourceArn, SourceType } = input;
    if (ExportTaskIdentifier) await requireTask(ctx, ExportTaskIdentifier);
    const found = (await listNamed(ctx, exportTaskFamily))
      .map(({ document }) => document)
      .filter((task) => {
        const facts = {
          "export-task-identifier": task.ExportTaskIdentifier,
          "s3-bucket": task.S3Bucket,
          "source-arn": task.SourceArn,
          status: task.Status.toLowerCase(),
        };
        return (
          (!ExportTaskIdentifier || sameName(task.ExportTaskIdentifier, ExportTaskIdentifier)) &&
          (!SourceArn || task.SourceArn === SourceArn) &&
          (!SourceType || task.SourceType === SourceType) &&
          filters.every(({ name, values }) => values.some((value) => facts[name] === value))
        );
      });
    const request = { ...input, kind: "export-tasks" };
    const { items, marker } = page(found, request, (task) => task.ExportTaskIdentifier.toLowerCase());
    return { ExportTasks: items.map(toExportTask), Marker: marker };
  },

  async CancelExportTask(ctx, input) {
    const { ExportTaskIdentifier, Status } = await requireTask(ctx, input.ExportTaskIdentifier);
    const canceling = await changeTask(ctx, ExportTaskIdentifier, ["STARTING", "IN_PROGRESS"], { Status: "CANCELING" });
    if (canceling === undefined) {
      throw invalidExportTaskState(`The export task ${ExportTaskIdentifier} is ${Status} and can't be canceled.`);
    }
    cancelExport(ctx, ctx, canceling);
    return toExportTask(canceling);
  },
} satisfies Operations<typeof Rds, Context>;

const sameName = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

async function requireTask(ctx: Context, name = ""): Promise<ExportTaskDocument> {
  const found = await findNamed(ctx, exportTaskFamily, name);
  if (found === undefined) throw exportTaskNotFound(name);
  return found;
}

/** A snapshot of an instance or of a cluster, or a cluster as it is now. */
async function requireSource(ctx: Context, arn: string): Promise<ExportSource> {
  const resource = parseRdsArn(ctx, arn);
  if (resource?.type === "cluster") {
    const { resourceId } = await requireCluster(ctx, resource.name);
    const cluster = await findClusterById(ctx, resourceId);
    if (cluster?.status !== "available")
      throw invalidExportSourceState(`The cluster ${resource.name} isn't available.`);
    return {
      ...{ type: "CLUSTER", time: ctx.now().toISOString(), runningServer: resourceId },
      server: serverOf(cluster),
    };
  }
  if (resource?.type === "cluster-snapshot") {
    const { cluster, ...snapshot } = await requireClusterSnapshot(ctx, arn);
    return snapshotSource(snapshot, serverOf(cluster));
  }
  const { instance, ...snapshot } = await requireSnapshot(ctx, arn);
  const { engine, engineVersion, document } = instance;
  return snapshotSource(snapshot, { engine, engineVersion, masterUsername: document.MasterUsername ?? "" });
}

function serverOf(cluster: ClusterDocument): ExportSource["server"] {
  const { engineVersion, settings } = cluster;
  return { engine: engineOfCluster(cluster), engineVersion, masterUsername: settings.MasterUsername ?? "" };
}

function snapshotSource(
  { name, id, status, created }: { name: string; id: string; status: string; created: string },
  server: ExportSource["server"],
): ExportSource {
  if (status !== "available") throw invalidExportSourceState(`The snapshot ${name} is ${status}.`);
  return { type: "SNAPSHOT", time: created, snapshotId: id, server };
}

/** `database`, `database.schema`, `database.schema.table`; of MySQL's engines `database` and `database.table`. */
function requireExportOnly(members: NonNullable<StartExportTaskMessage["ExportOnly"]>, engine: string): string[] {
  const parts = isMysqlEngine(engine) ? 2 : 3;
  const valid = new RegExp(`^[\\w$]+(?:\\.[\\w$]+){0,${parts - 1}}$`);
  const wrong = members.find((member) => !valid.test(member));
  if (wrong !== undefined) throw invalidExportOnly(`The export only value is invalid: ${wrong}`);
  return [...members];
}
