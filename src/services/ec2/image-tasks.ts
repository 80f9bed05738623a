import type * as Ec2 from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeNone } from "./describe-none.ts";
import { notFound } from "./errors.ts";
import { getImage } from "./image-lookup.ts";
import { instances } from "./instances.ts";
import { required } from "./required.ts";
import { getResource } from "./resource.ts";

/** No task ever starts here: each operation refuses as AWS does where its conditions are not met. */
export const imageTaskOperations = {
  DescribeBundleTasks: (_ctx, input) => ({
    BundleTasks: describeNone(input, {
      ids: input.BundleIds,
      unknown: ["InvalidBundleID.NotFound", "bundle task ID"],
      filters: [
        "bundle-id",
        "error-code",
        "error-message",
        "instance-id",
        "progress",
        "s3-bucket",
        "s3-prefix",
        "start-time",
        "state",
        "update-time",
      ],
    }),
  }),

  DescribeConversionTasks: (_ctx, input) => ({
    ConversionTasks: describeNone(input, {
      ids: input.ConversionTaskIds,
      unknown: ["InvalidConversionTaskId", "conversion task ID"],
    }),
  }),

  DescribeExportTasks: (_ctx, input) => ({
    ExportTasks: describeNone(input, {
      ids: input.ExportTaskIds,
      unknown: ["InvalidExportTaskID.NotFound", "export task ID"],
    }),
  }),

  DescribeExportImageTasks: (_ctx, input) => ({
    ExportImageTasks: describeNone(input, {
      ids: input.ExportImageTaskIds,
      unknown: ["InvalidExportTaskID.NotFound", "export image task ID"],
      filters: ["task-state"],
      tagged: true,
    }),
  }),

  DescribeImportImageTasks: (_ctx, input) => ({
    ImportImageTasks: describeNone(input, {
      ids: input.ImportTaskIds,
      unknown: ["InvalidConversionTaskId", "import task ID"],
      filters: ["task-state"],
      tagged: true,
    }),
  }),

  DescribeImportSnapshotTasks: (_ctx, input) => ({
    ImportSnapshotTasks: describeNone(input, {
      ids: input.ImportTaskIds,
      unknown: ["InvalidConversionTaskId", "import task ID"],
      filters: ["task-state"],
      tagged: true,
    }),
  }),

  /** All instances have their root on EBS. */
  async BundleInstance(ctx, input) {
    required(input.Storage, "storage");
    await getResource(ctx, instances, required(input.InstanceId, "instanceId"));
    throw new AwsError(
      "InvalidInstanceType",
      "The instance does not support bundling; only instance store-backed Windows instances can be bundled.",
    );
  },

  /** No instance has been imported. */
  async CreateInstanceExportTask(ctx, input) {
    required(input.TargetEnvironment, "targetEnvironment");
    required(input.ExportToS3Task, "exportToS3Task");
    await getResource(ctx, instances, required(input.InstanceId, "instanceId"));
    throw new AwsError("NotExportable", "Only imported instances can be exported.");
  },

  async ExportImage(ctx, input) {
    required(input.DiskImageFormat, "diskImageFormat");
    required(input.S3ExportLocation, "s3ExportLocation");
    await getImage(ctx, required(input.ImageId, "imageId"));
    throw noServiceRole(input.RoleName);
  },

  ImportImage(_ctx, input) {
    required(input.DiskContainers?.[0], "diskContainers");
    throw noServiceRole(input.RoleName);
  },

  CancelBundleTask(_ctx, input) {
    throw notFound("InvalidBundleID.NotFound", "bundle task ID", [required(input.BundleId, "bundleId")]);
  },

  CancelConversionTask(_ctx, input) {
    throw notFound("InvalidConversionTaskId", "conversion task ID", [
      required(input.ConversionTaskId, "conversionTaskId"),
    ]);
  },

  CancelExportTask(_ctx, input) {
    throw notFound("InvalidExportTaskID.NotFound", "export task ID", [required(input.ExportTaskId, "exportTaskId")]);
  },

  CancelImportTask(_ctx, input) {
    throw notFound("InvalidConversionTaskId", "import task ID", [required(input.ImportTaskId, "importTaskId")]);
  },
} satisfies Operations<typeof Ec2, Context>;

/** https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html; there are no roles to assume. */
function noServiceRole(name = "vmimport") {
  return new AwsError(
    "InvalidParameter",
    `The service role ${name} provided does not exist or does not have sufficient permissions`,
  );
}
