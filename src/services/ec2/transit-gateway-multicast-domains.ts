import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TransitGatewayMulticastDomainAssociation } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource, getAlive } from "./changes.ts";
import { describeData, describeResources } from "./describe.ts";
import { forgetEnded } from "./ended.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { required } from "./required.ts";
import { listResources } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { getTransitGateway } from "./transit-gateway-attaching.ts";
import { type StoredAttachment, transitGatewayAttachments } from "./transit-gateway-attachments.ts";
import { multicastDomains, type StoredMulticastDomain } from "./transit-gateway-multicast.ts";

const associationFilters = pathFilters<TransitGatewayMulticastDomainAssociation>()({
  "resource-id": "ResourceId",
  "resource-type": "ResourceType",
  state: "Subnet.State",
  "subnet-id": "Subnet.SubnetId",
  "transit-gateway-attachment-id": "TransitGatewayAttachmentId",
});

/** https://docs.aws.amazon.com/vpc/latest/tgw/tgw-multicast-overview.html */
export const multicastDomainOperations = {
  async CreateTransitGatewayMulticastDomain(ctx, input) {
    const id = required(input.TransitGatewayId, "transitGatewayId");
    const tags = tagsForNew(input.TagSpecifications, "transit-gateway-multicast-domain");
    return inTransaction(ctx, async (scope) => {
      const gateway = await getTransitGateway(scope, id);
      if (gateway.Options?.MulticastSupport !== "enable") {
        throw new AwsError("IncorrectState", `Multicast support is not enabled for ${id}.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      const domainId = scope.newId("tgw-mcast-domain");
      const made = await insertTagged(
        scope,
        multicastDomains,
        {
          TransitGatewayMulticastDomainId: domainId,
          TransitGatewayMulticastDomainArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:transit-gateway-multicast-domain/${domainId}`,
          TransitGatewayId: id,
          OwnerId: scope.accountId,
          State: "available",
          CreationTime: scope.now(),
          Options: {
            Igmpv2Support: input.Options?.Igmpv2Support ?? "disable",
            StaticSourcesSupport: input.Options?.StaticSourcesSupport ?? "disable",
            AutoAcceptSharedAssociations: input.Options?.AutoAcceptSharedAssociations ?? "disable",
          },
          Subnets: [],
          Groups: [],
        },
        tags,
      );
      return { TransitGatewayMulticastDomain: { ...made, State: "pending" } };
    });
  },

  async DeleteTransitGatewayMulticastDomain(ctx, input) {
    const id = required(input.TransitGatewayMulticastDomainId, "transitGatewayMulticastDomainId");
    const domain = await changeResource(ctx, multicastDomains, { id, DryRun: input.DryRun }, (one) => {
      if (one.Subnets.length > 0) throw new AwsError("IncorrectState", `${id} has associations.`);
      one.State = "deleted";
      one.EndedAt = ctx.now().toISOString();
    });
    return { TransitGatewayMulticastDomain: { ...domain, State: "deleting" } };
  },

  async DescribeTransitGatewayMulticastDomains(ctx, input) {
    await forgetEnded(ctx, multicastDomains);
    const page = await describeResources(ctx, multicastDomains, input, { ids: input.TransitGatewayMulticastDomainIds });
    return { TransitGatewayMulticastDomains: page.items, NextToken: page.nextToken };
  },

  AssociateTransitGatewayMulticastDomain: (ctx, input) =>
    changeSubnets(ctx, input, "associating", (domain, attachment, subnetIds) => {
      const attachmentId = transitGatewayAttachments.idOf(attachment);
      for (const subnetId of subnetIds) {
        if (!attachment.Vpc?.SubnetIds.includes(subnetId)) {
          throw invalidParameterValue(`${subnetId} is no subnet of ${attachmentId}.`);
        }
        if (domain.Subnets.some((one) => one.subnetId === subnetId)) {
          throw new AwsError("Resource.AlreadyAssociated", `${subnetId} is already associated.`);
        }
        domain.Subnets.push({ attachmentId, subnetId });
      }
    }),

  DisassociateTransitGatewayMulticastDomain: (ctx, input) =>
    changeSubnets(ctx, input, "disassociating", async (domain, _attachment, subnetIds, scope) => {
      const unknown = subnetIds.find((id) => !domain.Subnets.some(({ subnetId }) => subnetId === id));
      if (unknown !== undefined) {
        throw new AwsError(
          "InvalidTransitGatewayMulticastDomainAssociation.NotFound",
          `${unknown} is not associated with the multicast domain.`,
        );
      }
      domain.Subnets = domain.Subnets.filter(({ subnetId }) => !subnetIds.includes(subnetId));
      const gone = await listResources(scope, networkInterfaces, { subnet_id: subnetIds });
      domain.Groups = domain.Groups.filter(
        ({ interfaceId }) => !gone.some(({ NetworkInterfaceId }) => NetworkInterfaceId === interfaceId),
      );
    }),

  /** Of another account's subnets; those of an account of its own wait for nobody. */
  AcceptTransitGatewayMulticastDomainAssociations: (ctx, input) => refuseAnswer(ctx, input),
  RejectTransitGatewayMulticastDomainAssociations: (ctx, input) => refuseAnswer(ctx, input),

  async GetTransitGatewayMulticastDomainAssociations(ctx, input) {
    const matches = compileFilters(input.Filters, associationFilters);
    const id = required(input.TransitGatewayMulticastDomainId, "transitGatewayMulticastDomainId");
    const domain = await getAlive(ctx, multicastDomains, id);
    const attachments = await listResources(ctx, transitGatewayAttachments, {
      transit_gateway_id: domain.TransitGatewayId ?? "",
    });
    const associations = domain.Subnets.map(({ attachmentId, subnetId }) => {
      const attachment = attachments.find((one) => one.TransitGatewayAttachmentId === attachmentId);
      return {
        TransitGatewayAttachmentId: attachmentId,
        ResourceId: attachment?.ResourceId,
        ResourceType: attachment?.ResourceType,
        ResourceOwnerId: attachment?.ResourceOwnerId,
        Subnet: { SubnetId: subnetId, State: "associated" as const },
      };
    });
    const page = describeData(associations.filter(matches), input, {
      kind: "multicast-domain-associations",
      keyOf: ({ Subnet }) => Subnet.SubnetId,
    });
    return { MulticastDomainAssociations: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function refuseAnswer(ctx: Context, input: Partial<SubnetsRequest>): Promise<never> {
  const id = required(input.TransitGatewayMulticastDomainId, "transitGatewayMulticastDomainId");
  await getAlive(ctx, multicastDomains, id);
  if (input.TransitGatewayAttachmentId)
    await getAlive(ctx, transitGatewayAttachments, input.TransitGatewayAttachmentId);
  throw new AwsError("IncorrectState", `${id} has no associations that are pending acceptance.`);
}

interface SubnetsRequest {
  readonly TransitGatewayMulticastDomainId: string | undefined;
  readonly TransitGatewayAttachmentId: string | undefined;
  readonly SubnetIds: string[] | undefined;
  readonly DryRun?: boolean | undefined;
}

async function changeSubnets(
  ctx: Context,
  input: SubnetsRequest,
  State: "associating" | "disassociating",
  change: (
    domain: StoredMulticastDomain,
    attachment: StoredAttachment,
    subnetIds: readonly string[],
    scope: Scope,
  ) => void | Promise<void>,
) {
  const id = required(input.TransitGatewayMulticastDomainId, "transitGatewayMulticastDomainId");
  const attachmentId = required(input.TransitGatewayAttachmentId, "transitGatewayAttachmentId");
  const subnetIds = required(input.SubnetIds, "subnetIds");
  let attachment: StoredAttachment = {};
  await changeResource(ctx, multicastDomains, { id, DryRun: input.DryRun }, async (domain, scope) => {
    attachment = await getAlive(scope, transitGatewayAttachments, attachmentId);
    await change(domain, attachment, subnetIds, scope);
  });
  return {
    Associations: {
      TransitGatewayMulticastDomainId: id,
      TransitGatewayAttachmentId: attachmentId,
      ResourceId: attachment.ResourceId,
      ResourceType: attachment.ResourceType,
      ResourceOwnerId: attachment.ResourceOwnerId,
      Subnets: subnetIds.map((SubnetId) => ({ SubnetId, State })),
    },
  };
}
