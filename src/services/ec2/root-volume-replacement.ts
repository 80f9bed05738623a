import type { ReplaceRootVolumeTaskState } from "@aws-sdk/client-ec2";
import type { ServiceContext } from "../service-context.ts";
import { bootMachine } from "./instance-boot.ts";
import { changeInstance, prepareImage, startMachine } from "./instance-launch.ts";
import { enqueue } from "./instance-machines.ts";
import { instances, type StoredInstance, stateNamed } from "./instances.ts";
import { refreshPacketRules } from "./machine-network.ts";
import { deleteResources, findResource, insertResource, updateResource } from "./resource.ts";
import { rootVolumeTasks, type StoredRootVolumeTask } from "./root-volume-tasks.ts";
import { inTransaction, type Scope, scopeOf } from "./scope.ts";
import { type StoredVolume, volumes } from "./volumes.ts";

/**
 * Carries out a task after all that is under way on its instance: a machine that is made from something else takes the place of the one
 * that was there, with the same address and the same other volumes. It boots as for the first time.
 */
export function replaceRootInBackground(
  services: ServiceContext,
  owner: { accountId: string; region: string },
  { instanceId, taskId }: { instanceId: string; taskId: string },
): void {
  enqueue(services, { owner, id: instanceId }, "replace the root of", async () => {
    const scope = scopeOf(services, owner);
    const task = await findResource(scope, rootVolumeTasks, taskId);
    const instance = await findResource(scope, instances, instanceId);
    if (task === undefined) return;
    if (instance?.State.Name !== "running") return endTask(scope, task, "failed");
    try {
      await prepareImage(services, { InstanceId: instanceId, DockerImage: task.DockerImage });
    } catch (error) {
      services.log.warn({ err: error, instance: instanceId, image: task.DockerImage }, "a root volume is not replaced");
      return endTask(scope, task, "failed");
    }
    await changeTask(scope, task, { TaskState: "in-progress" });
    await replace(services, scope, { task, instance });
  });
}

/** Carries on with what a stop of LocalAWS has cut off; to be called when machines have been looked at after a start. */
export async function resumeRootReplacements(services: ServiceContext): Promise<void> {
  const unfinished = await services.db
    .selectFrom("ec2_replace_root_volume_tasks")
    .select(["id", "account_id", "region"])
    .where("data", "not like", '%"CompleteTime":%')
    .execute();
  for (const { id: taskId, account_id: accountId, region } of unfinished) {
    const scope = scopeOf(services, { accountId, region });
    const task = await findResource(scope, rootVolumeTasks, taskId);
    if (task === undefined) continue;
    const state = (await findResource(scope, instances, task.InstanceId))?.State.Name ?? "terminated";
    const old = await findResource(scope, volumes, task.ReplacedVolumeId);
    const isAttached = (old?.Attachments ?? []).some(({ InstanceId }) => InstanceId === task.InstanceId);
    if (isAttached) {
      replaceRootInBackground(services, { accountId, region }, { instanceId: task.InstanceId, taskId });
    } else {
      // Where the new volume was there already, the instance has been started from it.
      await endTask(scope, task, state === "terminated" ? "failed" : "succeeded");
    }
  }
}

async function replace(
  services: ServiceContext,
  scope: Scope,
  { task, instance }: { task: StoredRootVolumeTask; instance: StoredInstance },
): Promise<void> {
  const id = task.InstanceId;
  try {
    await services.machines.remove(id);
    const changed = await inTransaction(scope, (transaction) => changeRoot(transaction, task, instance));
    await startMachine(services, scope, changed, { isNew: true });
    refreshPacketRules(services);
    await bootMachine(services, scope, id);
    await endTask(scope, task, "succeeded");
  } catch (error) {
    services.log.warn({ err: error, instance: id, image: task.DockerImage }, "a root volume could not be replaced");
    await changeInstance(scope, id, (found) => {
      if (found.State.Name === "running") found.State = stateNamed("stopped");
    });
    await endTask(scope, task, "failed-detached");
  }
}

/** The new volume is attached as the old one was, which is free, or gone. */
async function changeRoot(scope: Scope, task: StoredRootVolumeTask, before: StoredInstance): Promise<StoredInstance> {
  const instance = (await findResource(scope, instances, task.InstanceId)) ?? before;
  const old = await findResource(scope, volumes, task.ReplacedVolumeId);
  const [attachment] = old?.Attachments ?? [];
  if (old !== undefined && attachment !== undefined) {
    const VolumeId = scope.newId("vol");
    const { Modification: _, ...shown } = old;
    const made: StoredVolume = {
      ...shown,
      ...{ VolumeId, CreateTime: scope.now(), SnapshotId: task.SnapshotId ?? "" },
      Size: Math.max(old.Size ?? 0, task.VolumeSize ?? 0),
      Attachments: [{ ...attachment, VolumeId, AttachTime: scope.now() }],
    };
    if (task.DeleteReplacedRootVolume === true) await deleteResources(scope, volumes, [task.ReplacedVolumeId]);
    else await updateResource(scope, volumes, { ...old, State: "available", Attachments: [] });
    await insertResource(scope, volumes, made);
    instance.LaunchedFrom ??= { DockerImage: instance.DockerImage, SnapshotId: old.SnapshotId };
  }
  if (task.ImageId !== undefined) {
    instance.ImageId = task.ImageId;
    instance.LaunchedFrom = { DockerImage: task.DockerImage, SnapshotId: task.SnapshotId };
  }
  instance.DockerImage = task.DockerImage;
  // What its disk has had done to it at its first boot has gone with it.
  delete instance.BootedBare;
  await updateResource(scope, instances, instance);
  return instance;
}

async function changeTask(
  scope: Scope,
  task: StoredRootVolumeTask,
  changes: Partial<StoredRootVolumeTask>,
): Promise<void> {
  await inTransaction(scope, async (transaction) => {
    const found = await findResource(transaction, rootVolumeTasks, task.ReplaceRootVolumeTaskId);
    if (found !== undefined) await updateResource(transaction, rootVolumeTasks, { ...found, ...changes });
  });
}

function endTask(scope: Scope, task: StoredRootVolumeTask, TaskState: ReplaceRootVolumeTaskState): Promise<void> {
  return changeTask(scope, task, { TaskState, CompleteTime: scope.now().toISOString() });
}
