import type {
  RouteServer,
  RouteServerAssociation,
  RouteServerEndpoint,
  RouteServerPeer,
  RouteServerPropagation,
} from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed, notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export interface StoredRouteServer extends RouteServer {
  Associations: RouteServerAssociation[];
  Propagations: RouteServerPropagation[];
}

export const routeServers: Resource<StoredRouteServer> = {
  table: "ec2_route_servers",
  prefix: "rs",
  type: "route-server",
  idOf: (server) => server.RouteServerId ?? "",
  ...tagsMember,
  filters: pathFilters<StoredRouteServer>()({
    "amazon-side-asn": "AmazonSideAsn",
    "route-server-id": "RouteServerId",
    state: "State",
  }),
  columnFilters: { "route-server-id": "id" },
  malformed: (id) => malformed("InvalidRouteServerId.Malformed", id, "rs"),
  notFound: (ids) => notFound("InvalidRouteServerId.NotFound", "route server ID", ids),
};

export const routeServerEndpoints: Resource<RouteServerEndpoint> = {
  table: "ec2_route_server_endpoints",
  prefix: "rse",
  type: "route-server-endpoint",
  idOf: (endpoint) => endpoint.RouteServerEndpointId ?? "",
  ...tagsMember,
  filters: pathFilters<RouteServerEndpoint>()({
    "eni-id": "EniId",
    "route-server-endpoint-id": "RouteServerEndpointId",
    "route-server-id": "RouteServerId",
    state: "State",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
  }),
  columnFilters: { "route-server-endpoint-id": "id" },
  malformed: (id) => malformed("InvalidRouteServerEndpointId.Malformed", id, "rse"),
  notFound: (ids) => notFound("InvalidRouteServerEndpointId.NotFound", "route server endpoint ID", ids),
};

export const routeServerPeers: Resource<RouteServerPeer> = {
  table: "ec2_route_server_peers",
  prefix: "rsp",
  type: "route-server-peer",
  idOf: (peer) => peer.RouteServerPeerId ?? "",
  ...tagsMember,
  filters: pathFilters<RouteServerPeer>()({
    "peer-address": "PeerAddress",
    "route-server-endpoint-id": "RouteServerEndpointId",
    "route-server-id": "RouteServerId",
    "route-server-peer-id": "RouteServerPeerId",
    state: "State",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
  }),
  columnFilters: { "route-server-peer-id": "id" },
  malformed: (id) => malformed("InvalidRouteServerPeerId.Malformed", id, "rsp"),
  notFound: (ids) => notFound("InvalidRouteServerPeerId.NotFound", "route server peer ID", ids),
};
