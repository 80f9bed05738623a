import type { ReplaceRootVolumeTask } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed, notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

/** What a task has to do. */
export interface StoredRootVolumeTask extends ReplaceRootVolumeTask {
  ReplaceRootVolumeTaskId: string;
  InstanceId: string;
  /** What the machine is made from then. */
  DockerImage: string;
  /** The volume that goes. */
  ReplacedVolumeId: string;
  /** Of the new one. */
  VolumeSize: number | undefined;
}

export const rootVolumeTasks: Resource<StoredRootVolumeTask> = {
  table: "ec2_replace_root_volume_tasks",
  prefix: "replacevol",
  type: "replace-root-volume-task",
  idOf: (task) => task.ReplaceRootVolumeTaskId,
  ...tagsMember,
  filters: pathFilters<ReplaceRootVolumeTask>()({ "instance-id": "InstanceId" }),
  columnFilters: {},
  malformed: (id) => malformed("InvalidReplaceRootVolumeTaskId.Malformed", id, "replacevol"),
  notFound: (ids) => notFound("InvalidReplaceRootVolumeTaskId.NotFound", "replace root volume task ID", ids),
};
