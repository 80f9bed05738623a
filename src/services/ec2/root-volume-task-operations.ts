import type * as Ec2 from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import {
  dryRunOperation,
  incorrectInstanceState,
  invalidParameterCombination,
  invalidParameterValue,
} from "./errors.ts";
import { getImageToLaunch } from "./image-lookup.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { getResource, listResources } from "./resource.ts";
import { replaceRootInBackground } from "./root-volume-replacement.ts";
import { rootVolumeTasks, type StoredRootVolumeTask } from "./root-volume-tasks.ts";
import type { Scope } from "./scope.ts";
import { getSnapshot } from "./snapshots.ts";
import { type StoredVolume, volumes } from "./volumes.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/replace-root.html */
export const rootVolumeTaskOperations = {
  async CreateReplaceRootVolumeTask(ctx, input) {
    const instanceId = required(input.InstanceId, "instanceId");
    const tags = tagsForNew(input.TagSpecifications, "replace-root-volume-task");
    if (input.SnapshotId && input.ImageId) {
      throw invalidParameterCombination("The parameter SnapshotId cannot be used with the parameter ImageId");
    }
    const instance = await getResource(ctx, instances, instanceId);
    if (instance.State.Name !== "running") {
      throw incorrectInstanceState(
        `The instance '${instanceId}' is not in a state from which its root can be replaced.`,
      );
    }
    const root = await getRoot(ctx, instance);
    const source = await sourceOf(ctx, { instance, root, input });
    let isNew = false;
    const made = await makeOnce(ctx, rootVolumeTasks, input, (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      isNew = true;
      const task: StoredRootVolumeTask = {
        ReplaceRootVolumeTaskId: scope.newId("replacevol"),
        ...{ InstanceId: instanceId, TaskState: "pending", StartTime: scope.now().toISOString() },
        ...{ ImageId: input.ImageId || undefined, DeleteReplacedRootVolume: input.DeleteReplacedRootVolume ?? false },
        ...{ ...source, ReplacedVolumeId: volumes.idOf(root) },
      };
      return insertTagged(scope, rootVolumeTasks, task, tags);
    });
    const owner = { accountId: ctx.accountId, region: ctx.region };
    if (isNew) replaceRootInBackground(ctx, owner, { instanceId, taskId: made.ReplaceRootVolumeTaskId });
    return { ReplaceRootVolumeTask: made };
  },

  async DescribeReplaceRootVolumeTasks(ctx, input) {
    const page = await describeResources(ctx, rootVolumeTasks, input, {
      ids: input.ReplaceRootVolumeTaskIds,
      limits: { min: 1, max: 50 },
    });
    return { ReplaceRootVolumeTasks: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function getRoot(scope: Scope, instance: StoredInstance): Promise<StoredVolume> {
  const attached = await listResources(scope, volumes, { instance_id: instances.idOf(instance) });
  const root = attached.find(({ Attachments }) => Attachments?.[0]?.Device === instance.RootDeviceName);
  if (root !== undefined) return root;
  throw new AwsError("UnsupportedOperation", `The instance '${instances.idOf(instance)}' has no root volume.`);
}

/** A snapshot of the root, an AMI of the same architecture, or what the instance was launched from. */
async function sourceOf(
  ctx: Context,
  {
    instance,
    root,
    input,
  }: {
    instance: StoredInstance;
    root: StoredVolume;
    input: { SnapshotId?: string | undefined; ImageId?: string | undefined };
  },
): Promise<Pick<StoredRootVolumeTask, "DockerImage" | "SnapshotId" | "VolumeSize">> {
  if (input.SnapshotId) {
    const snapshot = await getSnapshot(ctx, input.SnapshotId);
    const lineage = (await listResources(ctx, rootVolumeTasks)).filter(
      (task) => task.InstanceId === instance.InstanceId,
    );
    const roots = [volumes.idOf(root), ...lineage.map(({ ReplacedVolumeId }) => ReplacedVolumeId)];
    if (snapshot.SavedImage === undefined || !roots.includes(snapshot.VolumeId)) {
      throw invalidParameterValue(
        `The snapshot '${input.SnapshotId}' does not belong to the lineage of the root volume of instance '${instance.InstanceId}'.`,
      );
    }
    return { DockerImage: snapshot.SavedImage, SnapshotId: snapshot.SnapshotId, VolumeSize: snapshot.VolumeSize };
  }
  if (input.ImageId) {
    const { image, dockerImage } = await getImageToLaunch(ctx, input.ImageId);
    if (image.Architecture !== instance.Architecture || dockerImage === "") {
      throw invalidParameterValue(
        `The image '${input.ImageId}' does not have the architecture and the kind of root device of instance '${instance.InstanceId}'.`,
      );
    }
    const mapping = image.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === image.RootDeviceName)?.Ebs;
    return { DockerImage: dockerImage, SnapshotId: mapping?.SnapshotId, VolumeSize: mapping?.VolumeSize };
  }
  const DockerImage = instance.LaunchedFrom?.DockerImage ?? instance.DockerImage;
  const SnapshotId = instance.LaunchedFrom?.SnapshotId ?? root.SnapshotId;
  return { DockerImage, SnapshotId: SnapshotId || undefined, VolumeSize: undefined };
}
