import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TransitGatewayPeeringAttachment } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { forgetEnded } from "./ended.ts";
import { dryRunOperation } from "./errors.ts";
import { tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { completeResources, findResource, getResource, insertResource, updateResource } from "./resource.ts";
import { inTransaction, type Scope, scopeAt } from "./scope.ts";
import { attachToTransitGateway, detachFromTransitGateway, getTransitGateway } from "./transit-gateway-attaching.ts";
import { type StoredAttachment, transitGatewayAttachments } from "./transit-gateway-attachments.ts";

/** A peering is an attachment of both gateways: each side has a row with the same id. */
export const transitGatewayPeeringOperations = {
  async CreateTransitGatewayPeeringAttachment(ctx, input) {
    const gatewayId = required(input.TransitGatewayId, "transitGatewayId");
    const peerId = required(input.PeerTransitGatewayId, "peerTransitGatewayId");
    const OwnerId = required(input.PeerAccountId, "peerAccountId");
    const Region = required(input.PeerRegion, "peerRegion");
    const tags = tagsForNew(input.TagSpecifications, "transit-gateway-attachment");
    return inTransaction(ctx, async (scope) => {
      const gateway = await getTransitGateway(scope, gatewayId);
      const peer = await getTransitGateway(scopeAt(scope, { accountId: OwnerId, region: Region }), peerId);
      if (input.DryRun === true) throw dryRunOperation();
      const attachment = await attachToTransitGateway(scope, gateway, {
        ResourceType: "peering",
        ResourceId: peerId,
        State: "pendingAcceptance",
        Peering: {
          RequesterTgwInfo: { TransitGatewayId: gatewayId, OwnerId: scope.accountId, Region: scope.region },
          AccepterTgwInfo: { TransitGatewayId: peerId, OwnerId, Region },
          Status: { Code: "pendingAcceptance", Message: "Pending acceptance" },
          ...(input.Options === undefined ? {} : { Options: { ...input.Options } }),
        },
        tags,
      });
      if (OwnerId !== scope.accountId || Region !== scope.region) {
        await insertResource(scopeAt(scope, { accountId: OwnerId, region: Region }), transitGatewayAttachments, {
          ...attachment,
          TransitGatewayId: peer.TransitGatewayId,
          TransitGatewayOwnerId: OwnerId,
          ResourceId: gatewayId,
        });
      }
      return { TransitGatewayPeeringAttachment: { ...toPeering(attachment), State: "initiatingRequest" } };
    });
  },

  AcceptTransitGatewayPeeringAttachment: (ctx, input) =>
    changePeering(ctx, input, ["pendingAcceptance"], async (scope, attachment) => {
      checkIsAccepter(scope, attachment);
      attachment.State = "available";
      await updateResource(scope, transitGatewayAttachments, attachment);
    }),

  RejectTransitGatewayPeeringAttachment: (ctx, input) =>
    changePeering(ctx, input, ["pendingAcceptance"], async (scope, attachment) => {
      checkIsAccepter(scope, attachment);
      attachment.State = "rejected";
      attachment.EndedAt = scope.now().toISOString();
      await updateResource(scope, transitGatewayAttachments, attachment);
    }),

  DeleteTransitGatewayPeeringAttachment: (ctx, input) =>
    changePeering(ctx, input, ["available", "pendingAcceptance"], detachFromTransitGateway),

  async DescribeTransitGatewayPeeringAttachments(ctx, input) {
    await forgetEnded(ctx, transitGatewayAttachments);
    const page = await describeResources(ctx, transitGatewayAttachments, input, {
      ids: input.TransitGatewayAttachmentIds,
      only: ({ ResourceType }) => ResourceType === "peering",
    });
    return { TransitGatewayPeeringAttachments: page.items.map(toPeering), NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function changePeering(
  ctx: Context,
  input: { TransitGatewayAttachmentId: string | undefined; DryRun?: boolean | undefined },
  states: readonly string[],
  change: (scope: Scope, attachment: StoredAttachment) => Promise<void>,
) {
  const id = required(input.TransitGatewayAttachmentId, "transitGatewayAttachmentId");
  return inTransaction(ctx, async (scope) => {
    const attachment = await getResource(scope, transitGatewayAttachments, id);
    if (attachment.Peering === undefined || isDeleted(attachment)) throw transitGatewayAttachments.notFound([id]);
    if (!states.includes(attachment.State ?? "")) {
      throw new AwsError("IncorrectState", `${id} is in invalid state: ${attachment.State}.`);
    }
    if (input.DryRun === true) throw dryRunOperation();
    await change(scope, attachment);
    for (const other of otherSides(scope, attachment)) {
      const twin = await findResource(other, transitGatewayAttachments, id);
      if (twin === undefined) continue;
      if (isDeleted(attachment)) await detachFromTransitGateway(other, twin);
      else {
        await updateResource(other, transitGatewayAttachments, {
          ...twin,
          State: attachment.State,
          EndedAt: attachment.EndedAt,
        });
      }
    }
    await completeResources(scope, transitGatewayAttachments, [attachment]);
    return { TransitGatewayPeeringAttachment: toPeering(attachment) };
  });
}

function isDeleted({ State }: StoredAttachment): boolean {
  return State === "deleted";
}

function otherSides(scope: Scope, { Peering }: StoredAttachment): Scope[] {
  return [Peering?.RequesterTgwInfo, Peering?.AccepterTgwInfo]
    .filter((info) => info?.OwnerId !== scope.accountId || info?.Region !== scope.region)
    .map((info) => scopeAt(scope, { accountId: info?.OwnerId ?? "", region: info?.Region ?? "" }));
}

function checkIsAccepter(scope: Scope, attachment: StoredAttachment): void {
  const info = attachment.Peering?.AccepterTgwInfo;
  if (info?.OwnerId === scope.accountId && info.Region === scope.region) return;
  throw new AwsError(
    "InvalidParameterValue",
    `Cannot accept or reject ${attachment.TransitGatewayAttachmentId} as the source of the peering request.`,
  );
}

function toPeering(attachment: StoredAttachment): TransitGatewayPeeringAttachment {
  const Code = attachment.State ?? "";
  return {
    TransitGatewayAttachmentId: attachment.TransitGatewayAttachmentId,
    RequesterTgwInfo: attachment.Peering?.RequesterTgwInfo,
    AccepterTgwInfo: attachment.Peering?.AccepterTgwInfo,
    Options: attachment.Peering?.Options,
    Status: { Code, Message: Code },
    State: attachment.State,
    CreationTime: attachment.CreationTime,
    Tags: attachment.Tags,
  };
}
