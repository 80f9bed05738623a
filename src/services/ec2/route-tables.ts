import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Route, RouteTable, Vpc } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { malformed, notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";

export const routeTables: Resource<RouteTable> = {
  table: "ec2_route_tables",
  prefix: "rtb",
  type: "route-table",
  idOf: (table) => table.RouteTableId ?? "",
  columnsOf: (table) => ({ vpc_id: table.VpcId ?? "" }),
  ...tagsMember,
  filters: pathFilters<RouteTable>()({
    "association.gateway-id": "Associations.GatewayId",
    "association.main": "Associations.Main",
    "association.route-table-association-id": "Associations.RouteTableAssociationId",
    "association.route-table-id": "Associations.RouteTableId",
    "association.subnet-id": "Associations.SubnetId",
    "owner-id": "OwnerId",
    "route-table-id": "RouteTableId",
    "route.destination-cidr-block": "Routes.DestinationCidrBlock",
    "route.destination-ipv6-cidr-block": "Routes.DestinationIpv6CidrBlock",
    "route.destination-prefix-list-id": "Routes.DestinationPrefixListId",
    "route.egress-only-internet-gateway-id": "Routes.EgressOnlyInternetGatewayId",
    "route.gateway-id": "Routes.GatewayId",
    "route.carrier-gateway-id": "Routes.CarrierGatewayId",
    "route.core-network-arn": "Routes.CoreNetworkArn",
    "route.instance-id": "Routes.InstanceId",
    "route.local-gateway-id": "Routes.LocalGatewayId",
    "route.network-interface-id": "Routes.NetworkInterfaceId",
    "route.nat-gateway-id": "Routes.NatGatewayId",
    "route.origin": "Routes.Origin",
    "route.state": "Routes.State",
    "route.transit-gateway-id": "Routes.TransitGatewayId",
    "route.vpc-peering-connection-id": "Routes.VpcPeeringConnectionId",
    "vpc-id": "VpcId",
  }),
  columnFilters: { "route-table-id": "id", "vpc-id": "vpc_id" },
  malformed: (id) => malformed("InvalidRouteTableId.Malformed", id, "rtb"),
  notFound: (ids) => notFound("InvalidRouteTableID.NotFound", "routeTable ID", ids),
};

export const routeTableOperations = {
  async DescribeRouteTables(ctx, input) {
    const page = await describeResources(ctx, routeTables, input, {
      ids: input.RouteTableIds,
      idsParameter: "routeTableIds",
      limits: { min: 5, max: 100 },
    });
    return { RouteTables: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** A table whose routes stay within the VPC. */
export function newRouteTable(scope: Scope, vpc: Vpc): RouteTable & { RouteTableId: string } {
  const local = { GatewayId: "local", Origin: "CreateRouteTable", State: "active" } as const;
  const routes: Route[] = [
    ...(vpc.CidrBlockAssociationSet ?? []).map(({ CidrBlock }) => ({ DestinationCidrBlock: CidrBlock, ...local })),
    ...(vpc.Ipv6CidrBlockAssociationSet ?? []).map(({ Ipv6CidrBlock }) => ({
      DestinationIpv6CidrBlock: Ipv6CidrBlock,
      ...local,
    })),
  ];
  return {
    RouteTableId: scope.newId("rtb"),
    VpcId: vpc.VpcId,
    OwnerId: scope.accountId,
    Associations: [],
    PropagatingVgws: [],
    Routes: routes,
  };
}
