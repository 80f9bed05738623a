import type * as Ec2 from "@aws-sdk/client-ec2";
import type { StoreImageTaskResult, Tag } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context, ServiceContext } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { dryRunOperation, invalidId } from "./errors.ts";
import { getOwnImage } from "./image-lookup.ts";
import { required } from "./required.ts";
import { checkIds, findResource, insertResource, listResources, type Resource, updateResource } from "./resource.ts";
import { scopeOf } from "./scope.ts";
import { getSnapshot, type StoredSnapshot } from "./snapshots.ts";
import { images, type StoredImage } from "./stored-images.ts";
import { readTags } from "./stored-tags.ts";

/** What an image is made of again: docs/decisions/0134-images-in-buckets.md. */
export interface StoredImageTask extends StoreImageTaskResult {
  TaskId: string;
  Image: StoredImage;
  ImageTags: readonly Tag[];
  /** Of each device: its snapshot, and the copy that has the bytes. */
  Disks: { device: string; snapshot: StoredSnapshot; kept: string }[];
}

export const storeImageTasks: Resource<StoredImageTask> = {
  table: "ec2_store_image_tasks",
  prefix: "store",
  type: "image",
  idOf: (task) => task.TaskId,
  dates: ["TaskStartTime", "Disks.snapshot.StartTime", "Disks.snapshot.CompletionTime"],
  tagsOf: () => undefined,
  setTags: () => undefined,
  filters: pathFilters<StoredImageTask>()({ bucket: "Bucket", "task-state": "StoreTaskState" }),
  columnFilters: {},
  malformed: invalidId,
  notFound: ([id = ""]) => invalidId(id),
};

const shownForMs = 31 * 24 * 60 * 60 * 1000;

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-ami-store-restore.html */
export const storeImageOperations = {
  async CreateStoreImageTask(ctx, input) {
    const bucket = required(input.Bucket, "bucket");
    const image = await getOwnImage(ctx, required(input.ImageId, "imageId"));
    if (image.RootDeviceType !== "ebs" || image.State !== "available") {
      throw new AwsError("InvalidRequest", `The image ${image.ImageId} is no available image with an EBS root device.`);
    }
    if (!(await ctx.objects.hasBucket(ctx.accountId, bucket))) throw noSuchBucket(bucket);
    if (input.DryRun === true) throw dryRunOperation();
    const task: StoredImageTask = {
      ...{ TaskId: ctx.newId("store"), AmiId: image.ImageId, Bucket: bucket, S3objectKey: `${image.ImageId}.bin` },
      ...{ TaskStartTime: ctx.now(), ProgressPercentage: 0, StoreTaskState: "InProgress", Image: image, Disks: [] },
      ImageTags: (await readTags(ctx, "image", [image.ImageId])).get(image.ImageId) ?? [],
    };
    await insertResource(ctx, storeImageTasks, task);
    ctx.background(`ec2 store ${image.ImageId}`, () => store(ctx, task, input.S3ObjectTags));
    return { ObjectKey: task.S3objectKey };
  },

  async DescribeStoreImageTasks(ctx, input) {
    const matches = compileFilters(input.Filters, storeImageTasks.filters);
    const wanted = new Set(input.ImageIds);
    checkIds(images, [...wanted]);
    const since = ctx.now().getTime() - shownForMs;
    const tasks = (await listResources(ctx, storeImageTasks))
      .filter(({ AmiId = "", TaskStartTime }) => {
        return (wanted.size === 0 || wanted.has(AmiId)) && (TaskStartTime?.getTime() ?? 0) >= since;
      })
      .filter(matches)
      .reverse();
    const page = describeData(tasks, input, {
      ...{ kind: "store-image-tasks", keyOf: ({ TaskId }) => TaskId, limits: { min: 1, max: 200 } },
    });
    const StoreImageTaskResults = page.items.map(
      ({ TaskId: _, Image: __, ImageTags: ___, Disks: ____, ...result }) => result,
    );
    return { StoreImageTaskResults, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** After a start nobody goes on with what was under way when LocalAWS ended. */
export async function failUnfinishedStores(services: ServiceContext): Promise<void> {
  const unfinished = await services.db
    .selectFrom("ec2_store_image_tasks")
    .select(["id", "account_id", "region"])
    .where("data", "like", '%"StoreTaskState":"InProgress"%')
    .execute();
  for (const { id, account_id: accountId, region } of unfinished) {
    const scope = scopeOf(services, { accountId, region });
    const task = await findResource(scope, storeImageTasks, id);
    const failed = { StoreTaskState: "Failed", StoreTaskFailureReason: "Internal error" };
    if (task !== undefined) await updateResource(scope, storeImageTasks, { ...task, ...failed });
  }
}

export function noSuchBucket(bucket: string) {
  return new AwsError("InvalidS3Bucket.NotFound", `The bucket '${bucket}' does not exist.`);
}

/** The object says which task it is of; the bytes stay with the runtime. */
async function store(ctx: Context, task: StoredImageTask, tags: Ec2.S3ObjectTag[] | undefined): Promise<void> {
  const { Bucket: bucket = "", S3objectKey: key = "" } = task;
  try {
    for (const { DeviceName: device = "", Ebs } of task.Image.BlockDeviceMappings ?? []) {
      if (Ebs?.SnapshotId === undefined) continue;
      const snapshot = await getSnapshot(ctx, Ebs.SnapshotId);
      const kept = ctx.newId("snap");
      await ctx.machines.volumes.copySnapshot(Ebs.SnapshotId, kept);
      task.Disks.push({ device, snapshot, kept });
    }
    // The bytes can be found before the object says so.
    await updateResource(ctx, storeImageTasks, task);
    const { DockerImage: _, LaunchPermissions: __, ...shown } = task.Image;
    const written = await ctx.objects.put(ctx.accountId, {
      ...{ bucket, key, contentType: "application/octet-stream" },
      ...(tags === undefined ? {} : { tags: tags.map(({ Key, Value }) => ({ Key, Value })) }),
      body: Buffer.from(JSON.stringify({ TaskId: task.TaskId, Image: shown, Tags: task.ImageTags }, null, 2)),
    });
    if (!written) throw noSuchBucket(bucket);
    Object.assign(task, { StoreTaskState: "Completed", ProgressPercentage: 100 });
  } catch (error) {
    ctx.log.warn({ err: error, image: task.AmiId, bucket }, "an image could not be stored");
    const StoreTaskFailureReason = error instanceof AwsError ? error.message : "Internal error";
    Object.assign(task, { StoreTaskState: "Failed", StoreTaskFailureReason });
  }
  await updateResource(ctx, storeImageTasks, task);
}
