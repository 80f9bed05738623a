import type { AccountContext, ServiceContext } from "../service-context.ts";
import { fleetTag, maintainFleet } from "./fleets.ts";
import { instances } from "./instances.ts";
import { watchTerminations } from "./machine-work.ts";
import { findResource } from "./resource.ts";
import { maintainSpotFleet, spotFleetTag } from "./spot-fleets.ts";
import { fulfillAgain, fulfillOpenRequests } from "./spot-persistence.ts";
import { readTags } from "./stored-tags.ts";

const timers = new WeakMap<ServiceContext["machines"], NodeJS.Timeout>();

/** In between, an instance that ends as soon as it has begun is not made over and over. */
const interval = 60_000;

/**
 * From now on, fleets of the type `maintain` and persistent Spot requests replace instances that have been terminated: what a request has ended at
 * once, and what ended otherwise, or could not be replaced, each minute. The first round is now, for what ended last.
 */
export function maintainFleets(services: ServiceContext): void {
  endFleetMaintenance(services);
  const round = () => services.background("ec2 fleets", () => maintainAll(services));
  timers.set(services.machines, setInterval(round, interval).unref());
  watchTerminations(services, (owner, id) => {
    services.background(`ec2 fleet of ${id}`, () => replace({ ...services, ...owner }, id));
  });
  round();
}

export function endFleetMaintenance(services: ServiceContext): void {
  clearInterval(timers.get(services.machines));
}

async function replace(ctx: AccountContext, instanceId: string): Promise<void> {
  const instance = await findResource(ctx, instances, instanceId);
  if (instance?.StateReason?.Code !== "Client.UserInitiatedShutdown") return;
  if (instance.SpotInstanceType === "persistent") await fulfillAgain(ctx, instance.SpotInstanceRequestId ?? "");
  for (const { Key, Value = "" } of (await readTags(ctx, "instance", [instanceId])).get(instanceId) ?? []) {
    if (Key === fleetTag) await maintainFleet(ctx, Value);
    if (Key === spotFleetTag) await maintainSpotFleet(ctx, Value);
  }
}

async function maintainAll(services: ServiceContext): Promise<void> {
  const { db } = services;
  const columns = ["id", "account_id", "region"] as const;
  for (const row of await db.selectFrom("ec2_fleets").select(columns).execute()) {
    await maintainFleet({ ...services, accountId: row.account_id, region: row.region }, row.id);
  }
  for (const row of await db.selectFrom("ec2_spot_fleet_requests").select(columns).execute()) {
    await maintainSpotFleet({ ...services, accountId: row.account_id, region: row.region }, row.id);
  }
  await fulfillOpenRequests(services);
}
