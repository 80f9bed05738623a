import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CapacityReservation } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { capacityReservations, getActive } from "./capacity-reservations.ts";
import { findMade, rememberMade } from "./client-tokens.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { completeResources, getResource, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

/** What both reservations of a move must have alike. */
const alike = [
  ...["InstanceType", "InstancePlatform", "AvailabilityZone", "Tenancy", "PlacementGroupArn", "EndDateType"],
] as const satisfies readonly (keyof CapacityReservation)[];

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/capacity-reservations-split.html and capacity-reservations-move.html */
export const capacityReservationMoveOperations = {
  async CreateCapacityReservationBySplitting(ctx, input) {
    const sourceId = required(input.SourceCapacityReservationId, "sourceCapacityReservationId");
    const count = required(input.InstanceCount, "instanceCount");
    const tags = tagsForNew(input.TagSpecifications, "capacity-reservation");
    return once(ctx, input, async (scope) => {
      const source = await getActive(scope, sourceId);
      checkRoom(source, count);
      if ((source.TotalInstanceCount ?? 0) === count) {
        throw invalidParameterValue(
          "All of a Capacity Reservation cannot be split off; at least one instance stays in it.",
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      await addInstances(scope, source, -count);
      const id = scope.newId("cr");
      const { Tags: _, CapacityReservationFleetId: __, ...shown } = source;
      const made: CapacityReservation = {
        ...shown,
        ...{ CapacityReservationId: id, CreateDate: scope.now(), StartDate: scope.now() },
        CapacityReservationArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:capacity-reservation/${id}`,
        ...{ TotalInstanceCount: count, AvailableInstanceCount: count },
      };
      await insertTagged(scope, capacityReservations, made, tags);
      return [sourceId, id];
    });
  },

  async MoveCapacityReservationInstances(ctx, input) {
    const sourceId = required(input.SourceCapacityReservationId, "sourceCapacityReservationId");
    const targetId = required(input.DestinationCapacityReservationId, "destinationCapacityReservationId");
    const count = required(input.InstanceCount, "instanceCount");
    return once(ctx, input, async (scope) => {
      if (sourceId === targetId) {
        throw invalidParameterValue("The source and the destination must be different Capacity Reservations.");
      }
      const source = await getActive(scope, sourceId);
      const target = await getActive(scope, targetId);
      const other = alike.find((member) => source[member] !== target[member]);
      if (other !== undefined || source.EndDate?.getTime() !== target.EndDate?.getTime()) {
        throw invalidParameterValue(
          `The Capacity Reservations '${sourceId}' and '${targetId}' have different values of ${other ?? "EndDate"}.`,
        );
      }
      checkRoom(source, count);
      if (input.DryRun === true) throw dryRunOperation();
      await addInstances(scope, source, -count);
      await addInstances(scope, target, count);
      return [sourceId, targetId];
    });
  },
} satisfies Operations<typeof Ec2, Context>;

/** Capacity that instances run in does not move. */
function checkRoom({ CapacityReservationId, AvailableInstanceCount = 0 }: CapacityReservation, count: number): void {
  if (count >= 1 && count <= AvailableInstanceCount) return;
  throw invalidParameterValue(
    `Value (${count}) for parameter instanceCount is invalid. '${CapacityReservationId}' has ${AvailableInstanceCount} available instances.`,
  );
}

/** One that is empty is over, as on AWS. */
async function addInstances(scope: Scope, reservation: CapacityReservation, count: number): Promise<void> {
  reservation.TotalInstanceCount = (reservation.TotalInstanceCount ?? 0) + count;
  if (reservation.TotalInstanceCount === 0) reservation.State = "cancelled";
  await updateResource(scope, capacityReservations, reservation);
}

/** `work` answers with the ids of both reservations; a request with the same token is not carried out again. */
async function once(
  ctx: Context,
  input: { ClientToken?: string | undefined; InstanceCount: number | undefined },
  work: (scope: Scope) => Promise<string[]>,
) {
  const { ClientToken: token, InstanceCount } = input;
  return inTransaction(ctx, async (scope) => {
    const request = token ? { operation: ctx.operation, token, input: { ...input } } : undefined;
    const before = request === undefined ? undefined : await findMade(scope, request);
    const ids = before ?? (await work(scope));
    if (before === undefined && request !== undefined) await rememberMade(scope, request, ids);
    const [sourceId = "", targetId = ""] = ids;
    const found = [
      await getResource(scope, capacityReservations, sourceId),
      await getResource(scope, capacityReservations, targetId),
    ];
    await completeResources(scope, capacityReservations, found);
    const [SourceCapacityReservation, DestinationCapacityReservation] = found;
    return { SourceCapacityReservation, DestinationCapacityReservation, InstanceCount };
  });
}
