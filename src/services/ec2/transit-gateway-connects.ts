import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TransitGatewayConnect } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { getAlive } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { forgetEnded } from "./ended.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { completeResources, listResources } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { attachToTransitGateway, detachFromTransitGateway, getTransitGateway } from "./transit-gateway-attaching.ts";
import { type StoredAttachment, transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { connectPeers } from "./transit-gateway-connect-peers.ts";

/** A Connect attachment carries tunnels of GRE over an attachment of a VPC. */
export const transitGatewayConnectOperations = {
  async CreateTransitGatewayConnect(ctx, input) {
    const transportId = required(input.TransportTransitGatewayAttachmentId, "transportTransitGatewayAttachmentId");
    const Protocol = required(input.Options?.Protocol, "options.protocol");
    if (Protocol !== "gre") throw invalidParameterValue(`Invalid value '${Protocol}' for options.protocol.`);
    const tags = tagsForNew(input.TagSpecifications, "transit-gateway-attachment");
    return inTransaction(ctx, async (scope) => {
      const transport = await getAlive(scope, transitGatewayAttachments, transportId);
      if (transport.ResourceType !== "vpc" || transport.State !== "available") {
        throw new AwsError("IncorrectState", `${transportId} is no available VPC attachment.`);
      }
      const gateway = await getTransitGateway(scope, transport.TransitGatewayId ?? "");
      if (input.DryRun === true) throw dryRunOperation();
      const plan = { ResourceType: "connect", ResourceId: transportId, Connect: { Protocol }, tags } as const;
      const made = await attachToTransitGateway(scope, gateway, plan);
      return { TransitGatewayConnect: { ...toConnect(made), State: "pending" } };
    });
  },

  async DeleteTransitGatewayConnect(ctx, input) {
    const id = required(input.TransitGatewayAttachmentId, "transitGatewayAttachmentId");
    return inTransaction(ctx, async (scope) => {
      const attachment = await getConnect(scope, id);
      const peers = await listResources(scope, connectPeers);
      if (peers.some((peer) => peer.TransitGatewayAttachmentId === id && peer.EndedAt === undefined)) {
        throw new AwsError("IncorrectState", `${id} has non-deleted Connect Peers.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      await completeResources(scope, transitGatewayAttachments, [attachment]);
      await detachFromTransitGateway(scope, attachment);
      return { TransitGatewayConnect: { ...toConnect(attachment), State: "deleting" } };
    });
  },

  async DescribeTransitGatewayConnects(ctx, input) {
    await forgetEnded(ctx, transitGatewayAttachments);
    const page = await describeResources(ctx, transitGatewayAttachments, input, {
      ids: input.TransitGatewayAttachmentIds,
      only: ({ Connect }) => Connect !== undefined,
    });
    return { TransitGatewayConnects: page.items.map(toConnect), NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** @throws AwsError for what is no Connect attachment */
export async function getConnect(scope: Scope, id: string): Promise<StoredAttachment> {
  const attachment = await getAlive(scope, transitGatewayAttachments, id);
  if (attachment.Connect === undefined) throw transitGatewayAttachments.notFound([id]);
  return attachment;
}

function toConnect(attachment: StoredAttachment): TransitGatewayConnect {
  return {
    TransitGatewayAttachmentId: attachment.TransitGatewayAttachmentId,
    TransportTransitGatewayAttachmentId: attachment.ResourceId,
    TransitGatewayId: attachment.TransitGatewayId,
    State: attachment.State,
    CreationTime: attachment.CreationTime,
    Options: attachment.Connect,
    Tags: attachment.Tags,
  };
}
