import type { TransitGatewayMulticastDomain } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Ending } from "./ended.ts";
import { malformed, notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

/** With the subnets that are associated, and who sends to and receives of each group. */
export interface StoredMulticastDomain extends TransitGatewayMulticastDomain, Ending {
  Subnets: { attachmentId: string; subnetId: string }[];
  Groups: { address: string; interfaceId: string; role: MulticastRole }[];
}

export type MulticastRole = "member" | "source";

export const multicastDomains: Resource<StoredMulticastDomain> = {
  table: "ec2_transit_gateway_multicast_domains",
  prefix: "tgw-mcast-domain",
  type: "transit-gateway-multicast-domain",
  idOf: (domain) => domain.TransitGatewayMulticastDomainId ?? "",
  dates: ["CreationTime"],
  ...tagsMember,
  filters: pathFilters<TransitGatewayMulticastDomain>()({
    state: "State",
    "transit-gateway-id": "TransitGatewayId",
    "transit-gateway-multicast-domain-id": "TransitGatewayMulticastDomainId",
  }),
  columnFilters: { "transit-gateway-multicast-domain-id": "id" },
  malformed: (id) => malformed("InvalidTransitGatewayMulticastDomainId.Malformed", id, "tgw-mcast-domain"),
  notFound: (ids) =>
    notFound("InvalidTransitGatewayMulticastDomainId.NotFound", "Transit Gateway Multicast Domain", ids),
};
