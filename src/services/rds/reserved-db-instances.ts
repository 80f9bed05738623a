import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { reservedDbInstanceNotFound, reservedDbInstancesOfferingNotFound } from "./errors.ts";
import { page } from "./pages.ts";

/** Nothing here costs anything, so nothing is offered for less. */
export const reservedDbInstances = {
  DescribeReservedDBInstances(_ctx, input) {
    if (input.ReservedDBInstanceId) throw reservedDbInstanceNotFound(input.ReservedDBInstanceId);
    const { items, marker } = page([], { ...input, kind: "reserved-db-instances" }, () => "");
    return { ReservedDBInstances: items, Marker: marker };
  },

  DescribeReservedDBInstancesOfferings(_ctx, input) {
    const { ReservedDBInstancesOfferingId } = input;
    if (ReservedDBInstancesOfferingId) throw reservedDbInstancesOfferingNotFound(ReservedDBInstancesOfferingId);
    const { items, marker } = page([], { ...input, kind: "reserved-db-instances-offerings" }, () => "");
    return { ReservedDBInstancesOfferings: items, Marker: marker };
  },

  PurchaseReservedDBInstancesOffering(_ctx, input) {
    throw reservedDbInstancesOfferingNotFound(input.ReservedDBInstancesOfferingId ?? "");
  },
} satisfies Operations<typeof Rds, Context>;
