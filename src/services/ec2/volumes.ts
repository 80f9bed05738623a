import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Volume, VolumeModification } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import { isResourceId } from "../../aws/resource-id.ts";
import type { Context } from "../service-context.ts";
import { describeResources, type PageLimits } from "./describe.ts";
import { dryRunOperation, idempotentParameterMismatch, invalidParameterValue, missingParameter } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export interface StoredVolume extends Volume {
  AutoEnableIO?: boolean | undefined;
  /** The last one. */
  Modification?: VolumeModification | undefined;
}

export const volumes: Resource<StoredVolume> = {
  table: "ec2_volumes",
  prefix: "vol",
  // Decision 0165: zeros alone are no id.
  idPattern: /^vol-(?!0{17}$)(?:[0-9a-f]{8}|[0-9a-f]{17})$/,
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
  malformed: (id) =>
    isResourceId("vol", id)
      ? new AwsError("InvalidVolumeID.Malformed", `Value ( ${id} ) for parameter VOLUME is invalid. `)
      : invalidParameterValue(`Value (${id}) for parameter volumeId is invalid. Expected: 'vol-...'.`),
  notFound: (ids) =>
    new AwsError(
      "InvalidVolume.NotFound",
      ids.length === 1 ? `The volume '${ids[0]}' does not exist.` : `The volumes '${ids.join(", ")}' do not exist.`,
    ),
  goneAgain: idempotentParameterMismatch,
};

/** AWS takes pages of any size here. */
export const volumePages: PageLimits = { min: 5, max: Number.POSITIVE_INFINITY };

/** Nothing here is another service's. */
export const notManaged = { Managed: false, HiddenByDefault: false };

const namedVolumes: Resource<StoredVolume> = {
  ...volumes,
  malformed: (id) => invalidParameterValue(`Value (${id}) for parameter volumes is invalid. Expected: 'vol-...'.`),
};

export const volumeOperations = {
  async DescribeVolumes(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    if (input.VolumeIds?.includes("")) throw missingParameter("volumes");
    const page = await describeResources(ctx, namedVolumes, input, {
      ids: input.VolumeIds,
      idsParameter: "volumeIdsSet",
      limits: volumePages,
      prepare(volume) {
        const arn = `arn:aws:ec2:${ctx.region}:${ctx.accountId}:volume/${volumes.idOf(volume)}`;
        Object.assign(volume, { OwnerId: ctx.accountId, VolumeArn: arn, Operator: notManaged });
      },
    });
    return { Volumes: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;
