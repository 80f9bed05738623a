import type {
  TransitGatewayAttachment,
  TransitGatewayPeeringAttachment,
  TransitGatewayVpcAttachmentOptions,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Ending } from "./ended.ts";
import { malformed } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

/** An attachment of any kind, with what the operations of its kind show. */
export interface StoredAttachment extends TransitGatewayAttachment, Ending {
  Vpc?: { SubnetIds: string[]; Options: TransitGatewayVpcAttachmentOptions; InterfaceIds: string[] } | undefined;
  Connect?: { Protocol: "gre" } | undefined;
  Peering?:
    | Pick<TransitGatewayPeeringAttachment, "RequesterTgwInfo" | "AccepterTgwInfo" | "Status" | "Options">
    | undefined;
}

export const transitGatewayAttachments: Resource<StoredAttachment> = {
  table: "ec2_transit_gateway_attachments",
  prefix: "tgw-attach",
  type: "transit-gateway-attachment",
  idOf: (attachment) => attachment.TransitGatewayAttachmentId ?? "",
  columnsOf: (attachment) => ({ transit_gateway_id: attachment.TransitGatewayId ?? "" }),
  dates: ["CreationTime"],
  ...tagsMember,
  filters: {
    "local-owner-id": ({ TransitGatewayOwnerId }) => TransitGatewayOwnerId,
    "remote-owner-id": ({ Peering, TransitGatewayId }) =>
      [Peering?.RequesterTgwInfo, Peering?.AccepterTgwInfo].find((one) => one?.TransitGatewayId !== TransitGatewayId)
        ?.OwnerId,
    "transport-transit-gateway-attachment-id": ({ Connect, ResourceId }) =>
      Connect === undefined ? undefined : ResourceId,
    ...pathFilters<StoredAttachment>()({
      "accepter-tgw-info.transit-gateway-id": "Peering.AccepterTgwInfo.TransitGatewayId",
      "association.state": "Association.State",
      "association.transit-gateway-route-table-id": "Association.TransitGatewayRouteTableId",
      "options.protocol": "Connect.Protocol",
      "requester-tgw-info.transit-gateway-id": "Peering.RequesterTgwInfo.TransitGatewayId",
      "resource-id": "ResourceId",
      "resource-owner-id": "ResourceOwnerId",
      "resource-type": "ResourceType",
      state: "State",
      "transit-gateway-attachment-id": "TransitGatewayAttachmentId",
      "transit-gateway-id": "TransitGatewayId",
      "transit-gateway-owner-id": "TransitGatewayOwnerId",
      "vpc-id": "ResourceId",
    }),
  },
  columnFilters: { "transit-gateway-attachment-id": "id", "transit-gateway-id": "transit_gateway_id" },
  malformed: (id) => malformed("InvalidTransitGatewayAttachmentID.Malformed", id, "tgw-attach"),
  notFound: (ids) =>
    new AwsError(
      "InvalidTransitGatewayAttachmentID.NotFound",
      `Transit Gateway Attachment ${ids.join(", ")} was deleted or does not exist.`,
    ),
};
