import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeNone } from "./describe-none.ts";
import { required } from "./required.ts";
import { checkIds, type Resource } from "./resource.ts";
import { snapshots } from "./snapshots.ts";
import { images } from "./stored-images.ts";
import { volumes } from "./volumes.ts";

/** An account without retention rules (those are Recycle Bin's own API) keeps nothing of what it deletes. */
export const recycleBinOperations = {
  ListImagesInRecycleBin(_ctx, input) {
    refuseAll(images, input.ImageIds);
    return { Images: describeNone(input) };
  },

  ListSnapshotsInRecycleBin(_ctx, input) {
    refuseAll(snapshots, input.SnapshotIds);
    return { Snapshots: describeNone(input) };
  },

  ListVolumesInRecycleBin(_ctx, input) {
    refuseAll(volumes, input.VolumeIds);
    return { Volumes: describeNone(input) };
  },

  RestoreImageFromRecycleBin: (_ctx, input) => refuseOne(images, required(input.ImageId, "ImageId")),

  RestoreSnapshotFromRecycleBin: (_ctx, input) => refuseOne(snapshots, required(input.SnapshotId, "SnapshotId")),

  RestoreVolumeFromRecycleBin: (_ctx, input) => refuseOne(volumes, required(input.VolumeId, "VolumeId")),
} satisfies Operations<typeof Ec2, Context>;

function refuseAll<Shape>(resource: Resource<Shape>, ids: readonly string[] = []): void {
  for (const id of ids) refuseOne(resource, id);
}

function refuseOne<Shape>(resource: Resource<Shape>, id: string): never {
  checkIds(resource, [id]);
  throw resource.notFound([id]);
}
