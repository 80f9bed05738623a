import type * as Ec2 from "@aws-sdk/client-ec2";
import type { EgressOnlyInternetGateway } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, malformed, notFound } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { deleteResources, getResource, type Resource, tagsMember } from "./resource.ts";
import { setStateOfRoutesTo } from "./route-targets.ts";
import { inTransaction } from "./scope.ts";
import { vpcs } from "./vpcs.ts";

export const egressOnlyGateways: Resource<EgressOnlyInternetGateway> = {
  table: "ec2_egress_only_internet_gateways",
  prefix: "eigw",
  type: "egress-only-internet-gateway",
  idOf: (gateway) => gateway.EgressOnlyInternetGatewayId ?? "",
  ...tagsMember,
  filters: pathFilters<EgressOnlyInternetGateway>()({
    "attachment.state": "Attachments.State",
    "attachment.vpc-id": "Attachments.VpcId",
    "egress-only-internet-gateway-id": "EgressOnlyInternetGatewayId",
  }),
  columnFilters: { "egress-only-internet-gateway-id": "id" },
  malformed: (id) => malformed("InvalidEgressOnlyInternetGatewayId.Malformed", id, "eigw"),
  notFound: (ids) => notFound("InvalidGatewayID.NotFound", "eigw ID", ids),
};

export const egressOnlyGatewayOperations = {
  async CreateEgressOnlyInternetGateway(ctx, input) {
    const VpcId = required(input.VpcId, "vpcId");
    const tags = tagsForNew(input.TagSpecifications, "egress-only-internet-gateway");
    const gateway = await makeOnce(ctx, egressOnlyGateways, input, async (scope) => {
      await getResource(scope, vpcs, VpcId);
      if (input.DryRun === true) throw dryRunOperation();
      const EgressOnlyInternetGatewayId = scope.newId("eigw");
      const made: EgressOnlyInternetGateway = {
        EgressOnlyInternetGatewayId,
        Attachments: [{ VpcId, State: "attached" }],
      };
      return insertTagged(scope, egressOnlyGateways, made, tags);
    });
    return { EgressOnlyInternetGateway: gateway, ClientToken: input.ClientToken };
  },

  async DeleteEgressOnlyInternetGateway(ctx, input) {
    const id = required(input.EgressOnlyInternetGatewayId, "egressOnlyInternetGatewayId");
    await inTransaction(ctx, async (scope) => {
      await getResource(scope, egressOnlyGateways, id);
      if (input.DryRun === true) throw dryRunOperation();
      await setStateOfRoutesTo(scope, id, "blackhole");
      await deleteResources(scope, egressOnlyGateways, [id]);
    });
    return { ReturnCode: true };
  },

  async DescribeEgressOnlyInternetGateways(ctx, input) {
    const page = await describeResources(ctx, egressOnlyGateways, input, {
      ids: input.EgressOnlyInternetGatewayIds,
      limits: { min: 5, max: 255 },
    });
    return { EgressOnlyInternetGateways: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;
