import type { SubnetCidrReservation } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed, notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export const subnetCidrReservations: Resource<SubnetCidrReservation> = {
  table: "ec2_subnet_cidr_reservations",
  prefix: "scr",
  type: "subnet-cidr-reservation",
  idOf: (reservation) => reservation.SubnetCidrReservationId ?? "",
  columnsOf: (reservation) => ({ subnet_id: reservation.SubnetId ?? "" }),
  ...tagsMember,
  filters: pathFilters<SubnetCidrReservation>()({
    reservationType: "ReservationType",
    "reservation-type": "ReservationType",
    "subnet-id": "SubnetId",
  }),
  columnFilters: { "subnet-id": "subnet_id" },
  malformed: (id) => malformed("InvalidSubnetCidrReservationID.Malformed", id, "scr"),
  notFound: (ids) => notFound("InvalidSubnetCidrReservationID.NotFound", "subnet CIDR reservation ID", ids),
};
