import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CapacityReservation, InstanceTypeInfo, RunInstancesRequest, Subnet } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData, describeResources } from "./describe.ts";
import { describeNone } from "./describe-none.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  malformed,
  missingParameter,
} from "./errors.ts";
import { getInstanceType } from "./instance-types.ts";
import { instances } from "./instances.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { checkOneOf } from "./one-of.ts";
import { type ZoneData, zonesOf } from "./region-data.ts";
import { required } from "./required.ts";
import {
  completeResources,
  getResource,
  listResources,
  type Resource,
  tagsMember,
  updateResource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

export const capacityReservations: Resource<CapacityReservation> = {
  table: "ec2_capacity_reservations",
  prefix: "cr",
  type: "capacity-reservation",
  idOf: (reservation) => reservation.CapacityReservationId ?? "",
  dates: ["CreateDate", "EndDate", "StartDate"],
  ...tagsMember,
  enrich: countAvailable,
  filters: pathFilters<CapacityReservation>()({
    "availability-zone": "AvailabilityZone",
    "availability-zone-id": "AvailabilityZoneId",
    "end-date": "EndDate",
    "end-date-type": "EndDateType",
    "instance-match-criteria": "InstanceMatchCriteria",
    "instance-platform": "InstancePlatform",
    "instance-type": "InstanceType",
    "outpost-arn": "OutpostArn",
    "owner-id": "OwnerId",
    "placement-group-arn": "PlacementGroupArn",
    "start-date": "StartDate",
    state: "State",
    tenancy: "Tenancy",
  }),
  columnFilters: {},
  malformed: (id) => malformed("InvalidCapacityReservationId.Malformed", id, "cr"),
  notFound: ([id = ""]) =>
    new AwsError("InvalidCapacityReservationId.NotFound", `The capacity reservation ID '${id}' does not exist`),
};

const platforms: readonly string[] = [
  "Linux/UNIX",
  "Red Hat Enterprise Linux",
  "SUSE Linux",
  "Windows",
  "Windows with SQL Server",
  "Windows with SQL Server Enterprise",
  "Windows with SQL Server Standard",
  "Windows with SQL Server Web",
  "Linux with SQL Server Standard",
  "Linux with SQL Server Web",
  "Linux with SQL Server Enterprise",
  "RHEL with SQL Server Standard",
  "RHEL with SQL Server Enterprise",
  "RHEL with SQL Server Web",
  "RHEL with HA",
  "RHEL with HA and SQL Server Standard",
  "RHEL with HA and SQL Server Enterprise",
  "Ubuntu Pro",
];

export const capacityReservationOperations = {
  async CreateCapacityReservation(ctx, input) {
    const type = getInstanceType(required(input.InstanceType, "instanceType")).InstanceType;
    const platform = required(input.InstancePlatform, "instancePlatform");
    if (!platforms.includes(platform)) {
      throw invalidParameterValue(`Invalid value '${platform}' for instancePlatform.`);
    }
    const count = required(input.InstanceCount, "instanceCount");
    checkCount(count);
    if (!input.AvailabilityZone && !input.AvailabilityZoneId) throw missingParameter("availabilityZone");
    const zone = zonesOf(ctx.region).find(
      ({ name, id }) => name === input.AvailabilityZone || id === input.AvailabilityZoneId,
    );
    if (zone === undefined) throw invalidParameterValue(`Invalid availability zone: [${input.AvailabilityZone}]`);
    const end = checkEnd(ctx, input.EndDateType, input.EndDate);
    const tags = tagsForNew(input.TagSpecifications, "capacity-reservation");
    const made = await makeOnce(ctx, capacityReservations, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const reservation = newReservation(scope, { type, platform, count, zone, end, options: input });
      return insertTagged(scope, capacityReservations, reservation, tags);
    });
    return { CapacityReservation: made };
  },

  async DescribeCapacityReservations(ctx, input) {
    const page = await describeResources(ctx, capacityReservations, input, {
      ids: input.CapacityReservationIds,
      limits: { min: 1, max: 1000 },
    });
    return { CapacityReservations: page.items.map(showAllocations), NextToken: page.nextToken };
  },

  async ModifyCapacityReservation(ctx, input) {
    checkOneOf("instanceMatchCriteria", input.InstanceMatchCriteria, ["open", "targeted"]);
    const id = required(input.CapacityReservationId, "capacityReservationId");
    return inTransaction(ctx, async (scope) => {
      const reservation = await getActive(scope, id);
      if (input.InstanceCount !== undefined) {
        checkCount(input.InstanceCount);
        const used = (reservation.TotalInstanceCount ?? 0) - (reservation.AvailableInstanceCount ?? 0);
        if (input.InstanceCount < used) {
          throw invalidParameterValue(
            `The instance count may not be lower than the ${used} instances that are running.`,
          );
        }
        reservation.TotalInstanceCount = input.InstanceCount;
      }
      if (input.EndDateType !== undefined || input.EndDate !== undefined) {
        delete reservation.EndDate;
        Object.assign(reservation, checkEnd(scope, input.EndDateType, input.EndDate));
      }
      if (input.InstanceMatchCriteria !== undefined) reservation.InstanceMatchCriteria = input.InstanceMatchCriteria;
      if (input.DryRun === true) throw dryRunOperation();
      await updateResource(scope, capacityReservations, reservation);
      return { Return: true };
    });
  },

  async CancelCapacityReservation(ctx, input) {
    const id = required(input.CapacityReservationId, "capacityReservationId");
    return inTransaction(ctx, async (scope) => {
      const reservation = await getActive(scope, id);
      if (input.DryRun === true) throw dryRunOperation();
      reservation.State = "cancelled";
      await updateResource(scope, capacityReservations, reservation);
      return { Return: true };
    });
  },

  async GetCapacityReservationUsage(ctx, input) {
    const id = required(input.CapacityReservationId, "capacityReservationId");
    const reservation = await getResource(ctx, capacityReservations, id);
    await completeResources(ctx, capacityReservations, [reservation]);
    const { TotalInstanceCount = 0, AvailableInstanceCount = 0 } = reservation;
    const UsedInstanceCount = TotalInstanceCount - AvailableInstanceCount;
    const usages = UsedInstanceCount === 0 ? [] : [{ AccountId: ctx.accountId, UsedInstanceCount }];
    const page = describeData(usages, input, {
      ...{ kind: "capacity-reservation-usage", keyOf: ({ AccountId }) => AccountId, limits: { min: 1, max: 1000 } },
    });
    return {
      CapacityReservationId: id,
      InstanceType: reservation.InstanceType,
      TotalInstanceCount,
      AvailableInstanceCount,
      State: reservation.State,
      InstanceUsages: page.items,
    };
  },

  async GetGroupsForCapacityReservation(ctx, input) {
    await getResource(ctx, capacityReservations, required(input.CapacityReservationId, "capacityReservationId"));
    return { CapacityReservationGroups: describeNone(input) };
  },
} satisfies Operations<typeof Ec2, Context>;

interface ReservationPlan {
  readonly type: CapacityReservation["InstanceType"];
  readonly platform: CapacityReservation["InstancePlatform"];
  readonly count: number;
  readonly zone: ZoneData;
  readonly end: Pick<CapacityReservation, "EndDate" | "EndDateType">;
  readonly fleetId?: string;
  readonly options: Pick<
    Ec2.CreateCapacityReservationRequest,
    "EbsOptimized" | "EphemeralStorage" | "InstanceMatchCriteria" | "PlacementGroupArn" | "Tenancy"
  >;
}

export function newReservation(scope: Scope, plan: ReservationPlan): CapacityReservation {
  const { count, end, fleetId, options, platform, type, zone } = plan;
  const id = scope.newId("cr");
  const now = scope.now();
  return {
    CapacityReservationId: id,
    CapacityReservationArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:capacity-reservation/${id}`,
    ...(fleetId === undefined ? {} : { CapacityReservationFleetId: fleetId }),
    OwnerId: scope.accountId,
    AvailabilityZone: zone.name,
    AvailabilityZoneId: zone.id,
    InstanceType: type,
    InstancePlatform: platform,
    InstanceMatchCriteria: options.InstanceMatchCriteria ?? "open",
    Tenancy: options.Tenancy ?? "default",
    TotalInstanceCount: count,
    AvailableInstanceCount: count,
    EbsOptimized: options.EbsOptimized ?? false,
    EphemeralStorage: options.EphemeralStorage ?? false,
    State: "active",
    CreateDate: now,
    StartDate: now,
    ...end,
    ...(options.PlacementGroupArn ? { PlacementGroupArn: options.PlacementGroupArn } : {}),
    ReservationType: "default",
  };
}

function showAllocations(reservation: CapacityReservation): CapacityReservation {
  const Count = (reservation.TotalInstanceCount ?? 0) - (reservation.AvailableInstanceCount ?? 0);
  return { ...reservation, CapacityAllocations: Count > 0 ? [{ AllocationType: "used", Count }] : [] };
}

/**
 * The reservation that the instances of a launch run in: the one that the request targets, or an open one of their type
 * and zone. @throws AwsError where the target has no room or is of another type
 */
export async function chooseReservation(
  scope: Scope,
  input: RunInstancesRequest,
  { type, subnet, count }: { type: InstanceTypeInfo; subnet: Subnet; count: number },
): Promise<string | undefined> {
  const { CapacityReservationPreference: preference, CapacityReservationTarget: target } =
    input.CapacityReservationSpecification ?? {};
  if (preference !== undefined && target !== undefined) {
    throw invalidParameterCombination(
      "CapacityReservationPreference and CapacityReservationTarget cannot be specified together.",
    );
  }
  const matches = (reservation: CapacityReservation) =>
    reservation.State === "active" &&
    reservation.InstanceType === type.InstanceType &&
    reservation.AvailabilityZone === subnet.AvailabilityZone &&
    reservation.Tenancy === (input.Placement?.Tenancy || "default");
  if (target?.CapacityReservationId) {
    const reservation = await getResource(scope, capacityReservations, target.CapacityReservationId);
    if (!matches(reservation)) {
      throw invalidParameterValue(
        `The Capacity Reservation '${target.CapacityReservationId}' does not match the attributes of the instances.`,
      );
    }
    await countAvailable(scope, [reservation]);
    if ((reservation.AvailableInstanceCount ?? 0) < count) {
      throw new AwsError(
        "ReservationCapacityExceeded",
        `The requested instance count exceeds the available capacity of '${target.CapacityReservationId}'.`,
      );
    }
    return target.CapacityReservationId;
  }
  if (preference === "none") return undefined;
  const open = (await listResources(scope, capacityReservations)).filter(
    (reservation) => matches(reservation) && reservation.InstanceMatchCriteria === "open",
  );
  await countAvailable(scope, open);
  const found = open.find(({ AvailableInstanceCount = 0 }) => AvailableInstanceCount >= count);
  if (found === undefined && preference === "capacity-reservations-only") {
    throw new AwsError("ReservationCapacityExceeded", "No open Capacity Reservation has room for the instances.");
  }
  return found?.CapacityReservationId;
}

/** With as much room as its instances leave. @throws AwsError for one that is over */
export async function getActive(scope: Scope, id: string): Promise<CapacityReservation> {
  const reservation = await getResource(scope, capacityReservations, id);
  await countAvailable(scope, [reservation]);
  if (reservation.State === "active") return reservation;
  throw new AwsError(
    "InvalidCapacityReservationState",
    `The Capacity Reservation '${id}' is in the state '${reservation.State}' and cannot be changed.`,
  );
}

/** What has run out by its end date is over, and each reservation has as much room as its instances leave. */
async function countAvailable(scope: Scope, shapes: CapacityReservation[]): Promise<void> {
  if (shapes.length === 0) return;
  const running = await listResources(scope, instances, { state: ["pending", "running"] });
  for (const reservation of shapes) {
    const over = reservation.EndDate !== undefined && reservation.EndDate <= scope.now();
    if (over && reservation.State === "active") reservation.State = "expired";
    const id = reservation.CapacityReservationId;
    const used = running.filter(({ CapacityReservationId }) => CapacityReservationId === id).length;
    const total = reservation.TotalInstanceCount ?? 0;
    reservation.AvailableInstanceCount = reservation.State === "active" ? Math.max(0, total - used) : 0;
  }
}

function checkCount(count: number): void {
  if (count < 1 || count > 1000) {
    throw invalidParameterValue(
      `Value (${count}) for parameter instanceCount is invalid. It must be between 1 and 1000.`,
    );
  }
}

export function checkEnd(
  scope: Scope,
  type: CapacityReservation["EndDateType"],
  date: Date | undefined,
): Pick<CapacityReservation, "EndDate" | "EndDateType"> {
  if (type !== undefined && type !== "limited" && type !== "unlimited") {
    throw invalidParameterValue(`Invalid value '${String(type)}' for endDateType.`);
  }
  if (date === undefined) {
    if (type === "limited") throw missingParameter("endDate");
    return { EndDateType: "unlimited" };
  }
  if (type === "unlimited") {
    throw invalidParameterCombination("An end date may not be specified with the end date type 'unlimited'.");
  }
  if (date <= scope.now()) throw invalidParameterValue("The end date must be in the future.");
  return { EndDateType: "limited", EndDate: date };
}
