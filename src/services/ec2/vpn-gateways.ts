import type { VpnGateway } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Ending } from "./ended.ts";
import { notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export const vpnGateways: Resource<VpnGateway & Ending> = {
  table: "ec2_vpn_gateways",
  prefix: "vgw",
  type: "vpn-gateway",
  idOf: (gateway) => gateway.VpnGatewayId ?? "",
  ...tagsMember,
  filters: pathFilters<VpnGateway>()({
    "amazon-side-asn": "AmazonSideAsn",
    "attachment.state": "VpcAttachments.State",
    "attachment.vpc-id": "VpcAttachments.VpcId",
    "availability-zone": "AvailabilityZone",
    state: "State",
    type: "Type",
    "vpn-gateway-id": "VpnGatewayId",
  }),
  columnFilters: { "vpn-gateway-id": "id" },
  // AWS has no code of its own for what has no id's form.
  malformed: (id) => notFound("InvalidVpnGatewayID.NotFound", "vpnGateway ID", [id]),
  notFound: (ids) => notFound("InvalidVpnGatewayID.NotFound", "vpnGateway ID", ids),
};
