import type * as Ec2 from "@aws-sdk/client-ec2";
import type { VolumeModification, VolumeStatusItem } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterValue, missingParameter } from "./errors.ts";
import { required } from "./required.ts";
import { getResource, type Resource, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { checkFilled } from "./volume-bytes.ts";
import { checkVolumeType } from "./volume-types.ts";
import { type StoredVolume, volumes } from "./volumes.ts";

/** The volumes again, by what DescribeVolumesModifications can filter on. */
const modifiedVolumes: Resource<StoredVolume> = {
  ...volumes,
  filters: pathFilters<StoredVolume>()({
    "modification-state": "Modification.ModificationState",
    "original-iops": "Modification.OriginalIops",
    "original-size": "Modification.OriginalSize",
    "original-volume-type": "Modification.OriginalVolumeType",
    originalMultiAttachEnabled: "Modification.OriginalMultiAttachEnabled",
    "start-time": "Modification.StartTime",
    "target-iops": "Modification.TargetIops",
    "target-size": "Modification.TargetSize",
    "target-volume-type": "Modification.TargetVolumeType",
    targetMultiAttachEnabled: "Modification.TargetMultiAttachEnabled",
    "volume-id": "VolumeId",
  }),
};

const volumeStatuses: Resource<StoredVolume> = {
  ...volumes,
  filters: {
    ...pathFilters<StoredVolume>()({
      "availability-zone": "AvailabilityZone",
      "availability-zone-id": "AvailabilityZoneId",
    }),
    "action.code": () => undefined,
    "action.description": () => undefined,
    "action.event-id": () => undefined,
    "event.description": () => undefined,
    "event.event-id": () => undefined,
    "event.event-type": () => undefined,
    "event.not-after": () => undefined,
    "event.not-before": () => undefined,
    "volume-status.details-name": () => ["io-enabled", "io-performance"],
    "volume-status.details-status": () => ["passed", "not-applicable"],
    "volume-status.status": () => "ok",
  },
};

export const volumeChangeOperations = {
  async ModifyVolume(ctx, input) {
    const id = required(input.VolumeId, "volumeId");
    const { Size, VolumeType, Iops, Throughput, MultiAttachEnabled } = input;
    if ([Size, VolumeType, Iops, Throughput, MultiAttachEnabled].every((value) => value === undefined)) {
      throw missingParameter("size, volumeType, iops, throughput or multiAttachEnabled");
    }
    return inTransaction(ctx, async (scope) => {
      const volume = await getResource(scope, volumes, id);
      checkFilled(volume);
      const before = volume.Size ?? 0;
      const size = Size ?? before;
      if (size < before) {
        throw invalidParameterValue(`New size cannot be smaller than existing size: ${size} is less than ${before}.`);
      }
      const changesType = VolumeType !== undefined && VolumeType !== volume.VolumeType;
      const type = VolumeType ?? volume.VolumeType ?? "gp2";
      const computed = changesType || type === "gp2";
      const checked = checkVolumeType({
        ...{ type, size },
        iops: Iops ?? (computed ? undefined : volume.Iops),
        throughput: Throughput ?? (changesType ? undefined : volume.Throughput),
      });
      if (input.DryRun === true) throw dryRunOperation();
      const modification: VolumeModification = {
        VolumeId: id,
        ...{ ModificationState: "completed", Progress: 100, StartTime: scope.now(), EndTime: scope.now() },
        ...{ OriginalSize: volume.Size, OriginalVolumeType: volume.VolumeType, OriginalIops: volume.Iops },
        ...{ OriginalThroughput: volume.Throughput, OriginalMultiAttachEnabled: volume.MultiAttachEnabled },
        ...{ TargetSize: size, TargetVolumeType: type, TargetIops: checked.iops, TargetThroughput: checked.throughput },
        TargetMultiAttachEnabled: MultiAttachEnabled ?? volume.MultiAttachEnabled,
      };
      volume.Size = size;
      volume.VolumeType = type;
      volume.Iops = checked.iops;
      volume.Throughput = checked.throughput;
      volume.MultiAttachEnabled = modification.TargetMultiAttachEnabled;
      volume.Modification = modification;
      await updateResource(scope, volumes, volume);
      const { EndTime: _, ...begun } = modification;
      return { VolumeModification: { ...begun, ModificationState: "modifying" as const, Progress: 0 } };
    });
  },

  async DescribeVolumesModifications(ctx, input) {
    const page = await describeResources(ctx, modifiedVolumes, input, {
      ids: input.VolumeIds,
      only: (volume) => volume.Modification !== undefined,
    });
    const found = page.items.flatMap(({ Modification }) => Modification ?? []);
    const missing = (input.VolumeIds ?? []).find((id) => !found.some(({ VolumeId }) => VolumeId === id));
    if (missing !== undefined && (input.Filters ?? []).length === 0 && input.NextToken === undefined) {
      throw new AwsError("InvalidVolumeModification.NotFound", `Modification for volume '${missing}' does not exist.`);
    }
    return { VolumesModifications: found, NextToken: page.nextToken };
  },

  async DescribeVolumeStatus(ctx, input) {
    const page = await describeResources(ctx, volumeStatuses, input, {
      ids: input.VolumeIds,
      idsParameter: "volumeIds",
    });
    return { VolumeStatuses: page.items.map(toStatus), NextToken: page.nextToken };
  },

  async DescribeVolumeAttribute(ctx, input) {
    const id = required(input.VolumeId, "volumeId");
    const attribute = required(input.Attribute, "attribute");
    if (attribute !== "autoEnableIO" && attribute !== "productCodes") {
      throw invalidParameterValue(`Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`);
    }
    const volume = await getResource(ctx, volumes, id);
    if (input.DryRun === true) throw dryRunOperation();
    if (attribute === "productCodes") return { VolumeId: id, ProductCodes: [] };
    return { VolumeId: id, AutoEnableIO: { Value: volume.AutoEnableIO ?? false } };
  },

  async ModifyVolumeAttribute(ctx, input) {
    const id = required(input.VolumeId, "volumeId");
    if (input.AutoEnableIO?.Value === undefined) throw missingParameter("autoEnableIO");
    const { Value } = input.AutoEnableIO;
    await inTransaction(ctx, async (scope) => {
      const volume = await getResource(scope, volumes, id);
      if (input.DryRun === true) throw dryRunOperation();
      await updateResource(scope, volumes, { ...volume, AutoEnableIO: Value });
    });
    return {};
  },

  /** I/O is never turned off here. */
  async EnableVolumeIO(ctx, input) {
    await getResource(ctx, volumes, required(input.VolumeId, "volumeId"));
    if (input.DryRun === true) throw dryRunOperation();
    return {};
  },
} satisfies Operations<typeof Ec2, Context>;

function toStatus(volume: StoredVolume): VolumeStatusItem {
  return {
    VolumeId: volume.VolumeId,
    AvailabilityZone: volume.AvailabilityZone,
    AvailabilityZoneId: volume.AvailabilityZoneId,
    Actions: [],
    Events: [],
    AttachmentStatuses: (volume.Attachments ?? []).map(({ InstanceId }) => ({
      InstanceId,
      IoPerformance: "not-applicable",
    })),
    VolumeStatus: {
      Status: "ok",
      Details: [
        { Name: "io-enabled", Status: "passed" },
        { Name: "io-performance", Status: "not-applicable" },
      ],
    },
  };
}
