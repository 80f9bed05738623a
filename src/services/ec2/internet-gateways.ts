import type * as Ec2 from "@aws-sdk/client-ec2";
import type { AttachmentStatus, InternetGateway, InternetGatewayAttachment } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { dependencyViolation, dryRunOperation, invalidParameterValue, malformed, notFound } from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { required } from "./required.ts";
import { deleteResources, getResource, listResources, type Resource, tagsMember, updateResource } from "./resource.ts";
import { setStateOfRoutesTo } from "./route-targets.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { vpcs } from "./vpcs.ts";

export const internetGateways: Resource<InternetGateway> = {
  table: "ec2_internet_gateways",
  prefix: "igw",
  type: "internet-gateway",
  idOf: (gateway) => gateway.InternetGatewayId ?? "",
  ...tagsMember,
  filters: pathFilters<InternetGateway>()({
    "attachment.state": "Attachments.State",
    "attachment.vpc-id": "Attachments.VpcId",
    "internet-gateway-id": "InternetGatewayId",
    "owner-id": "OwnerId",
  }),
  columnFilters: { "internet-gateway-id": "id" },
  malformed: (id) => malformed("InvalidInternetGatewayId.Malformed", id, "igw"),
  notFound: (ids) => notFound("InvalidInternetGatewayID.NotFound", "internetGateway ID", ids),
};

export const internetGatewayOperations = {
  async CreateInternetGateway(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "internet-gateway");
    if (input.DryRun === true) throw dryRunOperation();
    return inTransaction(ctx, async (scope) => {
      const gateway = { InternetGatewayId: scope.newId("igw"), OwnerId: scope.accountId, Attachments: [] };
      return { InternetGateway: await insertTagged(scope, internetGateways, gateway, tags) };
    });
  },

  async AttachInternetGateway(ctx, input) {
    const id = required(input.InternetGatewayId, "internetGatewayId");
    const vpcId = required(input.VpcId, "vpcId");
    // A dry run says nothing of what is attached to what: decision 0155.
    if (input.DryRun === true) throw dryRunOperation();
    await inTransaction(ctx, async (scope) => {
      const gateway = await getResource(scope, internetGateways, id);
      await getResource(scope, vpcs, vpcId);
      const [before] = gateway.Attachments ?? [];
      if (before !== undefined) {
        throw new AwsError(
          "Resource.AlreadyAssociated",
          `resource ${id} is already attached to network ${before.VpcId}`,
        );
      }
      const all = await listResources(scope, internetGateways);
      if (all.some(({ Attachments }) => Attachments?.some((attachment) => attachment.VpcId === vpcId))) {
        throw invalidParameterValue(`Network ${vpcId} already has an internet gateway attached`);
      }
      gateway.Attachments = [newInternetGatewayAttachment(vpcId)];
      await updateResource(scope, internetGateways, gateway);
      await setStateOfRoutesTo(scope, id, "active", vpcId);
    });
    return {};
  },

  async DetachInternetGateway(ctx, input) {
    const id = required(input.InternetGatewayId, "internetGatewayId");
    const vpcId = required(input.VpcId, "vpcId");
    await inTransaction(ctx, async (scope) => {
      const gateway = await getResource(scope, internetGateways, id);
      if (!gateway.Attachments?.some((attachment) => attachment.VpcId === vpcId)) {
        throw new AwsError("Gateway.NotAttached", `resource ${id} is not attached to network ${vpcId}`);
      }
      await checkNoPublicAddresses(scope, vpcId);
      if (input.DryRun === true) throw dryRunOperation();
      gateway.Attachments = [];
      await updateResource(scope, internetGateways, gateway);
      await setStateOfRoutesTo(scope, id, "blackhole", vpcId);
    });
    return {};
  },

  async DeleteInternetGateway(ctx, input) {
    const id = required(input.InternetGatewayId, "internetGatewayId");
    if (input.DryRun === true) throw dryRunOperation();
    await inTransaction(ctx, async (scope) => {
      const gateway = await getResource(scope, internetGateways, id);
      if (gateway.Attachments?.length) {
        throw dependencyViolation(`The internetGateway '${id}' has dependencies and cannot be deleted.`);
      }
      await deleteResources(scope, internetGateways, [id]);
    });
    return {};
  },

  async DescribeInternetGateways(ctx, input) {
    const page = await describeResources(ctx, internetGateways, input, {
      ids: input.InternetGatewayIds,
      idsParameter: "internetGatewayIds",
    });
    return { InternetGateways: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** EC2 says `available` of an attached internet gateway; the model has the states of other gateways only. */
export function newInternetGatewayAttachment(VpcId: string): InternetGatewayAttachment {
  return { VpcId, State: "available" as AttachmentStatus };
}

async function checkNoPublicAddresses(scope: Scope, vpcId: string): Promise<void> {
  const interfaces = await listResources(scope, networkInterfaces, { vpc_id: vpcId });
  const mapped = interfaces.some(
    ({ Association, PrivateIpAddresses }) =>
      Association !== undefined || PrivateIpAddresses?.some((address) => address.Association !== undefined),
  );
  if (!mapped) return;
  throw dependencyViolation(
    `Network ${vpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
  );
}
