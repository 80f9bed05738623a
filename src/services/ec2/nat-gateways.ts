import type { NatGateway } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed } from "./errors.ts";
import { deleteResources, listResources, type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";

/** A deleted one stays visible for about an hour: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html */
const deletedVisibleMs = 3_600_000;

export const natGateways: Resource<NatGateway> = {
  table: "ec2_nat_gateways",
  prefix: "nat",
  type: "natgateway",
  idOf: (gateway) => gateway.NatGatewayId ?? "",
  columnsOf: (gateway) => ({ vpc_id: gateway.VpcId ?? "" }),
  dates: ["CreateTime", "DeleteTime"],
  ...tagsMember,
  filters: pathFilters<NatGateway>()({
    "connectivity-type": "ConnectivityType",
    "nat-gateway-id": "NatGatewayId",
    state: "State",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
  }),
  columnFilters: { "nat-gateway-id": "id", "vpc-id": "vpc_id" },
  malformed: (id) => malformed("NatGatewayMalformed", id, "nat"),
  notFound: (ids) => new AwsError("NatGatewayNotFound", `NatGateway ${ids.join(", ")} was not found`),
};

export async function forgetDeletedGateways(scope: Scope): Promise<void> {
  const limit = scope.now().getTime() - deletedVisibleMs;
  const old = (await listResources(scope, natGateways)).filter(
    ({ DeleteTime }) => DeleteTime !== undefined && DeleteTime.getTime() < limit,
  );
  await deleteResources(scope, natGateways, old.map(natGateways.idOf));
}
