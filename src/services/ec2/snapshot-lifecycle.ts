import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Snapshot, SnapshotInfo, Tag } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import { isResourceId } from "../../aws/resource-id.ts";
import type { Context } from "../service-context.ts";
import { encryptionOf } from "./ebs-encryption.ts";
import { dryRunOperation, invalidParameterValue, operationNotPermitted, unsupportedOperation } from "./errors.ts";
import { dropFastRestoresOf } from "./fast-snapshot-restores.ts";
import { imagesOfSnapshot } from "./image-snapshots.ts";
import { instances } from "./instances.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { checkOneOf } from "./one-of.ts";
import { regions } from "./region-data.ts";
import { required } from "./required.ts";
import { deleteResources, getResource, listResources } from "./resource.ts";
import { dropSavedImage, saveRoot } from "./saved-images.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { getSnapshot, type StoredSnapshot, snapshots } from "./snapshots.ts";
import { readTags } from "./stored-tags.ts";
import { checkFilled } from "./volume-bytes.ts";
import { type StoredVolume, volumes } from "./volumes.ts";

export const snapshotLifecycleOperations = {
  async CreateSnapshot(ctx, input) {
    checkOneOf("location", input.Location, ["regional", "local"]);
    const id = required(input.VolumeId, "volumeId");
    const tags = tagsForNew(input.TagSpecifications, "snapshot");
    if (input.OutpostArn) throw unsupportedOperation("LocalAWS does not emulate snapshots on outposts.");
    const volume = await getResource(ctx, volumes, id);
    checkFilled(volume);
    if (input.DryRun === true) throw dryRunOperation();
    return pending(await snapshotVolume(ctx, volume, { description: input.Description ?? "", tags }));
  },

  async CreateSnapshots(ctx, input) {
    checkOneOf("location", input.Location, ["regional", "local"]);
    checkOneOf("copyTagsFromSource", input.CopyTagsFromSource, ["volume"]);
    const { InstanceId, ExcludeBootVolume, ExcludeDataVolumeIds = [] } = input.InstanceSpecification ?? {};
    const instance = await getResource(ctx, instances, required(InstanceId, "instanceId"));
    const tags = tagsForNew(input.TagSpecifications, "snapshot");
    const attached = await listResources(ctx, volumes, { instance_id: instances.idOf(instance) });
    const chosen = attached.filter(
      (volume) =>
        !ExcludeDataVolumeIds.includes(volumes.idOf(volume)) &&
        !(ExcludeBootVolume === true && volume.Attachments?.[0]?.Device === instance.RootDeviceName),
    );
    if (input.DryRun === true) throw dryRunOperation();
    const ofVolumes = await readTags(ctx, "volume", chosen.map(volumes.idOf));
    const made: SnapshotInfo[] = [];
    for (const volume of chosen) {
      const copied = input.CopyTagsFromSource === "volume" ? (ofVolumes.get(volumes.idOf(volume)) ?? []) : [];
      const snapshot = await snapshotVolume(ctx, volume, {
        description: input.Description ?? "",
        tags: [...copied.filter(({ Key }) => !tags.some((tag) => tag.Key === Key)), ...tags],
      });
      made.push(pending(snapshot));
    }
    return { Snapshots: made };
  },

  async CopySnapshot(ctx, input) {
    const region = required(input.SourceRegion, "sourceRegion");
    const id = input.SourceSnapshotId ?? "";
    const tags = tagsForNew(input.TagSpecifications, "snapshot");
    checkCopy(id, region, input.CompletionDurationMinutes);
    const source = await getSnapshot(inRegion(ctx, region), id);
    const encryption = await encryptionOf(ctx, input, { Encrypted: source.Encrypted });
    if (input.DryRun === true) throw dryRunOperation();
    checkDestination(ctx, input.DestinationRegion);
    const minutes = input.CompletionDurationMinutes;
    const copy: StoredSnapshot = {
      ...newSnapshot(ctx, { VolumeId: "vol-ffffffff", Size: source.VolumeSize }, input.Description ?? ""),
      ...encryption,
      ...(minutes === undefined ? {} : { TransferType: "time-based", CompletionDurationMinutes: minutes }),
      SavedImage: source.SavedImage,
    };
    await ctx.machines.volumes.copySnapshot(id, copy.SnapshotId);
    const made = await inTransaction(ctx, (scope) => insertTagged(scope, snapshots, copy, tags));
    return { SnapshotId: made.SnapshotId, Tags: made.Tags };
  },

  async DeleteSnapshot(ctx, input) {
    const id = required(input.SnapshotId, "snapshotId");
    const snapshot = await inTransaction(ctx, async (scope) => {
      const found = await getResource(scope, snapshots, id);
      const users = await imagesOfSnapshot(scope, id);
      if (users.length > 0) {
        throw new AwsError("InvalidSnapshot.InUse", `The snapshot ${id} is currently in use by ${users.join(", ")}`);
      }
      if (found.Lock !== undefined) {
        throw operationNotPermitted(`The snapshot ${id} is locked and cannot be deleted. Unlock it and try again.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, snapshots, [id]);
      await dropFastRestoresOf(scope, id);
      return found;
    });
    await ctx.machines.volumes.removeSnapshot(id);
    await dropSavedImage(ctx, snapshot.SavedImage);
    return {};
  },

  async ImportSnapshot() {
    throw unsupportedOperation("LocalAWS does not import disk images as snapshots.");
  },
} satisfies Operations<typeof Ec2, Context>;

/** Before what is there is looked at, and before a dry run: decision 0165. */
function checkCopy(id: string, region: string, minutes: number | undefined): void {
  if (!isSnapshotId(id)) throw invalidParameterValue("The specified snapshotId is invalid");
  if (!regions.some(({ name }) => name === region)) {
    throw new AwsError("InvalidRegion", `${region} is not a valid region name`);
  }
  if (minutes !== undefined && (minutes < 15 || minutes > 2880 || minutes % 15 !== 0)) {
    throw invalidParameterValue(
      `Value (${minutes}) for parameter completionDurationMinutes is invalid. Specify a value between 15 and 2880 in 15 minute increments.`,
    );
  }
}

function isSnapshotId(id: string): boolean {
  return isResourceId("snap", id) && !/^snap-0{17}$/.test(id);
}

function checkDestination(scope: Scope, region: string | undefined): void {
  if (!region || region === scope.region) return;
  throw invalidParameterValue(`DestinationRegion '${region}' does not match the current region (${scope.region}).`);
}

/** Takes a snapshot of what a volume holds now; of a root volume, of its machine's disk. */
export async function snapshotVolume(
  ctx: Context,
  volume: StoredVolume,
  options: { description: string; tags: readonly Tag[]; savedImage?: string | undefined },
): Promise<StoredSnapshot> {
  const { Encrypted, KmsKeyId, VolumeId = "" } = volume;
  const snapshot: StoredSnapshot = {
    ...newSnapshot(ctx, volume, options.description),
    ...{ Encrypted, KmsKeyId },
  };
  const saved = options.savedImage ?? (await saveRoot(ctx, volume, snapshot.SnapshotId));
  if (saved === undefined) await ctx.machines.volumes.snapshot(VolumeId, snapshot.SnapshotId);
  else snapshot.SavedImage = saved;
  return inTransaction(ctx, (scope) => insertTagged(scope, snapshots, snapshot, options.tags));
}

function newSnapshot(
  scope: Scope,
  volume: { VolumeId?: string | undefined; Size?: number | undefined },
  Description: string,
): StoredSnapshot {
  return {
    SnapshotId: scope.newId("snap"),
    VolumeId: volume.VolumeId ?? "",
    VolumeSize: volume.Size ?? 0,
    OwnerId: scope.accountId,
    ...{ Description, Encrypted: false, State: "completed", Progress: "100%", StorageTier: "standard" },
    TransferType: "standard",
    ...{ StartTime: scope.now(), CompletionTime: scope.now() },
  };
}

/** As CreateSnapshot answers: it is done by the time that anybody asks. */
function pending<Shape extends Snapshot>({
  CompletionTime: _,
  StorageTier: __,
  TransferType: ___,
  ...snapshot
}: Shape) {
  return { ...snapshot, State: "pending" as const, Progress: "" };
}

/** The same account's scope in a region, as an object of its own: a `Context` cannot be spread. @throws AwsError for what is no region */
export function inRegion(scope: Scope, region: string): Scope {
  if (!regions.some(({ name }) => name === region)) throw invalidParameterValue(`Invalid region provided: [${region}]`);
  return {
    db: scope.db,
    accountId: scope.accountId,
    region,
    now: () => scope.now(),
    newId: (prefix) => scope.newId(prefix),
  };
}
