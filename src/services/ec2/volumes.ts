import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Volume, VolumeModification } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { invalidParameterValue } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export interface StoredVolume extends Volume {
  AutoEnableIO?: boolean | undefined;
  /** The last one. */
  Modification?: VolumeModification | undefined;
}

export const volumes: Resource<StoredVolume> = {
  table: "ec2_volumes",
  prefix: "vol",
  type: "volume",
  idOf: (volume) => volume.VolumeId ?? "",
  columnsOf: (volume) => ({ instance_id: volume.Attachments?.[0]?.InstanceId ?? null }),
  dates: ["CreateTime", "Attachments.AttachTime", "Modification.StartTime", "Modification.EndTime"],
  ...tagsMember,
  filters: {
    // No volume is of a snapshot that is restored fast, and no service of AWS's manages any.
    "fast-restored": ({ FastRestored = false }) => FastRestored,
    "operator.managed": ({ Operator }) => Operator?.Managed ?? false,
    ...pathFilters<Volume>()({
      "attachment.attach-time": "Attachments.AttachTime",
      "attachment.delete-on-termination": "Attachments.DeleteOnTermination",
      "attachment.device": "Attachments.Device",
      "attachment.instance-id": "Attachments.InstanceId",
      "attachment.status": "Attachments.State",
      "availability-zone": "AvailabilityZone",
      "availability-zone-id": "AvailabilityZoneId",
      "create-time": "CreateTime",
      encrypted: "Encrypted",
      "multi-attach-enabled": "MultiAttachEnabled",
      "operator.principal": "Operator.Principal",
      size: "Size",
      "snapshot-id": "SnapshotId",
      "source-volume-id": "SourceVolumeId",
      status: "State",
      "volume-id": "VolumeId",
      "volume-type": "VolumeType",
    }),
  },
  columnFilters: { "attachment.instance-id": "instance_id", "volume-id": "id" },
  malformed: (id) => invalidParameterValue(`Value (${id}) for parameter volumeId is invalid. Expected: 'vol-...'.`),
  notFound: (ids) =>
    new AwsError(
      "InvalidVolume.NotFound",
      ids.length === 1 ? `The volume '${ids[0]}' does not exist.` : `The volumes '${ids.join(", ")}' do not exist.`,
    ),
};

export const volumeOperations = {
  async DescribeVolumes(ctx, input) {
    const page = await describeResources(ctx, volumes, input, { ids: input.VolumeIds, idsParameter: "volumeIds" });
    return { Volumes: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;
