import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  BlockDeviceMapping,
  DeleteSnapshotReturnCode,
  Image,
  SnapshotReturnCodes,
  Tag,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { rememberDeregistered } from "./deregistered-images.ts";
import { encryptionOf } from "./ebs-encryption.ts";
import { dryRunOperation, invalidParameterValue, missingParameter, operationNotPermitted } from "./errors.ts";
import { getImage, getOwnImage } from "./image-lookup.ts";
import { instances } from "./instances.ts";
import { insertTagged, makeOnce } from "./made-once.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import { deleteResources, findResource, getResource, listResources, updateResource } from "./resource.ts";
import { dropSavedImage, saveRoot } from "./saved-images.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { inRegion, snapshotVolume } from "./snapshot-lifecycle.ts";
import { getSnapshot, type StoredSnapshot, snapshots } from "./snapshots.ts";
import { images, type StoredImage } from "./stored-images.ts";
import { readTags } from "./stored-tags.ts";
import { tagsOfSpecifications } from "./tag-specifications.ts";
import { volumes } from "./volumes.ts";
import { wholeSecond } from "./whole-second.ts";

export const imageLifecycleOperations = {
  /** Of the disk as it is: the machine is held while it is copied, and not rebooted. */
  async CreateImage(ctx, input) {
    checkOneOf("snapshotLocation", input.SnapshotLocation, ["regional", "local"]);
    const instanceId = required(input.InstanceId, "instanceId");
    const Name = await checkName(ctx, input.Name);
    const tags = tagsOfSpecifications(input.TagSpecifications, ["image", "snapshot"]);
    const instance = await getResource(ctx, instances, instanceId);
    if (instance.State.Name !== "running" && instance.State.Name !== "stopped") {
      throw new AwsError(
        "IncorrectInstanceState",
        `Instance '${instanceId}' is not in a state from which an image can be created.`,
      );
    }
    if (input.DryRun === true) throw dryRunOperation();
    const image: StoredImage = {
      ...newImage(ctx, Name, input.Description),
      ImageLocation: `${ctx.accountId}/${Name}`,
      Architecture: instance.Architecture ?? "x86_64",
      BootMode: instance.BootMode,
      PlatformDetails: instance.PlatformDetails ?? "Linux/UNIX",
      RootDeviceName: instance.RootDeviceName,
      SourceInstanceId: instanceId,
      SourceImageId: instance.ImageId,
      SourceImageRegion: ctx.region,
      State: "pending",
    };
    await inTransaction(ctx, (scope) => insertTagged(scope, images, image, tags.image));
    ctx.background(`ec2 image ${image.ImageId}`, () =>
      fillImage(ctx, image, { instanceId, requested: input.BlockDeviceMappings ?? [], tags: tags.snapshot ?? [] }),
    );
    return { ImageId: image.ImageId };
  },

  async RegisterImage(ctx, input) {
    const Name = await checkName(ctx, input.Name);
    const tags = tagsOfSpecifications(input.TagSpecifications, ["image"]);
    checkOneOf("architecture", input.Architecture, ["i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"]);
    checkOneOf("virtualizationType", input.VirtualizationType, ["hvm", "paravirtual"]);
    // Of a manifest in S3, as instance store images are: there is nothing in it to boot.
    const hasManifest = input.ImageLocation !== undefined && (input.BlockDeviceMappings ?? []).length === 0;
    const RootDeviceName = input.RootDeviceName ?? "/dev/sda1";
    const mappings: BlockDeviceMapping[] = [];
    let root: StoredSnapshot | undefined;
    for (const mapping of input.BlockDeviceMappings ?? []) {
      const { snapshot, resolved } = await resolveMapping(ctx, mapping);
      if (mapping.DeviceName === RootDeviceName) root = snapshot;
      mappings.push(resolved);
    }
    if (root === undefined && !hasManifest) {
      throw new AwsError(
        "InvalidBlockDeviceMapping",
        `No snapshot is mapped to the root device ${RootDeviceName} of the image.`,
      );
    }
    if (input.DryRun === true) throw dryRunOperation();
    const image: StoredImage = {
      ...newImage(ctx, Name, input.Description),
      ImageLocation: input.ImageLocation ?? `${ctx.accountId}/${Name}`,
      Architecture: input.Architecture ?? "i386",
      ...{ BootMode: input.BootMode, ImdsSupport: input.ImdsSupport, TpmSupport: input.TpmSupport },
      ...{ EnaSupport: input.EnaSupport, SriovNetSupport: input.SriovNetSupport },
      ...{ VirtualizationType: input.VirtualizationType === "hvm" ? "hvm" : "paravirtual" },
      ...{ RootDeviceName, BlockDeviceMappings: mappings, DockerImage: root?.SavedImage ?? "" },
      RootDeviceType: hasManifest ? "instance-store" : "ebs",
    };
    await inTransaction(ctx, (scope) => insertTagged(scope, images, image, tags.image));
    return { ImageId: image.ImageId };
  },

  async CopyImage(ctx, input) {
    const sourceRegion = required(input.SourceRegion, "sourceRegion");
    const sourceId = required(input.SourceImageId, "sourceImageId");
    const tags = tagsOfSpecifications(input.TagSpecifications, ["image", "snapshot"]);
    const there = inRegion(ctx, sourceRegion);
    const { image: source, dockerImage } = await getImage(
      { ...there, machines: ctx.machines, config: ctx.config },
      sourceId,
    );
    const Name = await checkName(ctx, input.Name);
    const copied =
      input.CopyImageTags === true ? (await readTags(there, "image", [sourceId])).get(sourceId) : undefined;
    const made = await makeOnce(ctx, images, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const mappings: BlockDeviceMapping[] = [];
      for (const mapping of source.BlockDeviceMappings ?? []) {
        mappings.push(await copyMapping(ctx, scope, { mapping, sourceRegion, input, tags: tags.snapshot ?? [] }));
      }
      const { LaunchPermissions: _, ...shown }: Image & Pick<StoredImage, "LaunchPermissions"> = source;
      const image: StoredImage = {
        ...shown,
        ...newImage(ctx, Name, input.Description ?? source.Description),
        ...{ ImageLocation: `${ctx.accountId}/${Name}`, EnaSupport: source.EnaSupport },
        ...{ SourceImageId: sourceId, SourceImageRegion: sourceRegion, ImageOwnerAlias: undefined },
        ...{ BlockDeviceMappings: mappings, DockerImage: dockerImage, DeprecationTime: undefined },
      };
      return insertTagged(scope, images, image, [...(tags.image ?? []), ...(copied ?? [])]);
    });
    return { ImageId: made.ImageId };
  },

  async DeregisterImage(ctx, input) {
    const id = required(input.ImageId, "imageId");
    const image = await getOwnImage(ctx, id);
    if (image.DeregistrationProtection?.startsWith("enabled") === true) {
      throw operationNotPermitted(
        `The image ${id} is protected from deregistration. Disable the protection and try again.`,
      );
    }
    if (input.DryRun === true) throw dryRunOperation();
    await inTransaction(ctx, async (scope) => {
      await deleteResources(scope, images, [id]);
      await rememberDeregistered(scope, id);
    });
    const results: DeleteSnapshotReturnCode[] = [];
    if (input.DeleteAssociatedSnapshots === true) {
      for (const { Ebs } of image.BlockDeviceMappings ?? []) {
        const SnapshotId = Ebs?.SnapshotId;
        if (SnapshotId === undefined) continue;
        const ReturnCode = await dropSnapshot(ctx, SnapshotId);
        results.push({ SnapshotId, ReturnCode });
      }
    }
    await dropSavedImage(ctx, image.DockerImage);
    return { Return: true, DeleteSnapshotResults: results };
  },
} satisfies Operations<typeof Ec2, Context>;

export function newImage(scope: Scope, Name: string, Description: string | undefined): StoredImage {
  return {
    ImageId: scope.newId("ami"),
    ...{ Name, Description, OwnerId: scope.accountId, Public: false, State: "available", ImageType: "machine" },
    CreationDate: wholeSecond(scope.now()).toISOString(),
    ...{ DeregistrationProtection: "disabled", FreeTierEligible: true },
    ...{ EnaSupport: true, SriovNetSupport: "simple", Hypervisor: "xen", VirtualizationType: "hvm" },
    ...{ PlatformDetails: "Linux/UNIX", UsageOperation: "RunInstances", RootDeviceType: "ebs" },
    DockerImage: "",
  };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html */
export async function checkName(scope: Scope, name: string | undefined): Promise<string> {
  if (name === undefined || name === "") throw missingParameter("name");
  if (!/^[A-Za-z0-9()[\] ./\-'@_]{3,128}$/.test(name)) {
    throw new AwsError(
      "InvalidAMIName.Malformed",
      "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'",
    );
  }
  const [there] = await listResources(scope, images, { name });
  if (there === undefined) return name;
  throw new AwsError("InvalidAMIName.Duplicate", `AMI name ${name} is already in use by AMI ${there.ImageId}`);
}

/** Takes the snapshots of an image that is `pending`; what fails makes it `failed`. */
async function fillImage(
  ctx: Context,
  image: StoredImage,
  options: { instanceId: string; requested: readonly BlockDeviceMapping[]; tags: readonly Tag[] },
): Promise<void> {
  const { instanceId, requested, tags } = options;
  const filled: Partial<StoredImage> = {};
  try {
    const mappings = new Map<string, BlockDeviceMapping>();
    for (const volume of await listResources(ctx, volumes, { instance_id: instanceId })) {
      const DeviceName = volume.Attachments?.[0]?.Device ?? "";
      const asked = requested.find((mapping) => mapping.DeviceName === DeviceName);
      if (asked?.NoDevice !== undefined && DeviceName !== image.RootDeviceName) continue;
      const savedImage = DeviceName === image.RootDeviceName ? await saveRoot(ctx, volume, image.ImageId) : undefined;
      if (savedImage !== undefined) filled.DockerImage = savedImage;
      const description = `Created by CreateImage(${instanceId}) for ${image.ImageId}`;
      const snapshot = await snapshotVolume(ctx, volume, { description, tags, savedImage });
      const { Size: VolumeSize, VolumeType, Iops, Throughput, Encrypted } = volume;
      mappings.set(DeviceName, {
        DeviceName,
        Ebs: {
          ...{ DeleteOnTermination: volume.Attachments?.[0]?.DeleteOnTermination ?? true, Encrypted },
          ...{ SnapshotId: snapshot.SnapshotId, VolumeSize, VolumeType },
          ...(VolumeType === "gp2" ? {} : { Iops, Throughput }),
          ...defined(asked?.Ebs ?? {}),
        },
      });
    }
    for (const mapping of requested) {
      const DeviceName = mapping.DeviceName ?? "";
      if (mapping.NoDevice === undefined && !mappings.has(DeviceName)) mappings.set(DeviceName, mapping);
    }
    filled.BlockDeviceMappings = [...mappings.values()];
    filled.State = "available";
  } catch (error) {
    ctx.log.warn({ err: error, image: image.ImageId, instance: instanceId }, "an image could not be made");
    filled.State = "failed";
    filled.StateReason = { Code: "Server.InternalError", Message: "Internal error on image creation" };
  }
  await inTransaction(ctx, async (scope) => {
    const there = await findResource(scope, images, image.ImageId);
    if (there !== undefined) await updateResource(scope, images, { ...there, ...filled });
  });
}

async function resolveMapping(
  scope: Scope,
  mapping: BlockDeviceMapping,
): Promise<{ snapshot: StoredSnapshot | undefined; resolved: BlockDeviceMapping }> {
  const { Ebs, DeviceName } = mapping;
  if (Ebs === undefined) return { snapshot: undefined, resolved: mapping };
  if (Ebs.SnapshotId !== undefined && Ebs.Encrypted !== undefined) {
    throw new AwsError(
      "InvalidParameter",
      "Parameter encrypted is invalid. You cannot specify the encrypted flag if specifying a snapshot id in a block device mapping.",
    );
  }
  const snapshot = Ebs.SnapshotId === undefined ? undefined : await getSnapshot(scope, Ebs.SnapshotId);
  const VolumeSize = Ebs.VolumeSize ?? snapshot?.VolumeSize;
  if (VolumeSize === undefined) throw missingParameter("size or snapshotId");
  if (snapshot !== undefined && VolumeSize < snapshot.VolumeSize) {
    throw invalidParameterValue(`Volume of size ${VolumeSize}GB is smaller than snapshot '${snapshot.SnapshotId}'.`);
  }
  return {
    snapshot,
    resolved: {
      DeviceName,
      Ebs: {
        ...{ DeleteOnTermination: true, VolumeType: "gp2" },
        ...defined(Ebs),
        ...{ VolumeSize, Encrypted: Ebs.Encrypted ?? snapshot?.Encrypted ?? false },
      },
    },
  };
}

async function copyMapping(
  ctx: Context,
  scope: Scope,
  options: {
    mapping: BlockDeviceMapping;
    sourceRegion: string;
    input: { Encrypted?: boolean | undefined; KmsKeyId?: string | undefined };
    tags: readonly Tag[];
  },
): Promise<BlockDeviceMapping> {
  const { mapping, sourceRegion, input, tags } = options;
  const id = mapping.Ebs?.SnapshotId;
  if (id === undefined) return mapping;
  const source = await getSnapshot(inRegion(scope, sourceRegion), id).catch((error: unknown) => {
    if (!(error instanceof AwsError)) throw error;
    // Who may launch an image may not copy what it is made of.
    throw new AwsError("InvalidRequest", "You do not have permission to access the storage of this ami");
  });
  const encryption = await encryptionOf(scope, input, { Encrypted: source.Encrypted });
  const { Lock: _, Permissions: __, ...shown } = source;
  const copy: StoredSnapshot = {
    ...shown,
    ...encryption,
    ...{ SnapshotId: scope.newId("snap"), OwnerId: scope.accountId, OwnerAlias: undefined, VolumeId: "vol-ffffffff" },
    ...{ StartTime: scope.now(), CompletionTime: scope.now(), Description: `Copied for an image from ${id}` },
  };
  await ctx.machines.volumes.copySnapshot(id, copy.SnapshotId);
  await insertTagged(scope, snapshots, copy, tags);
  return { ...mapping, Ebs: { ...mapping.Ebs, SnapshotId: copy.SnapshotId, Encrypted: encryption.Encrypted } };
}

async function dropSnapshot(ctx: Context, id: string): Promise<SnapshotReturnCodes> {
  const snapshot = await findResource(ctx, snapshots, id);
  if (snapshot === undefined) return "skipped";
  if (snapshot.Lock !== undefined) return "client-error";
  await deleteResources(ctx, snapshots, [id]);
  await ctx.machines.volumes.removeSnapshot(id);
  await dropSavedImage(ctx, snapshot.SavedImage);
  return "success";
}

function defined<Shape extends object>(shape: Shape): Partial<Shape> {
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Partial<Shape>;
}
