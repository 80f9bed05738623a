import { AwsError } from "../../aws/aws-error.ts";
import { invalidParameterValue } from "./errors.ts";
import { disassociateInterface, releaseAssignedAddress, showInstanceOfAddresses } from "./interface-associations.ts";
import { networkInterfacePermissions } from "./interface-permissions.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { deleteResources, listResources, updateResource } from "./resource.ts";
import { setStateOfRoutesTo } from "./route-targets.ts";
import type { Scope } from "./scope.ts";

export interface AttachmentPlan {
  readonly instanceId: string;
  readonly deviceIndex: number;
  readonly networkCardIndex?: number | undefined;
  /** False for what AttachNetworkInterface attaches; what a launch makes goes with its instance. */
  readonly deleteOnTermination: boolean;
}

/** The interfaces that an instance has, in the order of their device indexes. */
export async function attachedInterfaces(scope: Scope, instanceId: string): Promise<StoredNetworkInterface[]> {
  const attached = await listResources(scope, networkInterfaces, { instance_id: instanceId });
  return attached.sort((one, other) => deviceIndexOf(one) - deviceIndexOf(other));
}

/**
 * Marks an interface as an instance's own. Changes the shape, and does not write it: a new one is inserted with its
 * attachment, one that was there is written by `attachInterface`.
 */
export function markAttached(scope: Scope, networkInterface: StoredNetworkInterface, plan: AttachmentPlan): string {
  const AttachmentId = scope.newId("eni-attach");
  networkInterface.Status = "in-use";
  networkInterface.Attachment = {
    AttachmentId,
    AttachTime: scope.now(),
    DeleteOnTermination: plan.deleteOnTermination,
    DeviceIndex: plan.deviceIndex,
    NetworkCardIndex: plan.networkCardIndex ?? 0,
    InstanceId: plan.instanceId,
    InstanceOwnerId: scope.accountId,
    Status: "attached",
  };
  return AttachmentId;
}

/** Attaches an interface that is there. @returns the attachment's id @throws AwsError when it or the index is in use */
export async function attachInterface(
  scope: Scope,
  networkInterface: StoredNetworkInterface,
  plan: AttachmentPlan,
): Promise<string> {
  if (networkInterface.Status !== "available") throw interfaceInUse(networkInterface);
  const others = await attachedInterfaces(scope, plan.instanceId);
  if (others.some((other) => deviceIndexOf(other) === plan.deviceIndex)) {
    throw invalidParameterValue(
      `Instance '${plan.instanceId}' already has an interface attached at device index '${plan.deviceIndex}'.`,
    );
  }
  const attachmentId = markAttached(scope, networkInterface, plan);
  await updateResource(scope, networkInterfaces, networkInterface);
  await showInstanceOfAddresses(scope, networkInterface);
  return attachmentId;
}

/** Its Elastic IPs stay with it; a public address from AWS's pool goes. */
export async function detachInterface(scope: Scope, networkInterface: StoredNetworkInterface): Promise<void> {
  await releaseAssignedAddress(scope, networkInterface);
  if (networkInterface.Attachment !== undefined) {
    networkInterface.EndedAttachment = { ...networkInterface.Attachment, Status: "detached" };
  }
  delete networkInterface.Attachment;
  networkInterface.Status = "available";
  await updateResource(scope, networkInterfaces, networkInterface);
  await showInstanceOfAddresses(scope, networkInterface);
}

/** At an instance's termination: its interfaces go with it, or are free again. */
export async function releaseInterfacesOf(scope: Scope, instanceId: string): Promise<void> {
  for (const networkInterface of await attachedInterfaces(scope, instanceId)) {
    if (networkInterface.Attachment?.DeleteOnTermination === false) await detachInterface(scope, networkInterface);
    else await removeInterface(scope, networkInterface);
  }
}

/** Deletes an interface and what hangs on it: public addresses, permissions; routes to it lead nowhere. */
export async function removeInterface(scope: Scope, networkInterface: StoredNetworkInterface): Promise<void> {
  const id = networkInterfaces.idOf(networkInterface);
  await disassociateInterface(scope, networkInterface);
  await releaseAssignedAddress(scope, networkInterface);
  const permissions = await listResources(scope, networkInterfacePermissions, { network_interface_id: id });
  await deleteResources(scope, networkInterfacePermissions, permissions.map(networkInterfacePermissions.idOf));
  await setStateOfRoutesTo(scope, id, "blackhole", networkInterface.VpcId);
  await deleteResources(scope, networkInterfaces, [id]);
}

export function interfaceInUse(networkInterface: StoredNetworkInterface) {
  const id = networkInterfaces.idOf(networkInterface);
  return new AwsError("InvalidNetworkInterface.InUse", `Interface: [${id}] in use.`);
}

export function deviceIndexOf(networkInterface: StoredNetworkInterface): number {
  return networkInterface.Attachment?.DeviceIndex ?? 0;
}
