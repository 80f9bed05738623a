import { listResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { images } from "./stored-images.ts";

/** The account's images that need a snapshot. */
export async function imagesOfSnapshot(scope: Scope, snapshotId: string): Promise<string[]> {
  const found = await listResources(scope, images);
  return found
    .filter(({ BlockDeviceMappings }) => BlockDeviceMappings?.some(({ Ebs }) => Ebs?.SnapshotId === snapshotId))
    .map(images.idOf);
}
