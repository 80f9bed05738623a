import { isIP } from "node:net";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CreateTransitGatewayConnectPeerRequest, TransitGateway } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource } from "./changes.ts";
import { type Ipv4Block, numberToIpv4, parseIpv4Block } from "./cidr.ts";
import { describeResources } from "./describe.ts";
import { forgetEnded } from "./ended.ts";
import { dryRunOperation, invalidParameterValue, missingParameter } from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { listResources } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { getTransitGateway } from "./transit-gateway-attaching.ts";
import { connectPeers } from "./transit-gateway-connect-peers.ts";
import { getConnect } from "./transit-gateway-connects.ts";

const insideBlock = { start: "169.254.", prefixLength: 29 };
const mostPeers = 4;

/** https://docs.aws.amazon.com/vpc/latest/tgw/tgw-connect.html; the peers' tunnels stay down. */
export const connectPeerOperations = {
  async CreateTransitGatewayConnectPeer(ctx, input) {
    const id = required(input.TransitGatewayAttachmentId, "transitGatewayAttachmentId");
    const PeerAddress = required(input.PeerAddress, "peerAddress");
    if (isIP(PeerAddress) === 0)
      throw invalidParameterValue(`Value (${PeerAddress}) for parameter peerAddress is invalid.`);
    const inside = insideIpv4(required(input.InsideCidrBlocks, "insideCidrBlocks"));
    const tags = tagsForNew(input.TagSpecifications, "transit-gateway-connect-peer");
    return inTransaction(ctx, async (scope) => {
      const attachment = await getConnect(scope, id);
      const gateway = await getTransitGateway(scope, attachment.TransitGatewayId ?? "");
      const others = (await listResources(scope, connectPeers)).filter(({ EndedAt }) => EndedAt === undefined);
      if (others.filter(({ TransitGatewayAttachmentId }) => TransitGatewayAttachmentId === id).length >= mostPeers) {
        throw new AwsError("TransitGatewayConnectPeerLimitExceeded", `${id} has ${mostPeers} Connect Peers.`);
      }
      const TransitGatewayAddress = await chooseAddress(scope, gateway, input);
      if (input.DryRun === true) throw dryRunOperation();
      const made = await insertTagged(
        scope,
        connectPeers,
        {
          TransitGatewayConnectPeerId: scope.newId("tgw-connect-peer"),
          TransitGatewayAttachmentId: id,
          State: "available",
          CreationTime: scope.now(),
          ConnectPeerConfiguration: {
            TransitGatewayAddress,
            PeerAddress,
            InsideCidrBlocks: input.InsideCidrBlocks,
            Protocol: "gre",
            // The peer has the first address of the inside block, the gateway the next two.
            BgpConfigurations: [2, 3].map((offset) => ({
              TransitGatewayAsn: gateway.Options?.AmazonSideAsn,
              PeerAsn: input.BgpOptions?.PeerAsn ?? gateway.Options?.AmazonSideAsn,
              TransitGatewayAddress: numberToIpv4(inside.first + offset),
              PeerAddress: numberToIpv4(inside.first + 1),
              BgpStatus: "down" as const,
            })),
          },
        },
        tags,
      );
      return { TransitGatewayConnectPeer: { ...made, State: "pending" } };
    });
  },

  async DeleteTransitGatewayConnectPeer(ctx, input) {
    const id = required(input.TransitGatewayConnectPeerId, "transitGatewayConnectPeerId");
    const peer = await changeResource(ctx, connectPeers, { id, DryRun: input.DryRun }, (one) => {
      one.State = "deleted";
      one.EndedAt = ctx.now().toISOString();
    });
    return { TransitGatewayConnectPeer: { ...peer, State: "deleting" } };
  },

  async DescribeTransitGatewayConnectPeers(ctx, input) {
    await forgetEnded(ctx, connectPeers);
    const page = await describeResources(ctx, connectPeers, input, { ids: input.TransitGatewayConnectPeerIds });
    return { TransitGatewayConnectPeers: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** The /29 of link-local addresses that the BGP peers have inside of the tunnel. */
function insideIpv4(blocks: readonly string[]): Ipv4Block {
  const text = blocks.find((block) => block.startsWith(insideBlock.start));
  const block = text === undefined ? undefined : parseIpv4Block(text);
  if (block?.prefixLength === insideBlock.prefixLength) return block;
  throw invalidParameterValue("InsideCidrBlocks must have a size /29 IPv4 CIDR block from the 169.254.0.0/16 range.");
}

/** The gateway's end of the tunnel: what is asked for, or the first of the gateway's blocks that is free. */
async function chooseAddress(
  scope: Scope,
  gateway: TransitGateway,
  input: CreateTransitGatewayConnectPeerRequest,
): Promise<string> {
  if (input.TransitGatewayAddress) return input.TransitGatewayAddress;
  const taken = (await listResources(scope, connectPeers))
    .filter(({ EndedAt }) => EndedAt === undefined)
    .map(({ ConnectPeerConfiguration }) => ConnectPeerConfiguration?.TransitGatewayAddress);
  for (const text of gateway.Options?.TransitGatewayCidrBlocks ?? []) {
    const block = parseIpv4Block(text);
    for (let offset = 1; block !== undefined && offset <= taken.length + 1 && offset < block.size; offset += 1) {
      const address = numberToIpv4(block.first + offset);
      if (!taken.includes(address)) return address;
    }
  }
  throw missingParameter("transitGatewayAddress");
}
