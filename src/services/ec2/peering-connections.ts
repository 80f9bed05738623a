import type { VpcPeeringConnection } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed, notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

/**
 * A connection is kept once for each account and region that sees it: the accepter's row is a copy of the requester's,
 * with the accepter's own tags.
 */
export const peeringConnections: Resource<VpcPeeringConnection> = {
  table: "ec2_vpc_peering_connections",
  prefix: "pcx",
  type: "vpc-peering-connection",
  idOf: (connection) => connection.VpcPeeringConnectionId ?? "",
  dates: ["ExpirationTime"],
  ...tagsMember,
  filters: pathFilters<VpcPeeringConnection>()({
    "accepter-vpc-info.cidr-block": "AccepterVpcInfo.CidrBlock",
    "accepter-vpc-info.owner-id": "AccepterVpcInfo.OwnerId",
    "accepter-vpc-info.vpc-id": "AccepterVpcInfo.VpcId",
    "expiration-time": "ExpirationTime",
    "requester-vpc-info.cidr-block": "RequesterVpcInfo.CidrBlock",
    "requester-vpc-info.owner-id": "RequesterVpcInfo.OwnerId",
    "requester-vpc-info.vpc-id": "RequesterVpcInfo.VpcId",
    "status-code": "Status.Code",
    "status-message": "Status.Message",
    "vpc-peering-connection-id": "VpcPeeringConnectionId",
  }),
  columnFilters: {},
  malformed: (id) => malformed("InvalidVpcPeeringConnectionId.Malformed", id, "pcx"),
  notFound: (ids) => notFound("InvalidVpcPeeringConnectionID.NotFound", "vpcPeeringConnection ID", ids),
};
