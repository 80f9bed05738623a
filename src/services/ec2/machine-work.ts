import { Retries } from "../retries.ts";
import type { ServiceContext } from "../service-context.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import type { Scope } from "./scope.ts";
import { Slots } from "./slots.ts";

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

export type Owner = Pick<Scope, "accountId" | "region">;

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

export function machineWork(services: ServiceContext): MachineWork {
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
