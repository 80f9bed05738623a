import { rebootExitCode } from "../../runtime/machine-driver.ts";
import type { ServiceContext } from "../service-context.ts";
import { bootMachine } from "./instance-boot.ts";
import { giveBackPublicAddress, markTerminated } from "./instance-end.ts";
import { launch } from "./instance-launch.ts";
import { instances, stateNamed } from "./instances.ts";
import { connectMachine, refreshPacketRules, withPackets } from "./machine-network.ts";
import { machineWork, type Owner } from "./machine-work.ts";
import { findResource, updateResource } from "./resource.ts";
import { inTransaction, type Scope, scopeOf } from "./scope.ts";

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
    if (machine?.exitCode === rebootExitCode && (await rebooted(services, scope, id))) return;
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
    // Its public address leads nowhere from now on.
    if (behavior === "stop") refreshPacketRules(services);
    if (behavior !== "terminate") return;
    await services.machines.remove(id);
    await markTerminated(services, scope, id);
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

/** After a reboot from inside, which shows in no state; false where it does not come up again. */
async function rebooted(services: ServiceContext, scope: Scope, id: string): Promise<boolean> {
  if ((await findResource(scope, instances, id))?.State.Name !== "running") return false;
  try {
    await withPackets(services, { scope, id }, (packets) => services.machines.start(id, undefined, packets));
  } catch (error) {
    services.log.warn({ err: error, instance: id }, "an instance did not come up again after its reboot");
    return false;
  }
  await bootMachine(services, scope, id);
  return true;
}

async function terminate(services: ServiceContext, scope: Scope, id: string): Promise<void> {
  await services.machines.remove(id);
  await markTerminated(services, scope, id);
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
