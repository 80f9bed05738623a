import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CreateVolumeRequest, VolumeAttachment, VolumeType } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { encryptionOf } from "./ebs-encryption.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  operationNotPermitted,
  unsupportedOperation,
} from "./errors.ts";
import { instances } from "./instances.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { type ZoneData, zonesOf } from "./region-data.ts";
import { required } from "./required.ts";
import { deleteResources, getResource, listResources, type Resource, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { getSnapshot } from "./snapshots.ts";
import { checkFilled, fillVolume } from "./volume-bytes.ts";
import { deviceOf } from "./volume-devices.ts";
import { checkVolumeType } from "./volume-types.ts";
import { type StoredVolume, volumes } from "./volumes.ts";
import { wholeSecond } from "./whole-second.ts";

export const volumeLifecycleOperations = {
  async CreateVolume(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "volume");
    if (input.OutpostArn) throw unsupportedOperation("LocalAWS does not emulate volumes of outposts.");
    const zone = findZone(ctx, input);
    const snapshot = input.SnapshotId ? await getSnapshot(ctx, input.SnapshotId) : undefined;
    if (input.Size === undefined && snapshot === undefined) throw missingParameter("size/snapshot");
    // A volume is as large as its snapshot at least, whatever smaller size is asked for.
    const Size = Math.max(input.Size ?? 0, snapshot?.VolumeSize ?? 0);
    const { type, iops, throughput } = checkVolumeType({
      ...{ type: input.VolumeType, size: input.Size === undefined || input.Size >= 0 ? Size : input.Size },
      ...{ iops: input.Iops, throughput: input.Throughput },
    });
    checkInitializationRate(input.VolumeInitializationRate, snapshot !== undefined);
    const encryption = await encryptionOf(ctx, input, snapshot);
    if (input.DryRun === true) throw dryRunOperation();
    checkMultiAttach(input.MultiAttachEnabled, type);
    checkToken(input.ClientToken);
    let isNew = false;
    const volume = await makeOnce(ctx, volumes, sameWhenRepeated(input, zone, throughput), (scope) => {
      isNew = true;
      const made: StoredVolume = {
        VolumeId: scope.newId("vol"),
        ...{ AvailabilityZone: zone.name, AvailabilityZoneId: zone.id, CreateTime: scope.now() },
        ...{ Size, VolumeType: type, Iops: iops, Throughput: throughput, ...encryption },
        SnapshotId: input.SnapshotId ?? "",
        MultiAttachEnabled: input.MultiAttachEnabled ?? false,
        VolumeInitializationRate: input.VolumeInitializationRate,
        State: "creating",
        Attachments: [],
      };
      return insertTagged(scope, volumes, made, tags);
    });
    if (!isNew) return asMade(volume);
    const id = volumes.idOf(volume);
    await fillVolume(ctx, id, () => ctx.machines.volumes.create(id, input.SnapshotId || undefined));
    // As it was when the answer was written down: the bytes are there by now.
    return asMade(volume);
  },

  async DeleteVolume(ctx, input) {
    const id = input.VolumeId ?? "";
    await inTransaction(ctx, async (scope) => {
      const volume = await getResource(scope, deletedVolumes, id);
      const [attachment] = volume.Attachments ?? [];
      if (attachment !== undefined) {
        throw new AwsError("VolumeInUse", `Volume ${id} is currently attached to ${attachment.InstanceId}`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, volumes, [id]);
    });
    await ctx.machines.volumes.remove(id);
    return {};
  },

  async AttachVolume(ctx, input) {
    const Device = required(input.Device, "device");
    const InstanceId = required(input.InstanceId, "instanceId");
    const VolumeId = required(input.VolumeId, "volumeId");
    const device = deviceOf(Device);
    const attachment = await inTransaction(ctx, async (scope) => {
      const volume = await getResource(scope, volumes, VolumeId);
      const instance = await getResource(scope, instances, InstanceId);
      const state = instance.State.Name;
      if (state !== "running" && state !== "stopped") {
        throw new AwsError("IncorrectState", `Instance '${InstanceId}' is not 'running'.`);
      }
      checkFilled(volume);
      if ((volume.Attachments?.length ?? 0) > 0) {
        throw new AwsError("VolumeInUse", `${VolumeId} is already attached to an instance`);
      }
      if (volume.AvailabilityZone !== instance.Placement?.AvailabilityZone) {
        throw new AwsError(
          "InvalidVolume.ZoneMismatch",
          `The volume '${VolumeId}' is not in the same availability zone as instance '${InstanceId}'`,
        );
      }
      const there = await listResources(scope, volumes, { instance_id: InstanceId });
      if (there.some(({ Attachments }) => Attachments?.[0]?.Device === Device)) {
        throw invalidParameterValue(
          `Invalid value '${Device}' for unixDevice. Attachment point ${Device} is already in use`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      const made: VolumeAttachment = {
        ...{ VolumeId, InstanceId, Device, State: "attached", AttachTime: scope.now(), DeleteOnTermination: false },
      };
      volume.Attachments = [made];
      volume.State = "in-use";
      await updateResource(scope, volumes, volume);
      return made;
    });
    await ctx.machines.volumes.attach(VolumeId, { machineId: InstanceId, device });
    return { ...attachment, State: "attaching" };
  },

  async DetachVolume(ctx, input) {
    const id = required(input.VolumeId, "volumeId");
    const attachment = await inTransaction(ctx, async (scope) => {
      const volume = await getResource(scope, volumes, id);
      const instance = input.InstanceId ? await getResource(scope, instances, input.InstanceId) : undefined;
      const [there] = volume.Attachments ?? [];
      if (there?.InstanceId === undefined) {
        throw new AwsError("IncorrectState", `Volume '${id}' is in the 'available' state.`);
      }
      if (
        (instance !== undefined && there.InstanceId !== instance.InstanceId) ||
        (input.Device !== undefined && there.Device !== input.Device)
      ) {
        throw new AwsError(
          "InvalidAttachment.NotFound",
          `The volume '${id}' is not attached to instance '${input.InstanceId ?? there.InstanceId}' as device '${input.Device ?? there.Device}'.`,
        );
      }
      const holder = instance ?? (await getResource(scope, instances, there.InstanceId));
      if (there.Device === holder.RootDeviceName && holder.State.Name !== "stopped") {
        throw operationNotPermitted(
          `Unable to detach root volume '${there.Device}' from instance '${there.InstanceId}'`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      volume.Attachments = [];
      volume.State = "available";
      await updateResource(scope, volumes, volume);
      return there;
    });
    await ctx.machines.volumes.detach(id);
    return { ...attachment, State: "detaching" };
  },
} satisfies Operations<typeof Ec2, Context>;

const deletedVolumes: Resource<StoredVolume> = {
  ...volumes,
  malformed: (id) => invalidParameterValue(`The volume ID '${id}' is malformed`),
};

/** CreateVolume tells less of a volume than DescribeVolumes, and whole seconds. */
function asMade({ Attachments: _, CreateTime, ...volume }: StoredVolume) {
  return { ...volume, ...(CreateTime === undefined ? {} : { CreateTime: wholeSecond(CreateTime) }) };
}

/** Zones by name and by id, throughput that is the usual one, and tags in any order are the same to a client token. */
function sameWhenRepeated(input: CreateVolumeRequest, zone: ZoneData, Throughput: number | undefined) {
  const tags = input.TagSpecifications?.flatMap(({ Tags = [] }) => Tags.map(({ Key, Value }) => [Key, Value]));
  const AvailabilityZone = zone.name;
  return { ...input, AvailabilityZone, AvailabilityZoneId: undefined, Throughput, TagSpecifications: tags?.sort() };
}

/** MiB/s */
function checkInitializationRate(rate: number | undefined, isOfSnapshot: boolean): void {
  if (rate === undefined) return;
  if (!isOfSnapshot) {
    throw invalidParameterCombination(
      "You can't specify VolumeInitializationRate for volumes that are not created from a snapshot.",
    );
  }
  if (rate < 100 || rate > 300) {
    throw invalidParameterValue("The value specified for VolumeInitializationRate is not in the allowed range.");
  }
}

function checkToken(token = ""): void {
  if (token.length > 64) throw invalidParameterValue("Client token must be less than or equal to 64 characters.");
}

export function checkMultiAttach(wanted: boolean | undefined, type: VolumeType): void {
  if (wanted !== true || type === "io1" || type === "io2") return;
  throw invalidParameterCombination(`The parameter multi-attach-enabled is not supported for ${type} volumes.`);
}

function findZone(
  scope: Scope,
  input: { AvailabilityZone?: string | undefined; AvailabilityZoneId?: string | undefined },
): ZoneData {
  const { AvailabilityZone: name, AvailabilityZoneId: id } = input;
  if (!name && !id) throw missingParameter("zone");
  if (name && id) {
    throw invalidParameterCombination(
      "AvailabilityZone and AvailabilityZoneId can't be used together. Specify only one of these parameters.",
    );
  }
  const found = zonesOf(scope.region).find((zone) => (name ? zone.name === name : zone.id === id));
  if (found === undefined) throw new AwsError("InvalidZone.NotFound", `The zone '${name || id}' does not exist.`);
  return found;
}
