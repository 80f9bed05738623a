import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Vpc } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterValue, missingParameter, notFound } from "./errors.ts";
import { getResource, listResources, type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";

/** With the attributes that DescribeVpcAttribute gives. */
export interface StoredVpc extends Vpc {
  EnableDnsSupport: boolean;
  EnableDnsHostnames: boolean;
  EnableNetworkAddressUsageMetrics: boolean;
}

export const vpcs: Resource<StoredVpc> = {
  table: "ec2_vpcs",
  prefix: "vpc",
  type: "vpc",
  idOf: (vpc) => vpc.VpcId ?? "",
  ...tagsMember,
  filters: pathFilters<Vpc>()({
    cidr: "CidrBlock",
    cidrBlock: "CidrBlock",
    "cidr-block": "CidrBlock",
    "cidr-block-association.association-id": "CidrBlockAssociationSet.AssociationId",
    "cidr-block-association.cidr-block": "CidrBlockAssociationSet.CidrBlock",
    "cidr-block-association.state": "CidrBlockAssociationSet.CidrBlockState.State",
    "dhcp-options-id": "DhcpOptionsId",
    dhcpOptionsId: "DhcpOptionsId",
    "ipv6-cidr-block-association.association-id": "Ipv6CidrBlockAssociationSet.AssociationId",
    "ipv6-cidr-block-association.ipv6-cidr-block": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
    "ipv6-cidr-block-association.ipv6-pool": "Ipv6CidrBlockAssociationSet.Ipv6Pool",
    "ipv6-cidr-block-association.state": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
    "is-default": "IsDefault",
    isDefault: "IsDefault",
    "owner-id": "OwnerId",
    state: "State",
    "vpc-id": "VpcId",
  }),
  columnFilters: { "vpc-id": "id" },
  // AWS has no code of its own for what has no id's form.
  malformed: (id) => notFound("InvalidVpcID.NotFound", "vpc ID", [id]),
  notFound: (ids) => notFound("InvalidVpcID.NotFound", "vpc ID", ids),
};

/** DescribeVpcs has the member only where there are IPv6 blocks: decision 0154. */
function withoutNoIpv6({ Ipv6CidrBlockAssociationSet: ipv6 = [], ...vpc }: StoredVpc): StoredVpc {
  return ipv6.length > 0 ? { ...vpc, Ipv6CidrBlockAssociationSet: ipv6 } : vpc;
}

export const vpcOperations = {
  async DescribeVpcs(ctx, input) {
    const page = await describeResources(ctx, vpcs, input, { ids: input.VpcIds, idsParameter: "vpcIds" });
    return { Vpcs: page.items.map(withoutNoIpv6), NextToken: page.nextToken };
  },

  async DescribeVpcAttribute(ctx, input) {
    if (input.VpcId === undefined) throw missingParameter("vpcId");
    if (input.Attribute === undefined) throw missingParameter("attribute");
    const vpc = await getResource(ctx, vpcs, input.VpcId);
    if (input.DryRun === true) throw dryRunOperation();
    const VpcId = vpc.VpcId;
    switch (input.Attribute) {
      case "enableDnsSupport":
        return { VpcId, EnableDnsSupport: { Value: vpc.EnableDnsSupport } };
      case "enableDnsHostnames":
        return { VpcId, EnableDnsHostnames: { Value: vpc.EnableDnsHostnames } };
      case "enableNetworkAddressUsageMetrics":
        return { VpcId, EnableNetworkAddressUsageMetrics: { Value: vpc.EnableNetworkAddressUsageMetrics } };
      default:
        throw invalidParameterValue(
          `Value (${String(input.Attribute)}) for parameter attribute is invalid. Unknown attribute.`,
        );
    }
  },
} satisfies Operations<typeof Ec2, Context>;

export async function findDefaultVpc(scope: Scope): Promise<StoredVpc | undefined> {
  return (await listResources(scope, vpcs)).find((vpc) => vpc.IsDefault === true);
}
