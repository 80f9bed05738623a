import type { ActiveInstance, FleetLaunchTemplateOverrides } from "@aws-sdk/client-ec2";
import type { AccountContext } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { endMembers, type FleetUnits, type PoolResult } from "./fleet-capacity.ts";
import type { StoredInstance } from "./instances.ts";
import { KeyedQueue } from "./keyed-queue.ts";

// What EC2 Fleets and Spot Fleets have in common once they have instances.

/** What happened to a fleet, as it is kept. */
export interface FleetEvent {
  readonly Type: string;
  readonly SubType: string;
  readonly At: string;
  readonly InstanceId?: string;
}

export interface WithHistory {
  History: readonly FleetEvent[];
}

export type WeightOf = (instance: Pick<StoredInstance, "InstanceType">) => number;

const mostEvents = 1000;

const queues = new WeakMap<AccountContext["machines"], KeyedQueue>();

/** Does one thing at a time to a fleet, so that nothing buys what another is buying. */
export function inFleetOrder<Result>(
  ctx: AccountContext,
  fleetId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const queue = queues.get(ctx.machines) ?? new KeyedQueue();
  queues.set(ctx.machines, queue);
  return queue.run(fleetId, work);
}

/** Whether a fleet has asked for instances, and has got none. */
export function boughtNothing(results: readonly PoolResult[]): boolean {
  return results.length > 0 && results.every((result) => result.instances.length === 0);
}

/** Whether a fleet still replaces what it loses. */
export function isWithin(ctx: AccountContext, validUntil: Date | undefined): boolean {
  return validUntil === undefined || ctx.now() < validUntil;
}

export function record(ctx: AccountContext, fleet: WithHistory, event: Omit<FleetEvent, "At">): void {
  fleet.History = [...fleet.History, { ...event, At: ctx.now().toISOString() }].slice(-mostEvents);
}

/** The weights that a fleet's overrides or specifications give their types; what they do not name counts 1. */
export function weightsOf(
  overrides: readonly Pick<FleetLaunchTemplateOverrides, "InstanceType" | "WeightedCapacity">[],
): WeightOf {
  const weights = new Map(overrides.map(({ InstanceType, WeightedCapacity = 1 }) => [InstanceType, WeightedCapacity]));
  return ({ InstanceType }) => weights.get(InstanceType) ?? 1;
}

/** What the members count. */
export function unitsOfMembers(members: readonly StoredInstance[], weightOf: WeightOf): FleetUnits {
  const { onDemand, spot } = byLifecycle(members);
  return { onDemand: sum(onDemand, weightOf), spot: sum(spot, weightOf) };
}

/** What a fleet is short of; what it has too much of is below zero. */
export function missingUnits(target: FleetUnits, had: FleetUnits): FleetUnits {
  return { onDemand: target.onDemand - had.onDemand, spot: target.spot - had.spot };
}

/** Ends the newest members that the fleet can do without, on demand and Spot each for itself. */
export async function endExcess(
  ctx: AccountContext,
  members: readonly StoredInstance[],
  weightOf: WeightOf,
  target: FleetUnits,
): Promise<void> {
  const { onDemand, spot } = byLifecycle(members);
  const excess = [...excessOf(onDemand, weightOf, target.onDemand), ...excessOf(spot, weightOf, target.spot)];
  if (excess.length > 0) await endMembers(ctx, excess);
}

/** A page of DescribeFleetInstances and its like. */
export function describeActiveInstances(
  members: readonly StoredInstance[],
  input: { MaxResults?: number | undefined; NextToken?: string | undefined },
  kind: string,
) {
  const active = members.map(
    (instance): ActiveInstance => ({
      InstanceId: instance.InstanceId,
      InstanceType: instance.InstanceType,
      SpotInstanceRequestId: instance.SpotInstanceRequestId,
      InstanceHealth: "healthy",
    }),
  );
  const keyOf = ({ InstanceId = "" }: ActiveInstance) => InstanceId;
  return describeData(active, input, { kind, keyOf, limits: { min: 1, max: 1000 } });
}

function excessOf(members: readonly StoredInstance[], weightOf: WeightOf, units: number): StoredInstance[] {
  let left = sum(members, weightOf);
  const excess: StoredInstance[] = [];
  for (const member of members.toReversed()) {
    left -= weightOf(member);
    if (left < units) break;
    excess.push(member);
  }
  return excess;
}

function byLifecycle(members: readonly StoredInstance[]) {
  const isSpot = ({ InstanceLifecycle }: StoredInstance) => InstanceLifecycle === "spot";
  return { onDemand: members.filter((one) => !isSpot(one)), spot: members.filter(isSpot) };
}

function sum(members: readonly StoredInstance[], weightOf: WeightOf): number {
  return members.reduce((total, member) => total + weightOf(member), 0);
}
