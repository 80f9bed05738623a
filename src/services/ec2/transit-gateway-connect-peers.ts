import type { TransitGatewayConnectPeer } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Ending } from "./ended.ts";
import { malformed, notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export const connectPeers: Resource<TransitGatewayConnectPeer & Ending> = {
  table: "ec2_transit_gateway_connect_peers",
  prefix: "tgw-connect-peer",
  type: "transit-gateway-connect-peer",
  idOf: (peer) => peer.TransitGatewayConnectPeerId ?? "",
  dates: ["CreationTime"],
  ...tagsMember,
  filters: pathFilters<TransitGatewayConnectPeer>()({
    state: "State",
    "transit-gateway-attachment-id": "TransitGatewayAttachmentId",
    "transit-gateway-connect-peer-id": "TransitGatewayConnectPeerId",
  }),
  columnFilters: { "transit-gateway-connect-peer-id": "id" },
  malformed: (id) => malformed("InvalidTransitGatewayConnectPeerID.Malformed", id, "tgw-connect-peer"),
  notFound: (ids) => notFound("InvalidTransitGatewayConnectPeerID.NotFound", "Transit Gateway Connect Peer", ids),
};
