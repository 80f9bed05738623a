import type * as Ec2 from "@aws-sdk/client-ec2";
import type { BlockDeviceMapping, Tag } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { checkName, newImage } from "./image-lifecycle.ts";
import { insertTagged } from "./made-once.ts";
import { required } from "./required.ts";
import { findResource } from "./resource.ts";
import { inTransaction, type Scope, scopeAt } from "./scope.ts";
import { type StoredSnapshot, snapshots } from "./snapshots.ts";
import { noSuchBucket, type StoredImageTask, storeImageTasks } from "./store-image-tasks.ts";
import { images, type StoredImage } from "./stored-images.ts";
import { tagsOfSpecifications } from "./tag-specifications.ts";

export const restoreImageOperations = {
  async CreateRestoreImageTask(ctx, input) {
    const bucket = required(input.Bucket, "bucket");
    const key = required(input.ObjectKey, "objectKey");
    const asked = tagsOfSpecifications(input.TagSpecifications, ["image", "snapshot"]);
    const task = await readTask(ctx, bucket, key);
    const name = await checkName(ctx, input.Name ?? task.Image.Name);
    if (input.DryRun === true) throw dryRunOperation();
    const mappings: BlockDeviceMapping[] = [];
    const made: StoredSnapshot[] = [];
    for (const mapping of task.Image.BlockDeviceMappings ?? []) {
      const disk = task.Disks.find(({ device }) => device === mapping.DeviceName);
      if (disk === undefined) {
        mappings.push(mapping);
        continue;
      }
      const snapshot = newSnapshot(ctx, disk.snapshot);
      await ctx.machines.volumes.copySnapshot(disk.kept, snapshot.SnapshotId);
      made.push(snapshot);
      mappings.push({ ...mapping, Ebs: { ...mapping.Ebs, SnapshotId: snapshot.SnapshotId } });
    }
    const { LaunchPermissions: _, DeprecationTime: __, DeregistrationProtection: ___, ...shown } = task.Image;
    const image: StoredImage = {
      ...shown,
      ...newImage(ctx, name, shown.Description),
      ...{ ImageLocation: `${ctx.accountId}/${name}`, EnaSupport: shown.EnaSupport, DockerImage: shown.DockerImage },
      BlockDeviceMappings: mappings,
    };
    await inTransaction(ctx, async (scope) => {
      for (const snapshot of made) await insertTagged(scope, snapshots, snapshot, asked.snapshot ?? []);
      await insertTagged(scope, images, image, joined(task.ImageTags, asked.image ?? []));
    });
    return { ImageId: image.ImageId };
  },
} satisfies Operations<typeof Ec2, Context>;

/** The object may be a copy, and in another region's bucket; the task is the account's. */
async function readTask(ctx: Context, bucket: string, key: string): Promise<StoredImageTask> {
  if (!(await ctx.objects.hasBucket(ctx.accountId, bucket))) throw noSuchBucket(bucket);
  const body = await ctx.objects.get(ctx.accountId, bucket, key);
  const task = body && (await findTask(ctx, taskIdOf(body)));
  if (task?.StoreTaskState === "Completed") return task;
  throw invalidParameterValue(`The object '${key}' in the bucket '${bucket}' is no stored image.`);
}

async function findTask(ctx: Scope, id: string): Promise<StoredImageTask | undefined> {
  const row = await ctx.db
    .selectFrom("ec2_store_image_tasks")
    .select("region")
    .where("id", "=", id)
    .where("account_id", "=", ctx.accountId)
    .executeTakeFirst();
  return row && findResource(scopeAt(ctx, { accountId: ctx.accountId, region: row.region }), storeImageTasks, id);
}

/** Anybody may have written the object. */
function taskIdOf(body: Uint8Array): string {
  try {
    const content: unknown = JSON.parse(Buffer.from(body).toString());
    const id: unknown = typeof content === "object" && content !== null && Reflect.get(content, "TaskId");
    return typeof id === "string" ? id : "";
  } catch {
    return "";
  }
}

function newSnapshot(scope: Scope, source: StoredSnapshot): StoredSnapshot {
  const { Lock: _, Permissions: __, Tags: ___, ...shown } = source;
  return {
    ...shown,
    ...{ SnapshotId: scope.newId("snap"), OwnerId: scope.accountId, VolumeId: "vol-ffffffff" },
    ...{ StartTime: scope.now(), CompletionTime: scope.now(), Description: `Restored from ${source.SnapshotId}` },
  };
}

function joined(stored: readonly Tag[], asked: readonly Tag[]): Tag[] {
  return [...stored.filter(({ Key }) => !asked.some((tag) => tag.Key === Key)), ...asked];
}
