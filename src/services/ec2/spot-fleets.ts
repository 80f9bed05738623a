import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  CancelSpotFleetRequestsErrorItem,
  CancelSpotFleetRequestsSuccessItem,
  HistoryRecord,
  InstanceRequirementsRequest,
  LaunchTemplateConfig,
  SpotFleetLaunchSpecification,
  SpotFleetRequestConfig,
  SpotFleetRequestConfigData,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { AccountContext, Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { type Ending, forgetEnded } from "./ended.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import {
  buyUnits,
  endMembers,
  type FleetUnits,
  fleetIdPattern,
  membersOf,
  newFleetId,
  type Pool,
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
import { instances, type StoredInstance } from "./instances.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { findResource, getResource, type Resource, tagsMember, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { checkPrice } from "./spot-requests.ts";

type StoredSpotFleet = SpotFleetRequestConfig & Ending & WithHistory;

export const spotFleetRequests: Resource<StoredSpotFleet> = {
  table: "ec2_spot_fleet_requests",
  prefix: "sfr",
  idPattern: fleetIdPattern,
  type: "spot-fleet-request",
  idOf: (request) => request.SpotFleetRequestId ?? "",
  dates: ["CreateTime", "SpotFleetRequestConfig.ValidFrom", "SpotFleetRequestConfig.ValidUntil"],
  ...tagsMember,
  enrich: addFulfilled,
  filters: {},
  columnFilters: {},
  malformed: (id) =>
    new AwsError("InvalidSpotFleetRequestId.Malformed", `The spot fleet request ID '${id}' is malformed.`),
  notFound: (ids) =>
    new AwsError("InvalidSpotFleetRequestId.NotFound", `The spot fleet request ID '${ids.join(", ")}' does not exist.`),
};

export const spotFleetTag = "aws:ec2spot:fleet-request-id";

export const spotFleetOperations = {
  async RequestSpotFleet(ctx, input) {
    const config = required(input.SpotFleetRequestConfig, "SpotFleetRequestConfig");
    required(config.IamFleetRole, "SpotFleetRequestConfig.IamFleetRole");
    const target = required(config.TargetCapacity, "SpotFleetRequestConfig.TargetCapacity");
    if (target < 0) throw invalidParameterValue(`Invalid value '${target}' for TargetCapacity.`);
    checkPrice(config.SpotPrice);
    const pools = spotFleetPools(config);
    const tags = tagsForNew(config.TagSpecifications, "spot-fleet-request");
    if (input.DryRun === true) throw dryRunOperation();
    const request: StoredSpotFleet = {
      SpotFleetRequestId: newFleetId(ctx, "sfr"),
      CreateTime: ctx.now(),
      SpotFleetRequestState: "active",
      ActivityStatus: "fulfilled",
      SpotFleetRequestConfig: {
        AllocationStrategy: "lowestPrice",
        OnDemandAllocationStrategy: "lowestPrice",
        ExcessCapacityTerminationPolicy: "default",
        InstanceInterruptionBehavior: "terminate",
        OnDemandTargetCapacity: 0,
        ReplaceUnhealthyInstances: false,
        TerminateInstancesWithExpiration: false,
        Type: "maintain",
        ...config,
        LaunchSpecifications: config.LaunchSpecifications ?? [],
        LaunchTemplateConfigs: config.LaunchTemplateConfigs ?? [],
      },
      History: [],
    };
    record(ctx, request, { Type: "fleetRequestChange", SubType: "submitted" });
    await inFleetOrder(ctx, spotFleetRequests.idOf(request), async () => {
      await inTransaction(ctx, (scope) => insertTagged(scope, spotFleetRequests, structuredClone(request), tags));
      await fill(ctx, request, pools, []);
      await updateResource(ctx, spotFleetRequests, request);
    });
    return { SpotFleetRequestId: request.SpotFleetRequestId };
  },

  async DescribeSpotFleetRequests(ctx, input) {
    await forgetEnded(ctx, spotFleetRequests);
    const page = await describeResources(ctx, spotFleetRequests, input, {
      ids: input.SpotFleetRequestIds,
      limits: { min: 1, max: 1000 },
    });
    const SpotFleetRequestConfigs = page.items.map(({ History: _, EndedAt: __, ...request }) => request);
    return { SpotFleetRequestConfigs, NextToken: page.nextToken };
  },

  async DescribeSpotFleetInstances(ctx, input) {
    const id = required(input.SpotFleetRequestId, "SpotFleetRequestId");
    await getResource(ctx, spotFleetRequests, id);
    if (input.DryRun === true) throw dryRunOperation();
    const members = await membersOf(ctx, { key: spotFleetTag, value: id });
    const page = describeActiveInstances(members, input, "spot-fleet-instances");
    return { SpotFleetRequestId: id, ActiveInstances: page.items, NextToken: page.nextToken };
  },

  async DescribeSpotFleetRequestHistory(ctx, input) {
    const id = required(input.SpotFleetRequestId, "SpotFleetRequestId");
    const start = required(input.StartTime, "StartTime");
    const request = await getResource(ctx, spotFleetRequests, id);
    if (input.DryRun === true) throw dryRunOperation();
    const records = request.History.filter(
      ({ Type, At }) => new Date(At) >= start && (input.EventType === undefined || input.EventType === Type),
    );
    return {
      SpotFleetRequestId: id,
      StartTime: start,
      LastEvaluatedTime: ctx.now(),
      HistoryRecords: records.map(
        ({ Type, SubType, At, InstanceId }): HistoryRecord => ({
          EventType: Type as NonNullable<HistoryRecord["EventType"]>,
          EventInformation: { EventSubType: SubType, ...(InstanceId === undefined ? {} : { InstanceId }) },
          Timestamp: new Date(At),
        }),
      ),
    };
  },

  async ModifySpotFleetRequest(ctx, input) {
    const id = required(input.SpotFleetRequestId, "SpotFleetRequestId");
    return inFleetOrder(ctx, id, async () => {
      const request = await getResource(ctx, spotFleetRequests, id);
      const config = request.SpotFleetRequestConfig;
      if (request.SpotFleetRequestState !== "active" || config === undefined) {
        throw new AwsError("InvalidState", `The spot fleet request '${id}' is not in a modifiable state.`);
      }
      if (config.Type === "request") {
        throw invalidParameterCombination("Spot Fleet requests of the type 'request' cannot be modified.");
      }
      if (input.TargetCapacity !== undefined) config.TargetCapacity = input.TargetCapacity;
      if (input.OnDemandTargetCapacity !== undefined) config.OnDemandTargetCapacity = input.OnDemandTargetCapacity;
      if (input.LaunchTemplateConfigs?.length) config.LaunchTemplateConfigs = input.LaunchTemplateConfigs;
      if (input.ExcessCapacityTerminationPolicy !== undefined) {
        config.ExcessCapacityTerminationPolicy = input.ExcessCapacityTerminationPolicy;
      }
      const pools = spotFleetPools(config);
      const members = await membersOf(ctx, { key: spotFleetTag, value: id });
      if (config.ExcessCapacityTerminationPolicy?.toLowerCase() !== "notermination") {
        await endExcess(ctx, members, weightsOfConfig(config), unitsOf(config));
      }
      record(ctx, request, { Type: "fleetRequestChange", SubType: "modify_succeeded" });
      await fill(ctx, request, pools, members);
      await updateResource(ctx, spotFleetRequests, request);
      return { Return: true };
    });
  },

  async CancelSpotFleetRequests(ctx, input) {
    const ids = required(input.SpotFleetRequestIds, "SpotFleetRequestId");
    if (ids.length === 0) throw missingParameter("SpotFleetRequestId");
    const terminate = required(input.TerminateInstances, "TerminateInstances");
    if (input.DryRun === true) throw dryRunOperation();
    const successful: CancelSpotFleetRequestsSuccessItem[] = [];
    const unsuccessful: CancelSpotFleetRequestsErrorItem[] = [];
    for (const SpotFleetRequestId of ids) {
      await inFleetOrder(ctx, SpotFleetRequestId, async () => {
        const request = await findResource(ctx, spotFleetRequests, SpotFleetRequestId);
        if (request === undefined) {
          const Message = `The spot fleet request ID '${SpotFleetRequestId}' does not exist.`;
          unsuccessful.push({ SpotFleetRequestId, Error: { Code: "fleetRequestIdDoesNotExist", Message } });
          return;
        }
        const before = request.SpotFleetRequestState;
        const members = await membersOf(ctx, { key: spotFleetTag, value: SpotFleetRequestId });
        request.SpotFleetRequestState = terminate || members.length === 0 ? "cancelled" : "cancelled_running";
        request.EndedAt = ctx.now().toISOString();
        record(ctx, request, { Type: "fleetRequestChange", SubType: "cancelled" });
        await updateResource(ctx, spotFleetRequests, request);
        if (terminate) await endMembers(ctx, members);
        successful.push({
          SpotFleetRequestId,
          PreviousSpotFleetRequestState: before,
          CurrentSpotFleetRequestState: terminate ? "cancelled_terminating" : "cancelled_running",
        });
      });
    }
    return { SuccessfulFleetRequests: successful, UnsuccessfulFleetRequests: unsuccessful };
  },
} satisfies Operations<typeof Ec2, Context>;

/** Buys what an active fleet that maintains its capacity has lost. */
export function maintainSpotFleet(ctx: AccountContext, id: string): Promise<void> {
  return inFleetOrder(ctx, id, async () => {
    const request = await findResource(ctx, spotFleetRequests, id);
    const config = request?.SpotFleetRequestConfig;
    if (request?.SpotFleetRequestState !== "active" || config?.Type !== "maintain") return;
    if (!isWithin(ctx, config.ValidUntil)) return;
    const members = await membersOf(ctx, { key: spotFleetTag, value: id });
    await fill(ctx, request, spotFleetPools(config), members);
    await updateResource(ctx, spotFleetRequests, request);
  });
}

async function fill(
  ctx: AccountContext,
  request: StoredSpotFleet,
  pools: readonly Pool[],
  members: readonly StoredInstance[],
): Promise<void> {
  const config: Partial<SpotFleetRequestConfigData> = request.SpotFleetRequestConfig ?? {};
  const target = unitsOf(config);
  const had = unitsOfMembers(members, weightsOfConfig(config));
  const results = await buyUnits(ctx, pools, {
    instanceTags: [{ Key: spotFleetTag, Value: request.SpotFleetRequestId }],
    spotOptions: { MaxPrice: config.SpotPrice },
    units: missingUnits(target, had),
  });
  if (boughtNothing(results)) {
    request.ActivityStatus = "error";
    record(ctx, request, { Type: "error", SubType: "launchSpecUnusable" });
    return;
  }
  request.ActivityStatus = "fulfilled";
  for (const instance of results.flatMap((result) => result.instances)) {
    record(ctx, request, { Type: "instanceChange", SubType: "launched", InstanceId: instances.idOf(instance) });
  }
}

function spotFleetPools(config: SpotFleetRequestConfigData): Pool[] {
  const specifications = config.LaunchSpecifications ?? [];
  const templates = config.LaunchTemplateConfigs ?? [];
  if (specifications.length > 0 && templates.length > 0) {
    throw invalidParameterCombination("LaunchSpecifications and LaunchTemplateConfigs cannot be specified together.");
  }
  if (specifications.length === 0 && templates.length === 0) {
    throw missingParameter("LaunchSpecifications or LaunchTemplateConfigs");
  }
  return specifications.length > 0 ? specifications.map(toPool) : poolsOf(templates.map(asFleetConfig));
}

/** Spot Fleets have the members of EC2 Fleets but for the price; requirements are the same, with all members optional. */
function asFleetConfig({ LaunchTemplateSpecification, Overrides = [] }: LaunchTemplateConfig) {
  return {
    LaunchTemplateSpecification,
    Overrides: Overrides.map(({ SpotPrice: _, InstanceRequirements: requirements, ...override }) => ({
      ...override,
      ...(requirements === undefined ? {} : { InstanceRequirements: requirements as InstanceRequirementsRequest }),
    })),
  };
}

function toPool(specification: SpotFleetLaunchSpecification): Pool {
  const {
    AddressingType: _,
    SpotPrice: __,
    WeightedCapacity,
    SecurityGroups,
    TagSpecifications,
    InstanceRequirements: ___,
    SubnetId,
    Placement,
    Monitoring,
    ...launch
  } = specification;
  checkPrice(specification.SpotPrice);
  const [subnet] = SubnetId?.split(",").map((id) => id.trim()) ?? [];
  return {
    template: undefined,
    override: undefined,
    weight: WeightedCapacity ?? 1,
    launch: {
      ...launch,
      SecurityGroupIds: (SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId || []),
      SecurityGroups: (SecurityGroups ?? []).flatMap(({ GroupId, GroupName }) => (GroupId ? [] : GroupName || [])),
      ...(subnet ? { SubnetId: subnet } : {}),
      ...(Monitoring?.Enabled === true ? { Monitoring: { Enabled: true } } : {}),
      Placement: {
        AvailabilityZone: Placement?.AvailabilityZone?.split(",")[0]?.trim(),
        GroupName: Placement?.GroupName,
        Tenancy: Placement?.Tenancy,
      },
      TagSpecifications: (TagSpecifications ?? []).filter(({ Tags }) => Tags?.length),
    },
  };
}

async function addFulfilled(scope: Scope, shapes: StoredSpotFleet[]): Promise<void> {
  for (const shape of shapes) {
    const config = shape.SpotFleetRequestConfig;
    if (config === undefined) continue;
    const members = await membersOf(scope, { key: spotFleetTag, value: shape.SpotFleetRequestId ?? "" });
    const { onDemand, spot } = unitsOfMembers(members, weightsOfConfig(config));
    config.FulfilledCapacity = onDemand + spot;
    config.OnDemandFulfilledCapacity = onDemand;
  }
}

function unitsOf(config: Partial<SpotFleetRequestConfigData>): FleetUnits {
  const { TargetCapacity = 0, OnDemandTargetCapacity: onDemand = 0 } = config;
  return { onDemand, spot: TargetCapacity - onDemand };
}

function weightsOfConfig(config: Partial<SpotFleetRequestConfigData>): WeightOf {
  const { LaunchSpecifications = [], LaunchTemplateConfigs = [] } = config;
  return weightsOf([...LaunchSpecifications, ...LaunchTemplateConfigs.flatMap(({ Overrides = [] }) => Overrides)]);
}
