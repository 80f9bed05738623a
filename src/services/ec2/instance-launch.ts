import type { Machine } from "../../runtime/machine-driver.ts";
import { MachineLaunchError } from "../../runtime/machine-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { bootMachine, keepPublicKey } from "./instance-boot.ts";
import { markTerminated } from "./instance-end.ts";
import { prepareVolumes } from "./instance-volumes.ts";
import { instances, type StoredInstance, stateNamed } from "./instances.ts";
import { assignPublicAddress } from "./interface-associations.ts";
import { attachedInterfaces } from "./interface-attachments.ts";
import { refreshPacketRules, withPackets } from "./machine-network.ts";
import { machineSpecOf } from "./machine-spec.ts";
import { machineWork } from "./machine-work.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { privateDnsName } from "./new-interface.ts";
import { findResource, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

/** Takes a `pending` instance to `running`, or back where it came from. */
export async function launch(services: ServiceContext, scope: Scope, id: string): Promise<void> {
  const instance = await findResource(scope, instances, id);
  if (instance?.State.Name !== "pending") return;
  const { machines } = services;
  const controller = new AbortController();
  machineWork(services).launches.set(id, controller);
  let isNew = true;
  try {
    isNew = (await machines.get(id)) === undefined;
    if (isNew) await prepareImage(services, instance, controller.signal);
    if (controller.signal.aborted) return;
    const machine = await startMachine(services, scope, instance, { isNew, signal: controller.signal });
    if (machine === undefined) return;
    await markRunning(scope, id, machine.privateIpAddress);
    refreshPacketRules(services);
    await bootMachine(services, scope, id);
  } catch (error) {
    if (controller.signal.aborted) return;
    services.log.warn({ err: error, instance: id, image: instance.DockerImage }, "an instance could not be launched");
    await fail(services, scope, id, { error, isNew });
  } finally {
    machineWork(services).launches.delete(id);
  }
}

/** Has there what the machine of an instance is made from. @throws MachineLaunchError */
export async function prepareImage(
  services: ServiceContext,
  { InstanceId: instance, DockerImage: image }: Pick<StoredInstance, "InstanceId" | "DockerImage">,
  signal?: AbortSignal,
): Promise<void> {
  const progress = (line: string) => services.log.info({ instance, image }, line);
  await services.machines.prepareImage(image, progress, signal);
}

/** Makes the machine of an instance, or starts the one that it has; undefined where that was cut off. @throws MachineLaunchError */
export async function startMachine(
  services: ServiceContext,
  scope: Scope,
  instance: StoredInstance,
  { isNew, signal }: { isNew: boolean; signal?: AbortSignal },
): Promise<Machine | undefined> {
  const id = instances.idOf(instance);
  const { machines } = services;
  await keepPublicKey(scope, id);
  await prepareVolumes(services, scope, instance);
  return await machineWork(services).slots.run(async () => {
    if (signal?.aborted === true) return undefined;
    const spec = await machineSpecOf(services, scope, instance);
    const size = { cpus: spec.cpus, memoryBytes: spec.memoryBytes };
    return await withPackets(services, { scope, id }, (packets) =>
      isNew ? machines.launch(spec, packets) : machines.start(id, size, packets),
    );
  });
}

/** Reads, changes and writes an instance in one transaction; nothing happens when it is gone. */
export function changeInstance(scope: Scope, id: string, change: (instance: StoredInstance) => void): Promise<void> {
  return inTransaction(scope, async (transaction) => {
    const instance = await findResource(transaction, instances, id);
    if (instance === undefined) return;
    change(instance);
    await updateResource(transaction, instances, instance);
  });
}

/** A termination that came meanwhile keeps its state. The address is the one that the runtime really gave. */
async function markRunning(scope: Scope, id: string, address: string | undefined): Promise<void> {
  await inTransaction(scope, async (transaction) => {
    const instance = await findResource(transaction, instances, id);
    if (instance?.State.Name !== "pending") return;
    instance.State = stateNamed("running");
    if (instance.PublicAddressAtStart === true) await givePublicAddress(transaction, id);
    if (address !== undefined && address !== instance.PrivateIpAddress) {
      const dnsName = privateDnsName(scope.region, address);
      instance.PrivateIpAddress = address;
      instance.PrivateDnsName = dnsName;
      const [networkInterface] = await attachedInterfaces(transaction, id);
      if (networkInterface !== undefined) {
        networkInterface.AssignedIpAddress ??= networkInterface.PrivateIpAddress;
        networkInterface.PrivateIpAddress = address;
        networkInterface.PrivateDnsName = dnsName;
        networkInterface.PrivateIpAddresses = (networkInterface.PrivateIpAddresses ?? []).map((one) =>
          one.Primary === true ? { ...one, PrivateIpAddress: address, PrivateDnsName: dnsName } : one,
        );
        await updateResource(transaction, networkInterfaces, networkInterface);
      }
    }
    await updateResource(transaction, instances, instance);
  });
}

/** A start gives the address that the stop before took away: another one, as on AWS. */
async function givePublicAddress(scope: Scope, id: string): Promise<void> {
  const [primary, ...others] = await attachedInterfaces(scope, id);
  if (primary === undefined || primary.Association !== undefined || others.length > 0) return;
  await assignPublicAddress(scope, primary);
  await updateResource(scope, networkInterfaces, primary);
}

/** A new instance that fails is terminated; one that was stopped is stopped again. */
async function fail(
  services: ServiceContext,
  scope: Scope,
  id: string,
  { error, isNew }: { error: unknown; isNew: boolean },
): Promise<void> {
  const code = error instanceof MachineLaunchError ? error.reason : "Server.InternalError";
  const message = error instanceof MachineLaunchError ? error.message : "Internal error on launch";
  if (isNew) await services.machines.remove(id);
  let failed = false;
  await changeInstance(scope, id, (instance) => {
    if (instance.State.Name !== "pending") return;
    failed = true;
    instance.State = stateNamed(isNew ? "shutting-down" : "stopped");
    instance.StateReason = { Code: code, Message: `${code}: ${message}` };
    instance.StateTransitionReason = code;
  });
  if (failed && isNew) await markTerminated(services, scope, id);
}
