import type { TransitGateway } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Ending } from "./ended.ts";
import { malformed } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export const transitGateways: Resource<TransitGateway & Ending> = {
  table: "ec2_transit_gateways",
  prefix: "tgw",
  type: "transit-gateway",
  idOf: (gateway) => gateway.TransitGatewayId ?? "",
  dates: ["CreationTime"],
  ...tagsMember,
  filters: pathFilters<TransitGateway>()({
    "options.amazon-side-asn": "Options.AmazonSideAsn",
    "options.association-default-route-table-id": "Options.AssociationDefaultRouteTableId",
    "options.auto-accept-shared-attachments": "Options.AutoAcceptSharedAttachments",
    "options.default-route-table-association": "Options.DefaultRouteTableAssociation",
    "options.default-route-table-propagation": "Options.DefaultRouteTablePropagation",
    "options.dns-support": "Options.DnsSupport",
    "options.propagation-default-route-table-id": "Options.PropagationDefaultRouteTableId",
    "options.vpn-ecmp-support": "Options.VpnEcmpSupport",
    "owner-id": "OwnerId",
    state: "State",
    "transit-gateway-id": "TransitGatewayId",
  }),
  columnFilters: { "transit-gateway-id": "id" },
  malformed: (id) => malformed("InvalidTransitGatewayID.Malformed", id, "tgw"),
  notFound: (ids) =>
    new AwsError(
      "InvalidTransitGatewayID.NotFound",
      `Transit Gateway ${ids.join(", ")} was deleted or does not exist.`,
    ),
};
