import type * as Ec2 from "@aws-sdk/client-ec2";
import type { VolumeModification, VolumeStatusItem } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { required } from "./required.ts";
import { getResource, type Resource, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { checkFilled } from "./volume-bytes.ts";
import { checkMultiAttach } from "./volume-lifecycle.ts";
import { checkVolumeType } from "./volume-types.ts";
import { notManaged, type StoredVolume, volumePages, volumes } from "./volumes.ts";
import { wholeSecond } from "./whole-second.ts";

/** The volumes again, by what DescribeVolumesModifications can filter on. */
const modifiedVolumes: Resource<StoredVolume> = {
  ...volumes,
  filters: pathFilters<StoredVolume>()({
    "modification-state": "Modification.ModificationState",
    "original-iops": "Modification.OriginalIops",
    "original-size": "Modification.OriginalSize",
    "original-volume-type": "Modification.OriginalVolumeType",
    "original-multi-attach-enabled": "Modification.OriginalMultiAttachEnabled",
    "start-time": "Modification.StartTime",
    "target-iops": "Modification.TargetIops",
    "target-size": "Modification.TargetSize",
    "target-volume-type": "Modification.TargetVolumeType",
    "target-multi-attach-enabled": "Modification.TargetMultiAttachEnabled",
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
    "attachment-status.instance-id": ({ Attachments = [] }) => Attachments.map(({ InstanceId }) => InstanceId),
    "attachment-status.io-performance": ({ Attachments = [] }) => Attachments.map(() => "not-applicable"),
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
    if (input.DryRun === true) throw dryRunOperation();
    const id = requiredVolume(input.VolumeId);
    const { Size, VolumeType, Iops, Throughput, MultiAttachEnabled } = input;
    if ([Size, VolumeType, Iops, Throughput, MultiAttachEnabled].every((value) => value === undefined)) {
      throw invalidParameterValue(
        "Invalid input: Must specify at least one of size, type, iops, throughput or multi-attach.",
      );
    }
    return inTransaction(ctx, async (scope) => {
      const volume = await getResource(scope, volumes, id);
      checkFilled(volume);
      const before = volume.Size ?? 0;
      const size = Size ?? before;
      if (size < before) {
        throw invalidParameterValue("New size cannot be smaller than existing size");
      }
      if (volume.VolumeType === "io1" && volume.MultiAttachEnabled === true) {
        throw invalidParameterValue(
          "io1 volumes with Multi-Attach enabled do not support modify-volume actions. Please review the EBS technical documentation for information on the Multi-Attach limitations and considerations.",
        );
      }
      const changesType = VolumeType !== undefined && VolumeType !== volume.VolumeType;
      const computed = changesType || volume.VolumeType === "gp2";
      const checked = checkVolumeType({
        ...{ type: VolumeType ?? volume.VolumeType, size },
        iops: Iops ?? (computed ? undefined : volume.Iops),
        throughput: Throughput ?? (changesType ? undefined : volume.Throughput),
      });
      const { type } = checked;
      checkMultiAttach(MultiAttachEnabled, type);
      const modification: VolumeModification = {
        VolumeId: id,
        ...{ ModificationState: "completed", Progress: 100 },
        ...{ StartTime: wholeSecond(scope.now()), EndTime: wholeSecond(scope.now()) },
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
    if (input.DryRun === true) throw dryRunOperation();
    const page = await describeResources(ctx, modifiedVolumes, input, {
      ids: input.VolumeIds,
      idsParameter: "volumeModificationSet",
      limits: volumePages,
      only: (volume) => volume.Modification !== undefined,
    });
    const found = page.items.flatMap(({ Modification }) =>
      Modification === undefined ? [] : { ...Modification, Operator: notManaged },
    );
    const missing = (input.VolumeIds ?? []).find((id) => !found.some(({ VolumeId }) => VolumeId === id));
    if (missing !== undefined && (input.Filters ?? []).length === 0 && input.NextToken === undefined) {
      throw new AwsError("InvalidVolumeModification.NotFound", `Modification for volume ${missing} does not exist.`);
    }
    return { VolumesModifications: found, NextToken: page.nextToken };
  },

  async DescribeVolumeStatus(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const page = await describeResources(ctx, volumeStatuses, input, {
      // A list with an empty id alone is no list to this operation.
      ids: input.VolumeIds?.every((id) => id === "") ? [] : input.VolumeIds,
      idsParameter: "volumeIdsSet",
      limits: volumePages,
    });
    return { VolumeStatuses: page.items.map(toStatus), NextToken: page.nextToken };
  },

  async DescribeVolumeAttribute(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const id = requiredVolume(input.VolumeId);
    const attribute = input.Attribute;
    if (!attribute) throw invalidParameterCombination("No attributes specified.");
    if (attribute !== "autoEnableIO" && attribute !== "productCodes") {
      throw invalidParameterValue(`Value (${attribute}) for parameter attribute is invalid. Unknown attribute.`);
    }
    const volume = await getResource(ctx, volumes, id);
    if (attribute === "productCodes") return { VolumeId: id, ProductCodes: [] };
    return { VolumeId: id, AutoEnableIO: { Value: volume.AutoEnableIO ?? false } };
  },

  async ModifyVolumeAttribute(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const id = input.VolumeId ?? "";
    const { Value } = input.AutoEnableIO ?? {};
    if (Value === undefined) throw invalidParameterCombination("No attributes specified.");
    await inTransaction(ctx, async (scope) => {
      const volume = await getResource(scope, attributedVolumes, id);
      await updateResource(scope, volumes, { ...volume, AutoEnableIO: Value });
    });
    return {};
  },

  /** I/O is never turned off here. */
  async EnableVolumeIO(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const id = required(input.VolumeId, "volumeId");
    await getResource(ctx, volumes, id);
    throw new AwsError("IncorrectState", `Volume ${id} already has IO enabled.`);
  },
} satisfies Operations<typeof Ec2, Context>;

const attributedVolumes: Resource<StoredVolume> = {
  ...volumes,
  malformed: (id) => new AwsError("InvalidVolumeID.Malformed", `The volume ID '${id}' is malformed`),
};

function requiredVolume(id: string | undefined): string {
  if (id) return id;
  throw new AwsError(
    "MissingParameter",
    `Value (${id ?? "null"}) for parameter volumeId is invalid. Parameter may not be null or empty.`,
  );
}

function toStatus(volume: StoredVolume): VolumeStatusItem {
  const attachments = volume.Attachments ?? [];
  return {
    VolumeId: volume.VolumeId,
    AvailabilityZone: volume.AvailabilityZone,
    AvailabilityZoneId: volume.AvailabilityZoneId,
    Operator: notManaged,
    Actions: [],
    Events: [],
    ...(attachments.length === 0
      ? {}
      : { AttachmentStatuses: attachments.map(({ InstanceId }) => ({ InstanceId, IoPerformance: "not-applicable" })) }),
    VolumeStatus: {
      Status: "ok",
      Details: [
        { Name: "io-enabled", Status: "passed" },
        { Name: "io-performance", Status: "not-applicable" },
      ],
    },
  };
}
