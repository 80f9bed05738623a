import type * as Ec2 from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { capacityReservations } from "./capacity-reservations.ts";
import { describeNone } from "./describe-none.ts";
import { dryRunOperation, notFound } from "./errors.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import { getResource } from "./resource.ts";

const offeringClasses = ["convertible", "standard"];
const offeringTypes = [
  ...["All Upfront", "Heavy Utilization", "Light Utilization", "Medium Utilization", "No Upfront", "Partial Upfront"],
];

/** Nobody sells reservations and capacity blocks here: there is nothing to buy, and so nothing that has been bought. */
export const purchaseOperations = {
  DescribeReservedInstances(_ctx, input) {
    checkOneOf("offeringClass", input.OfferingClass, offeringClasses);
    checkOneOf("offeringType", input.OfferingType, offeringTypes);
    const [id] = input.ReservedInstancesIds ?? [];
    if (id !== undefined) throw noReservation(id);
    return {
      ReservedInstances: describeNone(input, {
        filters: [
          "availability-zone",
          "availability-zone-id",
          "duration",
          "end",
          "fixed-price",
          "instance-type",
          "scope",
          "product-description",
          "reserved-instances-id",
          "start",
          "state",
          "usage-price",
        ],
        tagged: true,
      }),
    };
  },

  DescribeReservedInstancesOfferings(_ctx, input) {
    checkOneOf("offeringClass", input.OfferingClass, offeringClasses);
    checkOneOf("offeringType", input.OfferingType, offeringTypes);
    checkOneOf("instanceTenancy", input.InstanceTenancy, ["default", "dedicated", "host"]);
    const [id] = input.ReservedInstancesOfferingIds ?? [];
    if (id !== undefined) throw noOffering(id);
    return {
      ReservedInstancesOfferings: describeNone(input, {
        filters: [
          "availability-zone",
          "availability-zone-id",
          "duration",
          "fixed-price",
          "instance-type",
          "marketplace",
          "product-description",
          "reserved-instances-offering-id",
          "scope",
          "usage-price",
        ],
      }),
    };
  },

  DescribeReservedInstancesListings: (_ctx, input) => ({
    ReservedInstancesListings: describeNone(input, {
      filters: ["reserved-instances-id", "reserved-instances-listing-id", "status", "status-message"],
    }),
  }),

  DescribeReservedInstancesModifications: (_ctx, input) => ({
    ReservedInstancesModifications: describeNone(input, {
      ids: input.ReservedInstancesModificationIds,
      unknown: ["InvalidReservedInstancesModificationId", "Reserved Instances modification"],
      filters: [
        "client-token",
        "create-date",
        "effective-date",
        "modification-result.reserved-instances-id",
        "modification-result.target-configuration.availability-zone",
        "modification-result.target-configuration.availability-zone-id",
        "modification-result.target-configuration.instance-type",
        "reserved-instances-id",
        "reserved-instances-modification-id",
        "status",
        "status-message",
        "update-date",
      ],
    }),
  }),

  PurchaseReservedInstancesOffering(_ctx, input) {
    required(input.InstanceCount, "instanceCount");
    throw noOffering(required(input.ReservedInstancesOfferingId, "reservedInstancesOfferingId"));
  },

  ModifyReservedInstances(_ctx, input) {
    required(input.TargetConfigurations?.[0], "targetConfigurations");
    throw noReservation(required(input.ReservedInstancesIds?.[0], "reservedInstancesIds"));
  },

  GetReservedInstancesExchangeQuote(_ctx, input) {
    throw noReservation(required(input.ReservedInstanceIds?.[0], "reservedInstanceIds"));
  },

  DeleteQueuedReservedInstances(_ctx, input) {
    const ids = required(input.ReservedInstancesIds, "reservedInstancesId");
    if (input.DryRun === true) throw dryRunOperation();
    const Code = "reserved-instances-id-invalid" as const;
    return {
      FailedQueuedPurchaseDeletions: ids.map((ReservedInstancesId) => ({
        ...{ ReservedInstancesId, Error: { Code, Message: `The ID '${ReservedInstancesId}' is not valid` } },
      })),
    };
  },

  DescribeHostReservationOfferings: (_ctx, input) => ({
    OfferingSet: describeNone({ ...input, Filters: input.Filter }, { filters: ["instance-family", "payment-option"] }),
  }),

  DescribeHostReservations: (_ctx, input) => ({
    HostReservationSet: describeNone(
      { ...input, Filters: input.Filter },
      {
        ids: input.HostReservationIdSet,
        unknown: ["InvalidHostReservationId.NotFound", "host reservation ID"],
        filters: ["instance-family", "payment-option", "state"],
        tagged: true,
      },
    ),
  }),

  DescribeCapacityBlocks: (_ctx, input) => ({
    CapacityBlocks: describeNone(input, {
      ids: input.CapacityBlockIds,
      unknown: ["InvalidCapacityBlockId.NotFound", "capacity block ID"],
      filters: [
        "capacity-block-id",
        "ultraserver-type",
        "availability-zone",
        "start-date",
        "end-date",
        "create-date",
        "state",
        "tags",
      ],
      tagged: true,
    }),
  }),

  DescribeCapacityBlockStatus: (_ctx, input) => ({
    CapacityBlockStatuses: describeNone(input, {
      ids: input.CapacityBlockIds,
      unknown: ["InvalidCapacityBlockId.NotFound", "capacity block ID"],
      filters: ["interconnect-status"],
    }),
  }),

  DescribeCapacityBlockExtensionHistory: (_ctx, input) => ({
    CapacityBlockExtensions: describeNone(input, {
      ids: input.CapacityReservationIds,
      unknown: ["InvalidCapacityReservationId.NotFound", "capacity reservation ID"],
      filters: [
        "availability-zone",
        "availability-zone-id",
        "capacity-block-extension-offering-id",
        "capacity-block-extension-status",
        "capacity-reservation-id",
        "instance-type",
      ],
    }),
  }),

  DescribeCapacityBlockOfferings(_ctx, input) {
    required(input.CapacityDurationHours, "capacityDurationHours");
    return { CapacityBlockOfferings: describeNone(input) };
  },

  async DescribeCapacityBlockExtensionOfferings(ctx, input) {
    required(input.CapacityBlockExtensionDurationHours, "capacityBlockExtensionDurationHours");
    const id = required(input.CapacityReservationId, "capacityReservationId");
    await getResource(ctx, capacityReservations, id);
    return { CapacityBlockExtensionOfferings: describeNone(input) };
  },

  async PurchaseCapacityBlockExtension(ctx, input) {
    const offering = required(input.CapacityBlockExtensionOfferingId, "capacityBlockExtensionOfferingId");
    await getResource(ctx, capacityReservations, required(input.CapacityReservationId, "capacityReservationId"));
    throw notFound("InvalidCapacityBlockExtensionOfferingId.NotFound", "capacity block extension offering ID", [
      offering,
    ]);
  },

  PurchaseHostReservation(_ctx, input) {
    required(input.HostIdSet?.[0], "hostIdSet");
    throw noHostOffering(required(input.OfferingId, "offeringId"));
  },

  GetHostReservationPurchasePreview(_ctx, input) {
    required(input.HostIdSet?.[0], "hostIdSet");
    throw noHostOffering(required(input.OfferingId, "offeringId"));
  },

  CancelReservedInstancesListing(_ctx, input) {
    const id = required(input.ReservedInstancesListingId, "reservedInstancesListingId");
    throw new AwsError("InvalidReservedInstancesListingId", `The Reserved Instances listing '${id}' does not exist.`);
  },

  CreateReservedInstancesListing(_ctx, input) {
    required(input.InstanceCount, "instanceCount");
    required(input.PriceSchedules, "priceSchedules");
    throw noReservation(required(input.ReservedInstancesId, "reservedInstancesId"));
  },

  AcceptReservedInstancesExchangeQuote(_ctx, input) {
    throw noReservation(required(input.ReservedInstanceIds?.[0], "reservedInstanceId"));
  },

  PurchaseCapacityBlock(_ctx, input) {
    required(input.InstancePlatform, "instancePlatform");
    const id = required(input.CapacityBlockOfferingId, "capacityBlockOfferingId");
    throw notFound("InvalidCapacityBlockOfferingId.NotFound", "capacity block offering ID", [id]);
  },
} satisfies Operations<typeof Ec2, Context>;

function noHostOffering(id: string) {
  return notFound("InvalidHostReservationOfferingId.NotFound", "host reservation offering ID", [id]);
}

function noReservation(id: string) {
  return new AwsError("InvalidReservedInstancesId", `The specified Reserved Instance '${id}' does not exist.`);
}

function noOffering(id: string) {
  return new AwsError(
    "InvalidReservedInstancesOfferingId",
    `The specified Reserved Instances offering '${id}' does not exist.`,
  );
}
