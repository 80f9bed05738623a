import type * as Ec2 from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { getResource } from "./resource.ts";
import { fillVolume } from "./volume-bytes.ts";
import { checkMultiAttach } from "./volume-lifecycle.ts";
import { checkVolumeType } from "./volume-types.ts";
import { type StoredVolume, volumes } from "./volumes.ts";

/** https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copying-volume.html: in the same zone, encrypted with the same key. */
export const volumeCopyOperations = {
  async CopyVolumes(ctx, input) {
    const sourceId = required(input.SourceVolumeId, "sourceVolumeId");
    const tags = tagsForNew(input.TagSpecifications, "volume");
    const source = await getResource(ctx, volumes, sourceId);
    if (source.State !== "available" && source.State !== "in-use") {
      throw new AwsError("IncorrectState", `Volume '${sourceId}' is in the '${source.State}' state.`);
    }
    const Size = input.Size ?? source.Size ?? 0;
    if (Size < (source.Size ?? 0)) {
      throw invalidParameterValue(
        `Value (${Size}) for parameter Size is invalid. The volume size must be at least the source volume's: ${source.Size} GiB.`,
      );
    }
    const { type, iops, throughput } = checkVolumeType({
      ...{ type: input.VolumeType ?? "gp2", size: Size, iops: input.Iops, throughput: input.Throughput },
    });
    checkMultiAttach(input.MultiAttachEnabled, type);
    let isNew = false;
    const made = await makeOnce(ctx, volumes, input, (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      isNew = true;
      const { AvailabilityZone, AvailabilityZoneId, Encrypted, KmsKeyId } = source;
      const copy: StoredVolume = {
        ...{ VolumeId: scope.newId("vol"), SourceVolumeId: sourceId, SnapshotId: "", CreateTime: scope.now() },
        ...{ AvailabilityZone, AvailabilityZoneId, Encrypted, KmsKeyId, Size },
        ...{ VolumeType: type, Iops: iops, Throughput: throughput, State: "creating", Attachments: [] },
        MultiAttachEnabled: input.MultiAttachEnabled ?? false,
      };
      return insertTagged(scope, volumes, copy, tags);
    });
    if (!isNew) return { Volumes: [made] };
    const copyId = volumes.idOf(made);
    await fillVolume(ctx, copyId, async () => {
      // The bytes go by way of a snapshot that nobody sees.
      const passing = ctx.newId("snap");
      await ctx.machines.volumes.snapshot(sourceId, passing);
      await ctx.machines.volumes.create(copyId, passing);
      await ctx.machines.volumes.removeSnapshot(passing);
    });
    return { Volumes: [made] };
  },
} satisfies Operations<typeof Ec2, Context>;
