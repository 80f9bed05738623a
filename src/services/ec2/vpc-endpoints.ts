import type { VpcEndpoint } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Ending } from "./ended.ts";
import { malformed } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export interface StoredVpcEndpoint extends VpcEndpoint, Ending {
  /** Of the connection to an endpoint service of an account. */
  ConnectionId?: string | undefined;
}

export const vpcEndpoints: Resource<StoredVpcEndpoint> = {
  table: "ec2_vpc_endpoints",
  prefix: "vpce",
  type: "vpc-endpoint",
  idOf: (endpoint) => endpoint.VpcEndpointId ?? "",
  columnsOf: (endpoint) => ({ vpc_id: endpoint.VpcId ?? "" }),
  dates: ["CreationTimestamp"],
  ...tagsMember,
  filters: pathFilters<VpcEndpoint>()({
    "ip-address-type": "IpAddressType",
    "service-name": "ServiceName",
    "service-region": "ServiceRegion",
    "vpc-endpoint-id": "VpcEndpointId",
    "vpc-endpoint-state": "State",
    "vpc-endpoint-type": "VpcEndpointType",
    "vpc-id": "VpcId",
  }),
  columnFilters: { "vpc-endpoint-id": "id", "vpc-id": "vpc_id" },
  malformed: (id) => malformed("InvalidVpcEndpointId.Malformed", id, "vpce"),
  notFound: (ids) =>
    new AwsError("InvalidVpcEndpointId.NotFound", `The Vpc Endpoint Id '${ids.join(", ")}' does not exist`),
};
