import type { ServiceContext } from "../service-context.ts";
import type { StoredInstance } from "./instances.ts";
import { listResources } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { deviceOf } from "./volume-devices.ts";
import { type StoredVolume, volumes } from "./volumes.ts";

/** Has the bytes of an instance's volumes, but for its root, in its machine: before each of its starts. */
export async function prepareVolumes(services: ServiceContext, scope: Scope, instance: StoredInstance): Promise<void> {
  const machineId = instance.InstanceId ?? "";
  for (const volume of await listResources(scope, volumes, { instance_id: machineId })) {
    const device = volume.Attachments?.[0]?.Device ?? "";
    if (device === instance.RootDeviceName) continue;
    await services.machines.volumes.create(volumes.idOf(volume), volume.SnapshotId || undefined);
    await services.machines.volumes.attach(volumes.idOf(volume), { machineId, device: deviceOf(device) });
  }
}

/** Drops the bytes of those volumes that an instance has taken with it. */
export async function dropVolumes(
  services: ServiceContext,
  scope: Scope,
  before: readonly StoredVolume[],
): Promise<void> {
  const left = await listResources(scope, volumes, { id: before.map(volumes.idOf) });
  const kept = new Set(left.map(volumes.idOf));
  for (const id of before.map(volumes.idOf)) if (!kept.has(id)) await services.machines.volumes.remove(id);
}
