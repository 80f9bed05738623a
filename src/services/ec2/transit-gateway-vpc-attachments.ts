import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  CreateTransitGatewayVpcAttachmentRequestOptions,
  Subnet,
  TransitGatewayVpcAttachment,
  TransitGatewayVpcAttachmentOptions,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { forgetEnded } from "./ended.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { chooseIpv4, readSubnetUse } from "./interface-addresses.ts";
import { removeInterface } from "./interface-attachments.ts";
import { tagsForNew } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { newServiceInterface } from "./new-interface.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import {
  completeResources,
  findResource,
  getResource,
  getResources,
  insertResource,
  listResources,
  updateResource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { attachToTransitGateway, detachFromTransitGateway, getTransitGateway } from "./transit-gateway-attaching.ts";
import { type StoredAttachment, transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { vpcs } from "./vpcs.ts";

export const transitGatewayVpcAttachmentOperations = {
  async CreateTransitGatewayVpcAttachment(ctx, input) {
    checkSwitches(input.Options);
    const gatewayId = required(input.TransitGatewayId, "transitGatewayId");
    const vpcId = required(input.VpcId, "vpcId");
    const SubnetIds = required(input.SubnetIds, "subnetIds");
    const tags = tagsForNew(input.TagSpecifications, "transit-gateway-attachment");
    return inTransaction(ctx, async (scope) => {
      const gateway = await getTransitGateway(scope, gatewayId);
      await getResource(scope, vpcs, vpcId);
      const there = await listResources(scope, transitGatewayAttachments, { transit_gateway_id: gatewayId });
      if (there.some(({ ResourceId, State }) => ResourceId === vpcId && State !== "deleted")) {
        throw new AwsError(
          "DuplicateTransitGatewayAttachment",
          `${gatewayId} has non-deleted Transit Gateway Attachments with same VPC ID.`,
        );
      }
      const members = await membersOf(scope, vpcId, SubnetIds);
      checkZones(members);
      if (input.DryRun === true) throw dryRunOperation();
      const Options: TransitGatewayVpcAttachmentOptions = {
        ApplianceModeSupport: input.Options?.ApplianceModeSupport ?? "disable",
        DnsSupport: input.Options?.DnsSupport ?? "enable",
        Ipv6Support: input.Options?.Ipv6Support ?? "disable",
        SecurityGroupReferencingSupport: input.Options?.SecurityGroupReferencingSupport ?? "enable",
      };
      const attachment = await attachToTransitGateway(scope, gateway, {
        ResourceType: "vpc",
        ResourceId: vpcId,
        Vpc: { SubnetIds, Options, InterfaceIds: [] },
        tags,
      });
      await addInterfaces(scope, attachment, members);
      return { TransitGatewayVpcAttachment: { ...toVpcAttachment(attachment), State: "pending" } };
    });
  },

  async ModifyTransitGatewayVpcAttachment(ctx, input) {
    checkSwitches(input.Options);
    const id = required(input.TransitGatewayAttachmentId, "transitGatewayAttachmentId");
    return inTransaction(ctx, async (scope) => {
      const attachment = await getVpcAttachment(scope, id);
      const { AddSubnetIds = [], RemoveSubnetIds = [] } = input;
      const there = attachment.Vpc.SubnetIds.filter((subnetId) => !RemoveSubnetIds.includes(subnetId));
      const added = await membersOf(scope, attachment.ResourceId ?? "", AddSubnetIds);
      checkZones([...(await getResources(scope, subnets, there)), ...added]);
      if (there.length + added.length === 0) {
        throw new AwsError("InsufficientSubnetsException", "An attachment needs at least one subnet.");
      }
      if (input.DryRun === true) throw dryRunOperation();
      Object.assign(attachment.Vpc.Options, input.Options ?? {});
      attachment.Vpc.SubnetIds = [...there, ...AddSubnetIds];
      await removeInterfaces(scope, attachment, RemoveSubnetIds);
      await addInterfaces(scope, attachment, added);
      await completeResources(scope, transitGatewayAttachments, [attachment]);
      return { TransitGatewayVpcAttachment: { ...toVpcAttachment(attachment), State: "modifying" } };
    });
  },

  async DeleteTransitGatewayVpcAttachment(ctx, input) {
    const id = required(input.TransitGatewayAttachmentId, "transitGatewayAttachmentId");
    return inTransaction(ctx, async (scope) => {
      const attachment = await getVpcAttachment(scope, id);
      if (input.DryRun === true) throw dryRunOperation();
      await detachFromTransitGateway(scope, attachment);
      return { TransitGatewayVpcAttachment: { ...toVpcAttachment(attachment), State: "deleting" } };
    });
  },

  async DescribeTransitGatewayVpcAttachments(ctx, input) {
    await forgetEnded(ctx, transitGatewayAttachments);
    const page = await describeResources(ctx, transitGatewayAttachments, input, {
      ids: input.TransitGatewayAttachmentIds,
      only: ({ ResourceType }) => ResourceType === "vpc",
    });
    return { TransitGatewayVpcAttachments: page.items.map(toVpcAttachment), NextToken: page.nextToken };
  },

  async DescribeTransitGatewayAttachments(ctx, input) {
    await forgetEnded(ctx, transitGatewayAttachments);
    const page = await describeResources(ctx, transitGatewayAttachments, input, {
      ids: input.TransitGatewayAttachmentIds,
    });
    return { TransitGatewayAttachments: page.items, NextToken: page.nextToken };
  },

  /** Attachments of other accounts' VPCs, which alone wait for an acceptance, need a shared gateway (RAM). */
  async AcceptTransitGatewayVpcAttachment(ctx, input) {
    const id = required(input.TransitGatewayAttachmentId, "transitGatewayAttachmentId");
    throw await notWaiting(ctx, id);
  },

  async RejectTransitGatewayVpcAttachment(ctx, input) {
    const id = required(input.TransitGatewayAttachmentId, "transitGatewayAttachmentId");
    throw await notWaiting(ctx, id);
  },
} satisfies Operations<typeof Ec2, Context>;

type VpcAttachment = StoredAttachment & { Vpc: NonNullable<StoredAttachment["Vpc"]> };

async function getVpcAttachment(scope: Scope, id: string): Promise<VpcAttachment> {
  const attachment = await getResource(scope, transitGatewayAttachments, id);
  const { Vpc } = attachment;
  if (Vpc === undefined || attachment.State === "deleted") throw transitGatewayAttachments.notFound([id]);
  return { ...attachment, Vpc };
}

async function notWaiting(scope: Scope, id: string): Promise<AwsError> {
  const attachment = await getVpcAttachment(scope, id);
  return new AwsError("IncorrectState", `${id} is in invalid state: ${attachment.State}.`);
}

function toVpcAttachment(attachment: StoredAttachment): TransitGatewayVpcAttachment {
  return {
    TransitGatewayAttachmentId: attachment.TransitGatewayAttachmentId,
    TransitGatewayId: attachment.TransitGatewayId,
    VpcId: attachment.ResourceId,
    VpcOwnerId: attachment.ResourceOwnerId,
    State: attachment.State,
    SubnetIds: attachment.Vpc?.SubnetIds,
    CreationTime: attachment.CreationTime,
    Options: attachment.Vpc?.Options,
    Tags: attachment.Tags,
  };
}

async function membersOf(scope: Scope, vpcId: string, ids: readonly string[]): Promise<Subnet[]> {
  const members = await getResources(scope, subnets, [...new Set(ids)]);
  const foreign = members.find((subnet) => subnet.VpcId !== vpcId);
  if (foreign === undefined) return members;
  throw invalidParameterValue(`The subnet ID '${foreign.SubnetId}' is not in the VPC '${vpcId}'.`);
}

function checkZones(members: readonly Subnet[]): void {
  if (new Set(members.map(({ AvailabilityZone }) => AvailabilityZone)).size === members.length) return;
  throw new AwsError(
    "DuplicateSubnetsInSameZone",
    "The subnets of an attachment must each be of an availability zone of their own.",
  );
}

/** The gateway has an interface in each of the subnets. */
async function addInterfaces(scope: Scope, attachment: StoredAttachment, members: readonly Subnet[]): Promise<void> {
  for (const subnet of members) {
    const networkInterface = newServiceInterface(scope, {
      subnet,
      groups: [],
      addresses: chooseIpv4(subnet, await readSubnetUse(scope, subnets.idOf(subnet)), [], 1),
      description: `Network Interface for Transit Gateway Attachment ${attachment.TransitGatewayAttachmentId}`,
      type: "transit_gateway",
      requesterId: "amazon-aws",
    });
    await insertResource(scope, networkInterfaces, networkInterface);
    attachment.Vpc?.InterfaceIds.push(networkInterface.NetworkInterfaceId);
  }
  await updateResource(scope, transitGatewayAttachments, attachment);
}

async function removeInterfaces(scope: Scope, attachment: VpcAttachment, subnetIds: readonly string[]): Promise<void> {
  for (const id of attachment.Vpc.InterfaceIds) {
    const networkInterface = await findResource(scope, networkInterfaces, id);
    if (networkInterface === undefined || !subnetIds.includes(networkInterface.SubnetId ?? "")) continue;
    await removeInterface(scope, networkInterface);
    attachment.Vpc.InterfaceIds = attachment.Vpc.InterfaceIds.filter((other) => other !== id);
  }
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGatewayVpcAttachmentRequestOptions.html */
function checkSwitches(options: CreateTransitGatewayVpcAttachmentRequestOptions = {}): void {
  const states = ["enable", "disable"];
  checkOneOf("applianceModeSupport", options.ApplianceModeSupport, states);
  checkOneOf("dnsSupport", options.DnsSupport, states);
  checkOneOf("ipv6Support", options.Ipv6Support, states);
  checkOneOf("securityGroupReferencingSupport", options.SecurityGroupReferencingSupport, states);
}
