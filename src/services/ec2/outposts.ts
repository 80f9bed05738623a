import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeNone } from "./describe-none.ts";
import { notFound } from "./errors.ts";
import { required } from "./required.ts";

/** Accounts have no outposts here, and so none of what is on them: https://docs.aws.amazon.com/outposts/latest/userguide/outposts-local-gateways.html */
export const outpostOperations = {
  DescribeLocalGateways: (_ctx, input) => ({
    LocalGateways: describeNone(input, {
      ids: input.LocalGatewayIds,
      unknown: ["InvalidLocalGatewayID.NotFound", "local gateway ID"],
      filters: ["local-gateway-id", "outpost-arn", "owner-id", "state"],
      tagged: true,
    }),
  }),

  DescribeLocalGatewayRouteTables: (_ctx, input) => ({
    LocalGatewayRouteTables: describeNone(input, {
      ids: input.LocalGatewayRouteTableIds,
      unknown: ["InvalidLocalGatewayRouteTableID.NotFound", "local gateway route table ID"],
      filters: [
        "local-gateway-id",
        "local-gateway-route-table-arn",
        "local-gateway-route-table-id",
        "outpost-arn",
        "owner-id",
        "state",
      ],
      tagged: true,
    }),
  }),

  DescribeLocalGatewayRouteTableVirtualInterfaceGroupAssociations: (_ctx, input) => ({
    LocalGatewayRouteTableVirtualInterfaceGroupAssociations: describeNone(input, {
      ids: input.LocalGatewayRouteTableVirtualInterfaceGroupAssociationIds,
      unknown: ["InvalidLocalGatewayRouteTableVirtualInterfaceGroupAssociationID.NotFound", "association ID"],
      filters: [
        "local-gateway-id",
        "local-gateway-route-table-arn",
        "local-gateway-route-table-id",
        "local-gateway-route-table-virtual-interface-group-association-id",
        "local-gateway-route-table-virtual-interface-group-id",
        "owner-id",
        "state",
      ],
      tagged: true,
    }),
  }),

  DescribeLocalGatewayRouteTableVpcAssociations: (_ctx, input) => ({
    LocalGatewayRouteTableVpcAssociations: describeNone(input, {
      ids: input.LocalGatewayRouteTableVpcAssociationIds,
      unknown: ["InvalidLocalGatewayRouteTableVpcAssociationID.NotFound", "association ID"],
      filters: [
        "local-gateway-id",
        "local-gateway-route-table-arn",
        "local-gateway-route-table-id",
        "local-gateway-route-table-vpc-association-id",
        "owner-id",
        "state",
        "vpc-id",
      ],
      tagged: true,
    }),
  }),

  DescribeLocalGatewayVirtualInterfaceGroups: (_ctx, input) => ({
    LocalGatewayVirtualInterfaceGroups: describeNone(input, {
      ids: input.LocalGatewayVirtualInterfaceGroupIds,
      unknown: ["InvalidLocalGatewayVirtualInterfaceGroupID.NotFound", "virtual interface group ID"],
      filters: [
        "local-gateway-id",
        "local-gateway-virtual-interface-group-id",
        "local-gateway-virtual-interface-id",
        "owner-id",
      ],
      tagged: true,
    }),
  }),

  DescribeLocalGatewayVirtualInterfaces: (_ctx, input) => ({
    LocalGatewayVirtualInterfaces: describeNone(input, {
      ids: input.LocalGatewayVirtualInterfaceIds,
      unknown: ["InvalidLocalGatewayVirtualInterfaceID.NotFound", "virtual interface ID"],
      filters: [
        "local-address",
        "local-bgp-asn",
        "local-gateway-id",
        "local-gateway-virtual-interface-id",
        "owner-id",
        "peer-address",
        "peer-bgp-asn",
        "vlan",
      ],
      tagged: true,
    }),
  }),

  DescribeCoipPools: (_ctx, input) => ({
    CoipPools: describeNone(input, {
      ids: input.PoolIds,
      unknown: ["InvalidCoipPoolID.NotFound", "customer-owned address pool ID"],
      filters: ["coip-pool.local-gateway-route-table-id", "coip-pool.pool-id"],
      tagged: true,
    }),
  }),

  DescribeOutpostLags: (_ctx, input) => ({
    OutpostLags: describeNone(input, {
      ids: input.OutpostLagIds,
      unknown: ["InvalidOutpostLagID.NotFound", "outpost LAG ID"],
      filters: [
        "service-link-virtual-interface-id",
        "service-link-virtual-interface-arn",
        "outpost-id",
        "outpost-arn",
        "owner-id",
        "vlan",
        "local-address",
        "peer-address",
        "peer-bgp-asn",
        "outpost-lag-id",
        "configuration-state",
      ],
      tagged: true,
    }),
  }),

  DescribeServiceLinkVirtualInterfaces: (_ctx, input) => ({
    ServiceLinkVirtualInterfaces: describeNone(input, {
      ids: input.ServiceLinkVirtualInterfaceIds,
      unknown: ["InvalidServiceLinkVirtualInterfaceID.NotFound", "service link virtual interface ID"],
      filters: [
        "outpost-lag-id",
        "outpost-arn",
        "owner-id",
        "state",
        "vlan",
        "service-link-virtual-interface-id",
        "local-gateway-virtual-interface-id",
      ],
      tagged: true,
    }),
  }),

  SearchLocalGatewayRoutes: (_ctx, input) => refuseTable(input),
  CreateLocalGatewayRoute: (_ctx, input) => refuseTable(input),
  ModifyLocalGatewayRoute: (_ctx, input) => refuseTable(input),
  DeleteLocalGatewayRoute: (_ctx, input) => refuseTable(input),
  DeleteLocalGatewayRouteTable: (_ctx, input) => refuseTable(input),
  CreateLocalGatewayRouteTableVpcAssociation: (_ctx, input) => refuseTable(input),
  CreateCoipPool: (_ctx, input) => refuseTable(input),

  CreateLocalGatewayRouteTable(_ctx, input) {
    throw notFound("InvalidLocalGatewayID.NotFound", "local gateway ID", [
      required(input.LocalGatewayId, "localGatewayId"),
    ]);
  },

  DeleteCoipPool: (_ctx, input) => refusePool(input.CoipPoolId),
  GetCoipPoolUsage: (_ctx, input) => refusePool(input.PoolId),
} satisfies Operations<typeof Ec2, Context>;

function refuseTable({ LocalGatewayRouteTableId }: { LocalGatewayRouteTableId: string | undefined }): never {
  const id = required(LocalGatewayRouteTableId, "localGatewayRouteTableId");
  throw notFound("InvalidLocalGatewayRouteTableID.NotFound", "local gateway route table ID", [id]);
}

function refusePool(id: string | undefined): never {
  throw notFound("InvalidCoipPoolID.NotFound", "customer-owned address pool ID", [required(id, "coipPoolId")]);
}
