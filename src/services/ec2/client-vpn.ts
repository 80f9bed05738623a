import type {
  AuthorizationRule,
  ClientVpnEndpoint,
  ClientVpnRoute,
  ClientVpnRouteStatusCode,
  TargetNetwork,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

/** With its associated networks, and who may reach what by which. */
export interface StoredClientVpnEndpoint extends ClientVpnEndpoint {
  ClientVpnEndpointId: string;
  Networks: TargetNetwork[];
  Rules: AuthorizationRule[];
  Routes: ClientVpnRoute[];
  /** Of client certificates, in PEM. */
  RevocationList?: string | undefined;
}

export const clientVpnEndpoints: Resource<StoredClientVpnEndpoint> = {
  table: "ec2_client_vpn_endpoints",
  prefix: "cvpn-endpoint",
  type: "client-vpn-endpoint",
  idOf: (endpoint) => endpoint.ClientVpnEndpointId,
  ...tagsMember,
  filters: pathFilters<ClientVpnEndpoint>()({
    "endpoint-id": "ClientVpnEndpointId",
    "transport-protocol": "TransportProtocol",
  }),
  columnFilters: { "endpoint-id": "id" },
  malformed: (id) => new AwsError("InvalidClientVpnEndpointId.NotFound", `Endpoint ${id} does not exist`),
  notFound: (ids) => new AwsError("InvalidClientVpnEndpointId.NotFound", `Endpoint ${ids.join(", ")} does not exist`),
};

/** The status follows the networks: without one, nothing connects. */
export function showNetworks(endpoint: StoredClientVpnEndpoint): void {
  endpoint.Status = { Code: endpoint.Networks.length > 0 ? "available" : "pending-associate" };
  endpoint.AssociatedTargetNetworks = endpoint.Networks.map(({ TargetNetworkId }) => ({
    NetworkId: TargetNetworkId,
    NetworkType: "vpc",
  }));
}

export function newRoute(
  route: Pick<ClientVpnRoute, "ClientVpnEndpointId" | "DestinationCidr" | "TargetSubnet" | "Description">,
  Origin: "associate" | "add-route",
): ClientVpnRoute {
  const active: ClientVpnRouteStatusCode = "active";
  return { ...route, Type: "Nat", Origin, Status: { Code: active } };
}

export function noAssociation(ids: readonly string[]) {
  return notFound("InvalidClientVpnAssociationIdNotFound", "association", ids);
}
