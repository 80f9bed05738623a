import type { ServiceContext } from "../service-context.ts";
import { dropProfileAssociations } from "./iam-instance-profiles.ts";
import { dropVolumes } from "./instance-volumes.ts";
import { instances, stateNamed } from "./instances.ts";
import { releaseAssignedAddress } from "./interface-associations.ts";
import { attachedInterfaces, releaseInterfacesOf } from "./interface-attachments.ts";
import { refreshPacketRules } from "./machine-network.ts";
import { machineWork } from "./machine-work.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { deleteResources, findResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { closeSpotRequestOf } from "./spot-requests.ts";
import { volumes } from "./volumes.ts";

/** The end: interfaces go, volumes go or are free again, and the instance has no network any more. */
export async function markTerminated(services: ServiceContext, scope: Scope, id: string): Promise<void> {
  const before = await listResources(scope, volumes, { instance_id: id });
  await inTransaction(scope, async (transaction) => {
    const instance = await findResource(transaction, instances, id);
    if (instance === undefined || instance.State.Name === "terminated") return;
    await releaseAttachments(transaction, id);
    await dropProfileAssociations(transaction, id);
    await closeSpotRequestOf(transaction, id);
    for (const member of ["SubnetId", "VpcId", "PrivateIpAddress"] as const) delete instance[member];
    instance.PrivateDnsName = "";
    instance.State = stateNamed("terminated");
    instance.TerminatedAt = scope.now();
    await updateResource(transaction, instances, instance);
  });
  refreshPacketRules(services);
  await dropVolumes(services, scope, before);
  machineWork(services).terminated?.({ accountId: scope.accountId, region: scope.region }, id);
}

async function releaseAttachments(scope: Scope, id: string): Promise<void> {
  await releaseInterfacesOf(scope, id);
  for (const volume of await listResources(scope, volumes, { instance_id: id })) {
    if (volume.Attachments?.[0]?.DeleteOnTermination !== false) {
      await deleteResources(scope, volumes, [volumes.idOf(volume)]);
      continue;
    }
    volume.Attachments = [];
    volume.State = "available";
    await updateResource(scope, volumes, volume);
  }
}

/** A stop takes the address that the start gave. */
export async function giveBackPublicAddress(scope: Scope, id: string): Promise<void> {
  const [primary] = await attachedInterfaces(scope, id);
  if (primary === undefined) return;
  await releaseAssignedAddress(scope, primary);
  await updateResource(scope, networkInterfaces, primary);
}
