import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import type { DescribeInput } from "./describe.ts";
import { describeNone } from "./describe-none.ts";
import { invalidParameterValue, notFound, unsupportedOperation } from "./errors.ts";
import { getImage } from "./image-lookup.ts";
import { instances } from "./instances.ts";
import { required } from "./required.ts";
import { checkIds, getResources } from "./resource.ts";

/** Of hardware that no instance type here has, and of what AWS no longer offers to anybody. */
export const specialHardwareOperations = {
  DescribeElasticGpus: (_ctx, input) => ({
    ElasticGpuSet: describeNone(input, {
      ids: input.ElasticGpuIds,
      unknown: ["InvalidElasticGpuID.NotFound", "Elastic GPU ID"],
      filters: ["availability-zone", "elastic-gpu-health", "elastic-gpu-state", "elastic-gpu-type", "instance-id"],
    }),
  }),

  DescribeFpgaImages: (_ctx, input) => ({
    FpgaImages: describeNone(input, {
      ids: input.FpgaImageIds,
      unknown: ["InvalidFpgaImageID.NotFound", "FPGA image ID"],
      filters: [
        "create-time",
        "fpga-image-id",
        "fpga-image-global-id",
        "name",
        "owner-id",
        "product-code",
        "shell-version",
        "state",
        "update-time",
      ],
      tagged: true,
    }),
  }),

  DescribeFpgaImageAttribute: (_ctx, input) => refuseFpgaImage(input.FpgaImageId),
  ModifyFpgaImageAttribute: (_ctx, input) => refuseFpgaImage(input.FpgaImageId),
  ResetFpgaImageAttribute: (_ctx, input) => refuseFpgaImage(input.FpgaImageId),
  DeleteFpgaImage: (_ctx, input) => refuseFpgaImage(input.FpgaImageId),

  CopyFpgaImage: (_ctx, input) => refuseFpgaImage(input.SourceFpgaImageId),

  /** Of instances with Microsoft SQL Server alone. */
  DescribeInstanceSqlHaStates: (_ctx, input) => ({ Instances: describeSqlHa(input) }),
  DescribeInstanceSqlHaHistoryStates: (_ctx, input) => ({ Instances: describeSqlHa(input) }),
  EnableInstanceSqlHaStandbyDetections: (ctx, input) => refuseSqlHa(ctx, input.InstanceIds),
  DisableInstanceSqlHaStandbyDetections: (ctx, input) => refuseSqlHa(ctx, input.InstanceIds),

  /** Of Windows images alone. */
  DescribeFastLaunchImages: (_ctx, input) => ({
    FastLaunchImages: describeNone(input, { filters: ["resource-type", "owner-id", "state"] }),
  }),

  EnableFastLaunch: (ctx, input) => refuseFastLaunch(ctx, input.ImageId),
  DisableFastLaunch: (ctx, input) => refuseFastLaunch(ctx, input.ImageId),

  DescribeMacHosts: (_ctx, input) => ({
    MacHosts: describeNone(input, {
      ids: input.HostIds,
      unknown: ["InvalidHostID.NotFound", "host ID"],
      filters: ["availability-zone", "instance-type"],
    }),
  }),

  DescribeMacModificationTasks: (_ctx, input) => ({
    MacModificationTasks: describeNone(input, {
      ids: input.MacModificationTaskIds,
      unknown: ["InvalidMacModificationTaskID.NotFound", "Mac modification task ID"],
      filters: [
        "instance-id",
        "task-state",
        "mac-system-integrity-protection-configuration.sip-status",
        "start-time",
        "task-type",
      ],
      tagged: true,
    }),
  }),

  DescribeScheduledInstances: (_ctx, input) => ({
    ScheduledInstanceSet: describeNone(input, {
      ids: input.ScheduledInstanceIds,
      unknown: ["InvalidScheduledInstance", "Scheduled Instance ID"],
      filters: ["availability-zone", "instance-type", "platform"],
    }),
  }),

  RunScheduledInstances(_ctx, input) {
    required(input.LaunchSpecification, "launchSpecification");
    throw notFound("InvalidScheduledInstance", "Scheduled Instance ID", [
      required(input.ScheduledInstanceId, "scheduledInstanceId"),
    ]);
  },

  DescribeScheduledInstanceAvailability(_ctx, input) {
    required(input.FirstSlotStartTimeRange, "firstSlotStartTimeRange");
    required(input.Recurrence, "recurrence");
    return {
      ScheduledInstanceAvailabilitySet: describeNone(input, {
        filters: ["availability-zone", "instance-type", "platform"],
      }),
    };
  },
} satisfies Operations<typeof Ec2, Context>;

/** No image here is of Windows. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/win-ami-config-fast-launch.html */
async function refuseFastLaunch(ctx: Context, imageId: string | undefined): Promise<never> {
  const id = required(imageId, "imageId");
  await getImage(ctx, id);
  throw invalidParameterValue(`The image ${id} is not a Windows AMI. Fast launch is supported for Windows AMIs only.`);
}

function refuseFpgaImage(id: string | undefined): never {
  throw notFound("InvalidFpgaImageID.NotFound", "FPGA image ID", [required(id, "fpgaImageId")]);
}

function describeSqlHa(input: DescribeInput & { InstanceIds?: readonly string[] | undefined }): never[] {
  checkIds(instances, input.InstanceIds ?? []);
  return describeNone(input, { filters: ["haStatus", "sqlServerLicenseUsage"], tagged: true });
}

async function refuseSqlHa(ctx: Context, asked: readonly string[] | undefined): Promise<never> {
  const ids = required(asked, "instanceId");
  await getResources(ctx, instances, ids);
  throw unsupportedOperation(`The instances [${ids.join(", ")}] do not run Microsoft SQL Server.`);
}
