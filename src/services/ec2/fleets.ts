import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  CreateFleetRequest,
  DeleteFleetErrorItem,
  DeleteFleetSuccessItem,
  FleetData,
  FleetOnDemandAllocationStrategy,
  HistoryRecordEntry,
  SpotAllocationStrategy,
  TargetCapacitySpecification,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { AccountContext, Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { type Ending, forgetEnded } from "./ended.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import {
  buyUnits,
  endMembers,
  fleetIdPattern,
  membersOf,
  newFleetId,
  type Pool,
  type PoolResult,
  poolsOf,
} from "./fleet-capacity.ts";
import {
  boughtNothing,
  describeActiveInstances,
  endExcess,
  inFleetOrder,
  isWithin,
  missingUnits,
  record,
  unitsOfMembers,
  type WeightOf,
  type WithHistory,
  weightsOf,
} from "./fleet-members.ts";
import { configsOf, responseConfigs, toError, toFleetInstance } from "./fleet-shapes.ts";
import { checkTarget, unitsOf } from "./fleet-target.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { templateDataOf } from "./launch-template-versions.ts";
import { insertTagged } from "./made-once.ts";
import { required } from "./required.ts";
import { findResource, getResource, type Resource, tagsMember, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { tagsOfSpecifications } from "./tag-specifications.ts";

export type StoredFleet = FleetData & Ending & WithHistory;

export const fleets: Resource<StoredFleet> = {
  table: "ec2_fleets",
  prefix: "fleet",
  idPattern: fleetIdPattern,
  type: "fleet",
  idOf: (fleet) => fleet.FleetId ?? "",
  dates: ["CreateTime", "ValidFrom", "ValidUntil"],
  ...tagsMember,
  filters: pathFilters<FleetData>()({
    "activity-status": "ActivityStatus",
    "excess-capacity-termination-policy": "ExcessCapacityTerminationPolicy",
    "fleet-state": "FleetState",
    "replace-unhealthy-instances": "ReplaceUnhealthyInstances",
    type: "Type",
  }),
  columnFilters: {},
  malformed: (id) => new AwsError("InvalidFleetId.Malformed", `The fleet ID '${id}' is malformed.`),
  notFound: (ids) => new AwsError("InvalidFleetId.NotFound", `The fleet ID '${ids.join(", ")}' does not exist.`),
};

const lowestPrice: string = "lowestPrice";

export const fleetTag = "aws:ec2:fleet-id";

export const fleetOperations = {
  async CreateFleet(ctx, input) {
    const pools = poolsOf(input.LaunchTemplateConfigs);
    for (const { template } of pools) if (template !== undefined) await templateDataOf(ctx, template);
    const target = checkTarget(input.TargetCapacitySpecification);
    const type = input.Type ?? "maintain";
    if (!["instant", "maintain", "request"].includes(type))
      throw invalidParameterValue(`Invalid value '${type}' for Type.`);
    const tags = tagsOfSpecifications(input.TagSpecifications, ["fleet", "instance", "volume", "network-interface"]);
    if (input.DryRun === true) throw dryRunOperation();
    const fleet = newFleet(ctx, input, { type, target });
    return inFleetOrder(ctx, fleets.idOf(fleet), async () => {
      await inTransaction(ctx, (scope) => insertTagged(scope, fleets, structuredClone(fleet), tags.fleet ?? []));
      const results = await fill(ctx, fleet, pools, input);
      const bought = results.filter((result) => result.error === undefined);
      const Errors = results.flatMap(toError);
      if (type === "instant") {
        fleet.Instances = bought.map(toFleetInstance);
        fleet.Errors = Errors;
      }
      await updateResource(ctx, fleets, fleet);
      return {
        FleetId: fleet.FleetId,
        ...(type === "instant" ? { Instances: bought.map(toFleetInstance), Errors } : {}),
      };
    });
  },

  async DescribeFleets(ctx, input) {
    await forgetEnded(ctx, fleets);
    const page = await describeResources(ctx, fleets, input, { ids: input.FleetIds, limits: { min: 1, max: 100 } });
    const found: FleetData[] = [];
    for (const { History: _, EndedAt: __, ...fleet } of page.items) {
      found.push({ ...fleet, ...(await fulfilledBy(ctx, fleet)) });
    }
    return { Fleets: found, NextToken: page.nextToken };
  },

  async DescribeFleetInstances(ctx, input) {
    const fleet = await getResource(ctx, fleets, required(input.FleetId, "FleetId"));
    if (input.DryRun === true) throw dryRunOperation();
    const page = describeActiveInstances(await membersOf(ctx, tagOf(fleet)), input, "fleet-instances");
    return { FleetId: fleet.FleetId, ActiveInstances: page.items, NextToken: page.nextToken };
  },

  async DescribeFleetHistory(ctx, input) {
    const fleet = await getResource(ctx, fleets, required(input.FleetId, "FleetId"));
    const start = required(input.StartTime, "StartTime");
    if (input.DryRun === true) throw dryRunOperation();
    const records = fleet.History.filter(({ At }) => new Date(At) >= start).map(
      ({ Type, SubType, At, InstanceId }): HistoryRecordEntry => ({
        EventType: Type as NonNullable<HistoryRecordEntry["EventType"]>,
        EventInformation: { EventSubType: SubType, ...(InstanceId === undefined ? {} : { InstanceId }) },
        Timestamp: new Date(At),
      }),
    );
    return {
      FleetId: fleet.FleetId,
      StartTime: start,
      LastEvaluatedTime: ctx.now(),
      HistoryRecords: records.filter(({ EventType }) => !input.EventType || `${EventType}`.startsWith(input.EventType)),
    };
  },

  async ModifyFleet(ctx, input) {
    const id = required(input.FleetId, "FleetId");
    return inFleetOrder(ctx, id, async () => {
      const fleet = await getResource(ctx, fleets, id);
      if (fleet.FleetState !== "active") {
        throw new AwsError("IncorrectState", `The fleet '${fleet.FleetId}' is in the state '${fleet.FleetState}'.`);
      }
      if (fleet.Type !== "maintain") {
        throw invalidParameterCombination("Only fleets of the type 'maintain' can be modified.");
      }
      const pools = poolsOf(input.LaunchTemplateConfigs?.length ? input.LaunchTemplateConfigs : configsOf(fleet));
      const target =
        input.TargetCapacitySpecification === undefined
          ? (fleet.TargetCapacitySpecification ?? {})
          : checkTarget({
              DefaultTargetCapacityType: fleet.TargetCapacitySpecification?.DefaultTargetCapacityType,
              ...input.TargetCapacitySpecification,
            });
      if (input.DryRun === true) throw dryRunOperation();
      fleet.TargetCapacitySpecification = target;
      if (input.LaunchTemplateConfigs?.length)
        fleet.LaunchTemplateConfigs = responseConfigs(input.LaunchTemplateConfigs);
      if (input.ExcessCapacityTerminationPolicy !== undefined) {
        fleet.ExcessCapacityTerminationPolicy = input.ExcessCapacityTerminationPolicy;
      }
      record(ctx, fleet, { Type: "fleet-change", SubType: "modified" });
      const members = await membersOf(ctx, tagOf(fleet));
      if (fleet.ExcessCapacityTerminationPolicy !== "no-termination") {
        await endExcess(ctx, members, weightsOfFleet(fleet), unitsOf(target));
      }
      await fill(ctx, fleet, pools, {}, members);
      await updateResource(ctx, fleets, fleet);
      return { Return: true };
    });
  },

  async DeleteFleets(ctx, input) {
    const ids = required(input.FleetIds, "FleetId");
    if (ids.length === 0) throw missingParameter("FleetId");
    const terminate = required(input.TerminateInstances, "TerminateInstances");
    if (input.DryRun === true) throw dryRunOperation();
    const successful: DeleteFleetSuccessItem[] = [];
    const unsuccessful: DeleteFleetErrorItem[] = [];
    for (const FleetId of ids) {
      await inFleetOrder(ctx, FleetId, async () => {
        const fleet = await findResource(ctx, fleets, FleetId);
        if (fleet === undefined) {
          const Message = `The fleet ID '${FleetId}' does not exist.`;
          unsuccessful.push({ FleetId, Error: { Code: "fleetIdDoesNotExist", Message } });
          return;
        }
        if (fleet.Type === "instant" && !terminate) {
          const Message = "NoTerminateInstances is not supported for instant fleets.";
          unsuccessful.push({ FleetId, Error: { Code: "unexpectedError", Message } });
          return;
        }
        const before = fleet.FleetState;
        const members = await membersOf(ctx, tagOf(fleet));
        fleet.FleetState = members.length === 0 || terminate ? "deleted" : "deleted_running";
        fleet.EndedAt = ctx.now().toISOString();
        record(ctx, fleet, { Type: "fleet-change", SubType: "deleted" });
        await updateResource(ctx, fleets, fleet);
        if (terminate) await endMembers(ctx, members);
        const CurrentFleetState = terminate ? ("deleted_terminating" as const) : ("deleted_running" as const);
        successful.push({ FleetId, PreviousFleetState: before, CurrentFleetState });
      });
    }
    return { SuccessfulFleetDeletions: successful, UnsuccessfulFleetDeletions: unsuccessful };
  },
} satisfies Operations<typeof Ec2, Context>;

function newFleet(
  ctx: Context,
  input: CreateFleetRequest,
  { type, target }: { type: NonNullable<FleetData["Type"]>; target: TargetCapacitySpecification },
): StoredFleet {
  const fleet: StoredFleet = {
    FleetId: newFleetId(ctx, "fleet"),
    CreateTime: ctx.now(),
    FleetState: "active",
    ActivityStatus: "fulfilled",
    ClientToken: input.ClientToken,
    Type: type,
    ExcessCapacityTerminationPolicy: input.ExcessCapacityTerminationPolicy ?? "termination",
    LaunchTemplateConfigs: responseConfigs(input.LaunchTemplateConfigs ?? []),
    TargetCapacitySpecification: target,
    TerminateInstancesWithExpiration: input.TerminateInstancesWithExpiration ?? false,
    ReplaceUnhealthyInstances: input.ReplaceUnhealthyInstances ?? false,
    ValidFrom: input.ValidFrom,
    ValidUntil: input.ValidUntil,
    // EC2 answers `lowestPrice` where the request names none, and what the model has, `lowest-price`, where it does.
    SpotOptions: {
      AllocationStrategy: lowestPrice as SpotAllocationStrategy,
      InstanceInterruptionBehavior: "terminate",
      InstancePoolsToUseCount: 1,
      ...input.SpotOptions,
    },
    OnDemandOptions: { AllocationStrategy: lowestPrice as FleetOnDemandAllocationStrategy, ...input.OnDemandOptions },
    Context: input.Context,
    History: [],
  };
  record(ctx, fleet, { Type: "fleet-change", SubType: "submitted" });
  record(ctx, fleet, { Type: "fleet-change", SubType: "active" });
  return fleet;
}

/** Buys what an active fleet that maintains its capacity has lost. */
export function maintainFleet(ctx: AccountContext, id: string): Promise<void> {
  return inFleetOrder(ctx, id, async () => {
    const fleet = await findResource(ctx, fleets, id);
    if (fleet?.FleetState !== "active" || fleet.Type !== "maintain" || !isWithin(ctx, fleet.ValidUntil)) return;
    await fill(ctx, fleet, poolsOf(configsOf(fleet)), {}, await membersOf(ctx, tagOf(fleet)));
    await updateResource(ctx, fleets, fleet);
  });
}

/** Buys what is missing to the fleet's target, beside the members that it has. */
async function fill(
  ctx: AccountContext,
  fleet: StoredFleet,
  pools: readonly Pool[],
  { TagSpecifications }: Pick<Partial<CreateFleetRequest>, "TagSpecifications">,
  members: readonly StoredInstance[] = [],
): Promise<PoolResult[]> {
  const target = unitsOf(fleet.TargetCapacitySpecification ?? {});
  const had = unitsOfMembers(members, weightsOfFleet(fleet));
  const { key, value } = tagOf(fleet);
  const results = await buyUnits(ctx, pools, {
    instanceTags: [{ Key: key, Value: value }],
    tagSpecifications: TagSpecifications?.filter(({ ResourceType }) => ResourceType !== "fleet") ?? [],
    units: missingUnits(target, had),
  });
  fleet.ActivityStatus = boughtNothing(results) ? "error" : "fulfilled";
  if (fleet.ActivityStatus === "error") record(ctx, fleet, { Type: "service-error", SubType: "launchSpecUnusable" });
  for (const instance of results.flatMap((result) => result.instances)) {
    record(ctx, fleet, { Type: "instance-change", SubType: "launched", InstanceId: instances.idOf(instance) });
  }
  return results;
}

async function fulfilledBy(ctx: Context, fleet: FleetData) {
  const members = await membersOf(ctx, tagOf(fleet));
  const { onDemand, spot } = unitsOfMembers(members, weightsOfFleet(fleet));
  return { FulfilledCapacity: onDemand + spot, FulfilledOnDemandCapacity: onDemand };
}

function weightsOfFleet({ LaunchTemplateConfigs = [] }: FleetData): WeightOf {
  return weightsOf(LaunchTemplateConfigs.flatMap(({ Overrides = [] }) => Overrides));
}

function tagOf(fleet: FleetData): { key: string; value: string } {
  return { key: fleetTag, value: fleet.FleetId ?? "" };
}
