import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  CapacityReservationFleet,
  CapacityReservationFleetCancellationState,
  FleetCapacityReservation,
  ReservationFleetInstanceSpecification,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { capacityReservations, checkEnd, newReservation } from "./capacity-reservations.ts";
import { changeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, malformed } from "./errors.ts";
import { getInstanceType } from "./instance-types.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { zonesOf } from "./region-data.ts";
import { required } from "./required.ts";
import { findResource, listResources, type Resource, tagsMember, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

/** With the wishes that its reservations are made from, the first in the order of their priorities first. */
interface StoredFleet extends CapacityReservationFleet {
  CapacityReservationFleetId: string;
  Specifications: ReservationFleetInstanceSpecification[];
}

export const capacityReservationFleets: Resource<StoredFleet> = {
  table: "ec2_capacity_reservation_fleets",
  prefix: "crf",
  type: "capacity-reservation-fleet",
  idOf: (fleet) => fleet.CapacityReservationFleetId,
  dates: ["CreateTime", "EndDate", "InstanceTypeSpecifications.CreateDate"],
  ...tagsMember,
  filters: pathFilters<CapacityReservationFleet>()({
    "allocation-strategy": "AllocationStrategy",
    "instance-match-criteria": "InstanceMatchCriteria",
    state: "State",
    tenancy: "Tenancy",
  }),
  columnFilters: {},
  malformed: (id) => malformed("InvalidCapacityReservationFleetId.Malformed", id, "crf"),
  notFound: ([id = ""]) =>
    new AwsError(
      "InvalidCapacityReservationFleetId.NotFound",
      `The capacity reservation fleet ID '${id}' does not exist`,
    ),
};

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/cr-fleets.html; there is always room, so that the first wish gets it all. */
export const capacityReservationFleetOperations = {
  async CreateCapacityReservationFleet(ctx, input) {
    const specifications = required(input.InstanceTypeSpecifications, "instanceTypeSpecifications");
    const total = checkTotal(required(input.TotalTargetCapacity, "totalTargetCapacity"));
    if (input.AllocationStrategy && input.AllocationStrategy !== "prioritized") {
      throw invalidParameterValue(`Invalid value '${input.AllocationStrategy}' for allocationStrategy.`);
    }
    const tags = tagsForNew(input.TagSpecifications, "capacity-reservation-fleet");
    for (const one of specifications) checkSpecification(ctx, one);
    checkEnd(ctx, undefined, input.EndDate);
    const fleet = await makeOnce(ctx, capacityReservationFleets, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const id = scope.newId("crf");
      const made: StoredFleet = {
        CapacityReservationFleetId: id,
        CapacityReservationFleetArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:capacity-reservation-fleet/${id}`,
        State: "active",
        TotalTargetCapacity: total,
        TotalFulfilledCapacity: 0,
        Tenancy: "default",
        CreateTime: scope.now(),
        ...(input.EndDate === undefined ? {} : { EndDate: input.EndDate }),
        InstanceMatchCriteria: "open",
        AllocationStrategy: "prioritized",
        InstanceTypeSpecifications: [],
        Specifications: [...specifications].sort((one, other) => (one.Priority ?? 0) - (other.Priority ?? 0)),
      };
      await reserve(scope, made);
      return insertTagged(scope, capacityReservationFleets, made, tags);
    });
    const { InstanceTypeSpecifications: FleetCapacityReservations, ...answer } = fleet;
    return { ...answer, State: "submitted" as const, FleetCapacityReservations };
  },

  async DescribeCapacityReservationFleets(ctx, input) {
    const page = await describeResources(ctx, capacityReservationFleets, input, {
      ids: input.CapacityReservationFleetIds,
      limits: { min: 1, max: 100 },
    });
    return { CapacityReservationFleets: page.items, NextToken: page.nextToken };
  },

  async ModifyCapacityReservationFleet(ctx, { DryRun, ...input }) {
    const id = required(input.CapacityReservationFleetId, "capacityReservationFleetId");
    if (input.EndDate !== undefined && input.RemoveEndDate === true) {
      throw invalidParameterCombination("endDate and removeEndDate cannot be specified together.");
    }
    await changeResource(ctx, capacityReservationFleets, { id, DryRun }, async (fleet, scope) => {
      if (fleet.State !== "active") throw wrongState(fleet);
      if (input.RemoveEndDate === true) delete fleet.EndDate;
      if (input.EndDate !== undefined) fleet.EndDate = input.EndDate;
      if (input.TotalTargetCapacity === undefined) return;
      fleet.TotalTargetCapacity = checkTotal(input.TotalTargetCapacity);
      await cancelReservations(scope, fleet);
      await reserve(scope, fleet);
    });
    return { Return: true };
  },

  async CancelCapacityReservationFleets(ctx, input) {
    const ids = required(input.CapacityReservationFleetIds, "capacityReservationFleetIds");
    if (input.DryRun === true) throw dryRunOperation();
    return inTransaction(ctx, async (scope) => {
      const SuccessfulFleetCancellations: CapacityReservationFleetCancellationState[] = [];
      const FailedFleetCancellations: Ec2.FailedCapacityReservationFleetCancellationResult[] = [];
      for (const CapacityReservationFleetId of ids) {
        const fleet = await findResource(scope, capacityReservationFleets, CapacityReservationFleetId);
        if (fleet?.State !== "active") {
          const problem =
            fleet === undefined ? capacityReservationFleets.notFound([CapacityReservationFleetId]) : wrongState(fleet);
          FailedFleetCancellations.push({
            CapacityReservationFleetId,
            CancelCapacityReservationFleetError: { Code: problem.code, Message: problem.message },
          });
          continue;
        }
        await cancelReservations(scope, fleet);
        await updateResource(scope, capacityReservationFleets, {
          ...fleet,
          State: "cancelled",
          TotalFulfilledCapacity: 0,
        });
        SuccessfulFleetCancellations.push({
          CapacityReservationFleetId,
          PreviousFleetState: "active",
          CurrentFleetState: "cancelling",
        });
      }
      return { SuccessfulFleetCancellations, FailedFleetCancellations };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

/** Makes the reservations that fulfill a fleet's target. */
async function reserve(scope: Scope, fleet: StoredFleet): Promise<void> {
  const [first] = fleet.Specifications;
  const weight = first?.Weight ?? 1;
  const count = Math.ceil((fleet.TotalTargetCapacity ?? 0) / weight);
  const zone = zoneOf(scope, first ?? {});
  const reservation = newReservation(scope, {
    type: getInstanceType(first?.InstanceType ?? "").InstanceType,
    ...{ platform: first?.InstancePlatform, count, zone },
    end: checkEnd(scope, undefined, fleet.EndDate),
    fleetId: fleet.CapacityReservationFleetId,
    options: { EbsOptimized: first?.EbsOptimized } as const,
  });
  await insertTagged(scope, capacityReservations, reservation);
  const made: FleetCapacityReservation = {
    CapacityReservationId: reservation.CapacityReservationId,
    AvailabilityZone: zone.name,
    AvailabilityZoneId: zone.id,
    InstanceType: first?.InstanceType,
    InstancePlatform: reservation.InstancePlatform,
    TotalInstanceCount: count,
    FulfilledCapacity: count * weight,
    EbsOptimized: reservation.EbsOptimized,
    CreateDate: scope.now(),
    Weight: weight,
    Priority: first?.Priority ?? 0,
  };
  fleet.InstanceTypeSpecifications = [made];
  fleet.TotalFulfilledCapacity = count * weight;
}

async function cancelReservations(scope: Scope, { CapacityReservationFleetId: id }: StoredFleet): Promise<void> {
  for (const reservation of await listResources(scope, capacityReservations)) {
    if (reservation.CapacityReservationFleetId !== id || reservation.State !== "active") continue;
    await updateResource(scope, capacityReservations, { ...reservation, State: "cancelled" });
  }
}

function checkSpecification(scope: Scope, specification: ReservationFleetInstanceSpecification): void {
  getInstanceType(required(specification.InstanceType, "instanceType"));
  required(specification.InstancePlatform, "instancePlatform");
  const { Weight = 1 } = specification;
  if (Weight < 0.001 || Weight > 99.999) throw invalidParameterValue(`Invalid value '${Weight}' for weight.`);
  zoneOf(scope, specification);
}

/** The one that is asked for, or the first. */
function zoneOf(scope: Scope, { AvailabilityZone, AvailabilityZoneId }: ReservationFleetInstanceSpecification) {
  const zones = zonesOf(scope.region);
  const found =
    AvailabilityZone || AvailabilityZoneId
      ? zones.find(({ name, id }) => name === AvailabilityZone || id === AvailabilityZoneId)
      : zones[0];
  if (found !== undefined) return found;
  throw invalidParameterValue(`Invalid availability zone: [${AvailabilityZone ?? AvailabilityZoneId}]`);
}

function checkTotal(total: number): number {
  if (total >= 1 && total <= 25_000) return total;
  throw invalidParameterValue(`Value (${total}) for parameter totalTargetCapacity is invalid.`);
}

function wrongState({ CapacityReservationFleetId, State }: StoredFleet) {
  return new AwsError(
    "InvalidCapacityReservationState",
    `The Capacity Reservation Fleet '${CapacityReservationFleetId}' is in the state '${State}' and cannot be changed.`,
  );
}
