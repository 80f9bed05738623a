import type { VpnConnection } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Ending } from "./ended.ts";
import { notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export const vpnConnections: Resource<VpnConnection & Ending> = {
  table: "ec2_vpn_connections",
  prefix: "vpn",
  type: "vpn-connection",
  idOf: (connection) => connection.VpnConnectionId ?? "",
  dates: ["VgwTelemetry.LastStatusChange"],
  ...tagsMember,
  filters: {
    // The customer gateway's; it may be gone.
    "bgp-asn": ({ CustomerGatewayConfiguration = "" }) =>
      /<customer_gateway>.*?<asn>(\d+)<\/asn>/s.exec(CustomerGatewayConfiguration)?.[1],
    ...pathFilters<VpnConnection>()({
      "customer-gateway-configuration": "CustomerGatewayConfiguration",
      "customer-gateway-id": "CustomerGatewayId",
      "option.static-routes-only": "Options.StaticRoutesOnly",
      "route.destination-cidr-block": "Routes.DestinationCidrBlock",
      state: "State",
      "transit-gateway-id": "TransitGatewayId",
      type: "Type",
      "vpn-connection-id": "VpnConnectionId",
      "vpn-gateway-id": "VpnGatewayId",
    }),
  },
  columnFilters: { "vpn-connection-id": "id" },
  malformed: (id) => notFound("InvalidVpnConnectionID.NotFound", "vpnConnection ID", [id]),
  notFound: (ids) => notFound("InvalidVpnConnectionID.NotFound", "vpnConnection ID", ids),
};
