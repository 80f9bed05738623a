import type { VpnConnection } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Ending } from "./ended.ts";
import { notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export interface StoredVpnConnection extends VpnConnection, Ending {
  /** Its customer gateway's, which may be gone. */
  CustomerAsn?: string | undefined;
}

export const vpnConnections: Resource<StoredVpnConnection> = {
  table: "ec2_vpn_connections",
  prefix: "vpn",
  type: "vpn-connection",
  idOf: (connection) => connection.VpnConnectionId ?? "",
  dates: ["VgwTelemetry.LastStatusChange"],
  ...tagsMember,
  filters: {
    "bgp-asn": ({ CustomerAsn }) => CustomerAsn,
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
