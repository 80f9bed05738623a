import type { BlockDeviceMapping, EbsBlockDevice, Image, Volume, VolumeType } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { encryptionOf } from "./ebs-encryption.ts";
import { missingParameter } from "./errors.ts";
import type { Scope } from "./scope.ts";
import { getSnapshot } from "./snapshots.ts";
import { isDeviceName } from "./volume-devices.ts";
import { checkVolumeType } from "./volume-types.ts";

/** A volume that comes with a new instance. */
export interface LaunchVolume {
  readonly device: string;
  readonly size: number;
  readonly type: VolumeType;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
  readonly encrypted: boolean;
  readonly kmsKeyId: string | undefined;
  readonly snapshotId: string;
  readonly deleteOnTermination: boolean;
}

/** The image's volumes as the request changes them, and those that it adds. @throws AwsError */
export async function planVolumes(
  scope: Scope,
  image: Image,
  requested: readonly BlockDeviceMapping[] | undefined,
): Promise<LaunchVolume[]> {
  const mappings = new Map<string, EbsBlockDevice | undefined>();
  for (const mapping of image.BlockDeviceMappings ?? []) mappings.set(mapping.DeviceName ?? "", mapping.Ebs);
  const named = new Set<string>();
  for (const mapping of requested ?? []) {
    if (mapping.DeviceName === undefined) throw missingParameter("deviceName");
    if (named.has(mapping.DeviceName)) {
      throw invalidBlockDeviceMapping(`Duplicate device name ${mapping.DeviceName}`);
    }
    named.add(mapping.DeviceName);
    // Instance store devices are left out where the type has none, as on AWS.
    if (mapping.VirtualName !== undefined) continue;
    if (mapping.NoDevice !== undefined) {
      mappings.delete(mapping.DeviceName);
      continue;
    }
    if (!isDeviceName(mapping.DeviceName)) {
      throw invalidBlockDeviceMapping(`Invalid device name ${mapping.DeviceName}`);
    }
    const ofImage = mappings.get(mapping.DeviceName);
    checkKey(mapping.Ebs, ofImage);
    const source = await sourceOf(scope, mapping.Ebs, ofImage);
    checkSize(mapping.Ebs, source);
    mappings.set(mapping.DeviceName, {
      ...withType({ ...ofImage, ...source }, mapping.Ebs?.VolumeType),
      ...withoutUndefined(mapping.Ebs ?? {}),
    });
  }
  const plans: LaunchVolume[] = [];
  for (const [device, ebs] of mappings) {
    const { Encrypted, KmsKeyId } = await encryptionOf(scope, { ...ebs, KmsKeyId: undefined }, ebs);
    plans.push(toVolume(device, { ...ebs, Encrypted, KmsKeyId }));
  }
  return plans;
}

/** What an image's volume performs is of its type: one of another type has its own. */
function withType(ofImage: EbsBlockDevice, type: VolumeType | undefined): EbsBlockDevice {
  if (type === undefined || type === ofImage.VolumeType) return ofImage;
  const { Iops: _, Throughput: __, ...rest } = ofImage;
  return rest;
}

export function newVolume(
  scope: Scope,
  plan: LaunchVolume,
  instance: { id: string; zone: string | undefined; zoneId: string | undefined },
): Volume & { VolumeId: string } {
  const VolumeId = scope.newId("vol");
  return {
    VolumeId,
    AvailabilityZone: instance.zone,
    AvailabilityZoneId: instance.zoneId,
    CreateTime: scope.now(),
    Size: plan.size,
    VolumeType: plan.type,
    Iops: plan.iops,
    Throughput: plan.throughput,
    Encrypted: plan.encrypted,
    KmsKeyId: plan.kmsKeyId,
    SnapshotId: plan.snapshotId,
    MultiAttachEnabled: false,
    State: "in-use",
    Attachments: [
      {
        VolumeId,
        InstanceId: instance.id,
        Device: plan.device,
        State: "attached",
        AttachTime: scope.now(),
        DeleteOnTermination: plan.deleteOnTermination,
      },
    ],
  };
}

function toVolume(device: string, ebs: EbsBlockDevice): LaunchVolume {
  const type = ebs.VolumeType ?? "gp2";
  const size = ebs.VolumeSize;
  if (size === undefined) {
    throw new AwsError("MissingParameter", `The request must contain the parameter size or snapshotId for ${device}`);
  }
  const { iops, throughput } = checkVolumeType({ type, size, iops: ebs.Iops, throughput: ebs.Throughput });
  return {
    device,
    size,
    type,
    iops,
    throughput,
    encrypted: ebs.Encrypted === true,
    kmsKeyId: ebs.KmsKeyId,
    snapshotId: ebs.SnapshotId ?? "",
    deleteOnTermination: ebs.DeleteOnTermination ?? true,
  };
}

/** The size and the encryption that a snapshot gives, where the request names another than the image's. */
async function sourceOf(
  scope: Scope,
  requested: EbsBlockDevice | undefined,
  ofImage: EbsBlockDevice | undefined,
): Promise<EbsBlockDevice | undefined> {
  const id = requested?.SnapshotId;
  if (id === undefined || id === ofImage?.SnapshotId) return ofImage;
  const { VolumeSize, Encrypted, KmsKeyId } = await getSnapshot(scope, id);
  return { SnapshotId: id, VolumeSize, Encrypted, KmsKeyId };
}

function checkSize(requested: EbsBlockDevice | undefined, ofImage: EbsBlockDevice | undefined): void {
  const size = requested?.VolumeSize;
  const least = ofImage?.VolumeSize;
  if (size === undefined || least === undefined || size >= least) return;
  throw invalidBlockDeviceMapping(
    `Volume of size ${size}GB is smaller than snapshot '${ofImage?.SnapshotId ?? ""}', expect size >= ${least}GB`,
  );
}

function checkKey(requested: EbsBlockDevice | undefined, ofImage: EbsBlockDevice | undefined): void {
  if (!requested?.KmsKeyId || (requested.Encrypted ?? ofImage?.Encrypted) === true) return;
  throw new AwsError(
    "InvalidParameterDependency",
    "The parameter [KmsKeyId] requires the parameter Encrypted to be set.",
  );
}

function invalidBlockDeviceMapping(message: string) {
  return new AwsError("InvalidBlockDeviceMapping", message);
}

function withoutUndefined(ebs: EbsBlockDevice): EbsBlockDevice {
  return Object.fromEntries(Object.entries(ebs).filter(([, value]) => value !== undefined));
}
