import type { MachinePackets, NetworkPlan } from "../../runtime/machine-packets.ts";
import type { ServiceContext } from "../service-context.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { machinePacketsOf } from "./machine-packets.ts";
import { type Scope, scopeOf } from "./scope.ts";
import { Slots } from "./slots.ts";

/** Machines whose rules are changed at the same time. */
const changesAtOnce = 4;

/** What the networks of one server's machines have. */
interface NetworkWork {
  /** Rules are read and set in order: what is set last has been read last. */
  readonly queue: KeyedQueue;
  readonly slots: Slots;
  /** What each machine lets through, as text. */
  readonly applied: Map<string, string>;
  /** How the networks of which machines are joined, as text. */
  planned: string;
  /** Whether something has changed since the machines were last looked at. */
  stale: boolean;
  refreshing: boolean;
}

/** Of an instance that has lost its interface. */
const none: MachinePackets = { rules: [] };

const workOf = new WeakMap<ServiceContext["machines"], NetworkWork>();

/** Calls `start`, which starts a machine, with what it may send and receive from then on. */
export async function withPackets<Result>(
  services: ServiceContext,
  { scope, id }: { scope: Scope; id: string },
  start: (packets: MachinePackets | undefined) => Promise<Result>,
): Promise<Result> {
  const { queue, applied } = networkWork(services);
  return await queue.run(id, async () => {
    const packets = filters(services) ? await packetsOf(scope, id) : undefined;
    const result = await start(packets);
    applied.set(id, JSON.stringify(packets));
    return result;
  });
}

/** After a start of LocalAWS: sets up the network of a machine that has run on. What fails is logged and holds nothing up. */
export async function connectMachine(services: ServiceContext, scope: Scope, id: string): Promise<void> {
  try {
    await withPackets(services, { scope, id }, (packets) => services.machines.connect(id, packets));
  } catch (error) {
    await report(services, id, error);
  }
}

/** To be called after whatever may change which packets pass; looks, once for many calls, and changes what is to be. */
export function refreshPacketRules(services: ServiceContext): void {
  if (!filters(services)) return;
  const work = networkWork(services);
  work.stale = true;
  if (work.refreshing) return;
  work.refreshing = true;
  services.background("ec2 packet rules", async () => {
    try {
      while (work.stale) {
        work.stale = false;
        await refresh(services, work);
      }
    } finally {
      work.refreshing = false;
    }
  });
}

async function refresh(services: ServiceContext, work: NetworkWork): Promise<void> {
  const running = await services.db
    .selectFrom("instances")
    .select(["id", "account_id", "region"])
    .where("state", "=", "running")
    .execute();
  const ids = new Set(running.map(({ id }) => id));
  for (const id of work.applied.keys()) if (!ids.has(id)) work.applied.delete(id);
  const places = new Map(running.map((row) => [`${row.account_id}/${row.region}`, row]));
  const plans: NetworkPlan[] = [];
  for (const { account_id: accountId, region } of places.values()) {
    const scope = scopeOf(services, { accountId, region });
    const here = running.filter((row) => row.account_id === accountId && row.region === region);
    const { packets, plan } = await machinePacketsOf(
      scope,
      here.map(({ id }) => id),
    );
    plans.push(plan);
    const changed = here.filter(
      ({ id }) => work.applied.has(id) && work.applied.get(id) !== JSON.stringify(packets.get(id) ?? none),
    );
    await filterAll(
      services,
      scope,
      changed.map(({ id }) => id),
    );
  }
  const plan: NetworkPlan = {
    links: plans.flatMap(({ links }) => links),
    hubs: plans.flatMap(({ hubs }) => hubs),
    addresses: plans.flatMap(({ addresses }) => addresses),
  };
  // A network is made anew for other machines, also where the plan is the same.
  const planned = JSON.stringify([plan, [...ids].sort()]);
  if (planned === work.planned) return;
  await services.machines.routeNetworks(plan);
  work.planned = planned;
}

async function packetsOf(scope: Scope, id: string): Promise<MachinePackets> {
  return (await machinePacketsOf(scope, [id])).packets.get(id) ?? none;
}

/**
 * Has other packets pass for these machines. What decides is read once for all of those that nothing else is done to: their turns
 * are taken by then, so that nobody sets what has been read later before them.
 */
async function filterAll(services: ServiceContext, scope: Scope, ids: readonly string[]): Promise<void> {
  const { queue, slots } = networkWork(services);
  const idle = new Set(ids.filter((id) => queue.isIdle(id)));
  let reading: Promise<ReadonlyMap<string, MachinePackets>> | undefined;
  const readAll = () => {
    reading ??= machinePacketsOf(scope, [...idle]).then(({ packets }) => packets);
    return reading;
  };
  const turns = ids.map((id) => {
    const read = async () => (idle.has(id) ? ((await readAll()).get(id) ?? none) : await packetsOf(scope, id));
    return queue.run(id, () => slots.run(() => filterPackets(services, id, read)));
  });
  await Promise.all(turns);
}

async function filterPackets(services: ServiceContext, id: string, read: () => Promise<MachinePackets>): Promise<void> {
  try {
    const packets = await read();
    await services.machines.filterPackets(id, packets);
    networkWork(services).applied.set(id, JSON.stringify(packets));
  } catch (error) {
    await report(services, id, error);
  }
}

/** That a machine has ended meanwhile is no failure. */
async function report({ machines, log }: ServiceContext, id: string, error: unknown): Promise<void> {
  if ((await machines.get(id).catch(() => undefined))?.state !== "running") return;
  log.warn({ err: error, instance: id }, "the network of an instance could not be set up");
}

function filters({ machines, config }: ServiceContext): boolean {
  return machines.kind !== "records" && config.securityGroups === "on";
}

function networkWork({ machines }: ServiceContext): NetworkWork {
  const there = workOf.get(machines);
  if (there !== undefined) return there;
  const made: NetworkWork = {
    queue: new KeyedQueue(),
    slots: new Slots(changesAtOnce),
    applied: new Map(),
    planned: "",
    stale: false,
    refreshing: false,
  };
  workOf.set(machines, made);
  return made;
}
