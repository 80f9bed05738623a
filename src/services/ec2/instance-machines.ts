import type { Machine } from "../../runtime/machine-driver.ts";
import { MachineLaunchError } from "../../runtime/machine-driver.ts";
import { Retries } from "../retries.ts";
import type { ServiceContext } from "../service-context.ts";
import { dropProfileAssociations } from "./iam-instance-profiles.ts";
import { bootMachine, keepPublicKey } from "./instance-boot.ts";
import { dropVolumes, prepareVolumes } from "./instance-volumes.ts";
import { instances, type StoredInstance, stateNamed } from "./instances.ts";
import { assignPublicAddress, releaseAssignedAddress } from "./interface-associations.ts";
import { attachedInterfaces, releaseInterfacesOf } from "./interface-attachments.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { connectMachine, refreshPacketRules, withPackets } from "./machine-network.ts";
import { machineSpecOf } from "./machine-spec.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { privateDnsName } from "./new-interface.ts";
import { deleteResources, findResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope, scopeOf } from "./scope.ts";
import { Slots } from "./slots.ts";
import { closeSpotRequestOf } from "./spot-requests.ts";
import { volumes } from "./volumes.ts";

const launchesAtOnce = 6;

/** What is under way on the machines of one server. */
interface MachineWork {
  /** What is done to one instance is done in order. */
  readonly queue: KeyedQueue;
  /** Launches at a time: engines slow down when they make many machines at once, and so does everything beside them. */
  readonly slots: Slots;
  /** Launches that a termination cuts off. */
  readonly launches: Map<string, AbortController>;
  /** Instances that could not arrive at a state, since the disk is full or the engine is gone. */
  readonly retries: Retries;
  terminated?: (owner: Owner, id: string) => void;
}

const workOf = new WeakMap<ServiceContext["machines"], MachineWork>();

type Owner = Pick<Scope, "accountId" | "region">;

/** Takes a `pending` instance to `running`: a new machine, or the one that it had. */
export function launchInBackground(services: ServiceContext, owner: Owner, id: string): void {
  enqueue(services, { owner, id }, "launch", () => launch(services, scopeOf(services, owner), id));
}

/**
 * Where nothing runs, transitions take no time that a client could see: an instance is in the state that it is on the way to by the
 * time that a request names it, however busy the server is.
 */
export async function arriveAtOnce(services: ServiceContext, ids: readonly string[]): Promise<void> {
  if (services.machines.kind !== "records") return;
  const { queue } = machineWork(services);
  await Promise.all(ids.filter((id) => !queue.isIdle(id)).map((id) => queue.drained(id)));
}

/** Takes a `stopping` instance to `stopped`. */
export function stopInBackground(services: ServiceContext, owner: Owner, id: string, force: boolean): void {
  enqueue(services, { owner, id }, "stop", () => stop(services, scopeOf(services, owner), id, force));
}

export function rebootInBackground(services: ServiceContext, owner: Owner, id: string): void {
  enqueue(services, { owner, id }, "reboot", async () => {
    const scope = scopeOf(services, owner);
    if ((await findResource(scope, instances, id))?.State.Name !== "running") return;
    await withPackets(services, { scope, id }, (packets) => services.machines.reboot(id, packets));
    await bootMachine(services, scope, id);
  });
}

/** For a machine that has run on while LocalAWS did not. */
export function connectInBackground(services: ServiceContext, owner: Owner, id: string): void {
  enqueue(services, { owner, id }, "connect", async () => {
    const scope = scopeOf(services, owner);
    if ((await findResource(scope, instances, id))?.State.Name !== "running") return;
    await connectMachine(services, scope, id);
    refreshPacketRules(services);
  });
}

/** Takes a `shutting-down` instance to `terminated`; a launch that is under way is cut off. */
export function terminateInBackground(services: ServiceContext, owner: Owner, id: string): void {
  machineWork(services).launches.get(id)?.abort();
  enqueue(services, { owner, id }, "terminate", () => terminate(services, scopeOf(services, owner), id));
}

/** Goes on from the state that an instance was left in, where that is one on the way to another. */
function resumeInBackground(services: ServiceContext, owner: Owner, id: string): void {
  enqueue(services, { owner, id }, "resume", async () => {
    const scope = scopeOf(services, owner);
    switch ((await findResource(scope, instances, id))?.State.Name) {
      case "pending":
        return launch(services, scope, id);
      case "stopping":
        return stop(services, scope, id, false);
      case "shutting-down":
        return terminate(services, scope, id);
    }
  });
}

/** Looks, after everything that is under way, whether the machine of a running instance has ended by itself. */
export function noticeExit(services: ServiceContext, owner: Owner, id: string): void {
  enqueue(services, { owner, id }, "exit", async () => {
    const scope = scopeOf(services, owner);
    const machine = await services.machines.get(id);
    if (machine?.state === "running") return;
    const behavior = await inTransaction(scope, async (transaction) => {
      const instance = await findResource(transaction, instances, id);
      if (instance?.State.Name !== "running") return undefined;
      const terminates = instance.InstanceInitiatedShutdownBehavior === "terminate";
      instance.State = stateNamed(terminates ? "shutting-down" : "stopped");
      instance.StateReason = {
        Code: "Client.InstanceInitiatedShutdown",
        Message: "Client.InstanceInitiatedShutdown: Instance initiated shutdown",
      };
      instance.StateTransitionReason = "";
      await updateResource(transaction, instances, instance);
      if (!terminates) await giveBackPublicAddress(transaction, id);
      return instance.InstanceInitiatedShutdownBehavior;
    });
    if (behavior !== "terminate") return;
    await services.machines.remove(id);
    await markTerminated(services, scope, id);
  });
}

/** Calls `listener` when an instance has been terminated, whatever ended it. There is one listener a server. */
export function watchTerminations(services: ServiceContext, listener: (owner: Owner, id: string) => void): void {
  machineWork(services).terminated = listener;
}

/** Cuts off every launch: what has been started is about to be removed. */
export function abortLaunches(services: ServiceContext): void {
  const { launches, retries } = machineWork(services);
  retries.clear();
  for (const controller of launches.values()) controller.abort();
}

/** The same at the end: what could not be finished is left to the next start. */
export function endMachineWork(services: ServiceContext): void {
  abortLaunches(services);
  machineWork(services).retries.close();
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

async function stop(services: ServiceContext, scope: Scope, id: string, force: boolean): Promise<void> {
  if ((await findResource(scope, instances, id))?.State.Name !== "stopping") return;
  await (force ? services.machines.stop(id, 0) : services.machines.stop(id));
  await inTransaction(scope, async (transaction) => {
    const instance = await findResource(transaction, instances, id);
    if (instance?.State.Name !== "stopping") return;
    instance.State = stateNamed("stopped");
    await updateResource(transaction, instances, instance);
    await giveBackPublicAddress(transaction, id);
  });
  refreshPacketRules(services);
}

async function terminate(services: ServiceContext, scope: Scope, id: string): Promise<void> {
  await services.machines.remove(id);
  await markTerminated(services, scope, id);
}

async function launch(services: ServiceContext, scope: Scope, id: string): Promise<void> {
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

async function giveBackPublicAddress(scope: Scope, id: string): Promise<void> {
  const [primary] = await attachedInterfaces(scope, id);
  if (primary === undefined) return;
  await releaseAssignedAddress(scope, primary);
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

/** The end: interfaces go, volumes go or are free again, and the instance has no network any more. */
async function markTerminated(services: ServiceContext, scope: Scope, id: string): Promise<void> {
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

/** Does something to an instance after all that is under way on it. */
export function enqueue(
  services: ServiceContext,
  { owner, id }: { owner: Owner; id: string },
  what: string,
  work: () => Promise<void>,
): void {
  const { queue, retries } = machineWork(services);
  services.background(`ec2 ${what} ${id}`, async () => {
    try {
      await queue.run(id, work);
      retries.done(id);
    } catch (error) {
      retries.later(id, () => resumeInBackground(services, owner, id));
      throw error;
    }
  });
}

function machineWork(services: ServiceContext): MachineWork {
  const there = workOf.get(services.machines);
  if (there !== undefined) return there;
  const made: MachineWork = {
    queue: new KeyedQueue(),
    slots: new Slots(launchesAtOnce),
    launches: new Map(),
    retries: new Retries(),
  };
  workOf.set(services.machines, made);
  return made;
}
