import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CarrierGateway } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterValue, malformed, notFound } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import {
  completeResources,
  deleteResources,
  getResource,
  listResources,
  type Resource,
  tagsMember,
} from "./resource.ts";
import { setStateOfRoutesTo } from "./route-targets.ts";
import { inTransaction } from "./scope.ts";
import { vpcs } from "./vpcs.ts";

export const carrierGateways: Resource<CarrierGateway> = {
  table: "ec2_carrier_gateways",
  prefix: "cagw",
  type: "carrier-gateway",
  idOf: (gateway) => gateway.CarrierGatewayId ?? "",
  columnsOf: (gateway) => ({ vpc_id: gateway.VpcId ?? "" }),
  ...tagsMember,
  filters: pathFilters<CarrierGateway>()({
    "carrier-gateway-id": "CarrierGatewayId",
    "owner-id": "OwnerId",
    state: "State",
    "vpc-id": "VpcId",
  }),
  columnFilters: { "carrier-gateway-id": "id", "vpc-id": "vpc_id" },
  malformed: (id) => malformed("InvalidCarrierGatewayID.Malformed", id, "cagw"),
  notFound: (ids) => notFound("InvalidCarrierGatewayID.NotFound", "carrier gateway ID", ids),
};

export const carrierGatewayOperations = {
  async CreateCarrierGateway(ctx, input) {
    const VpcId = required(input.VpcId, "vpcId");
    const tags = tagsForNew(input.TagSpecifications, "carrier-gateway");
    const gateway = await makeOnce(ctx, carrierGateways, input, async (scope) => {
      await getResource(scope, vpcs, VpcId);
      if ((await listResources(scope, carrierGateways, { vpc_id: VpcId })).length > 0) {
        throw invalidParameterValue(`Network ${VpcId} already has a carrier gateway attached`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      const CarrierGatewayId = scope.newId("cagw");
      const made: CarrierGateway = { CarrierGatewayId, VpcId, OwnerId: scope.accountId, State: "available" };
      return insertTagged(scope, carrierGateways, made, tags);
    });
    return { CarrierGateway: { ...gateway, State: "pending" } };
  },

  async DeleteCarrierGateway(ctx, input) {
    const id = required(input.CarrierGatewayId, "carrierGatewayId");
    return inTransaction(ctx, async (scope) => {
      const gateway = await getResource(scope, carrierGateways, id);
      if (input.DryRun === true) throw dryRunOperation();
      await completeResources(scope, carrierGateways, [gateway]);
      await setStateOfRoutesTo(scope, id, "blackhole", gateway.VpcId);
      await deleteResources(scope, carrierGateways, [id]);
      return { CarrierGateway: { ...gateway, State: "deleting" } };
    });
  },

  async DescribeCarrierGateways(ctx, input) {
    const page = await describeResources(ctx, carrierGateways, input, { ids: input.CarrierGatewayIds });
    return { CarrierGateways: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;
