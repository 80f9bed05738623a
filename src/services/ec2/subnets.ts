import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Subnet } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { parseIpv4Block, usableAddressCount } from "./cidr.ts";
import { describeResources } from "./describe.ts";
import { notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";

export const subnets: Resource<Subnet> = {
  table: "ec2_subnets",
  prefix: "subnet",
  type: "subnet",
  idOf: (subnet) => subnet.SubnetId ?? "",
  columnsOf: (subnet) => ({ vpc_id: subnet.VpcId ?? "" }),
  ...tagsMember,
  enrich: countFreeAddresses,
  filters: pathFilters<Subnet>()({
    "availability-zone": "AvailabilityZone",
    availabilityZone: "AvailabilityZone",
    "availability-zone-id": "AvailabilityZoneId",
    availabilityZoneId: "AvailabilityZoneId",
    "available-ip-address-count": "AvailableIpAddressCount",
    "cidr-block": "CidrBlock",
    cidr: "CidrBlock",
    cidrBlock: "CidrBlock",
    "customer-owned-ipv4-pool": "CustomerOwnedIpv4Pool",
    "default-for-az": "DefaultForAz",
    defaultForAz: "DefaultForAz",
    "enable-dns64": "EnableDns64",
    "enable-lni-at-device-index": "EnableLniAtDeviceIndex",
    "ipv6-cidr-block-association.association-id": "Ipv6CidrBlockAssociationSet.AssociationId",
    "ipv6-cidr-block-association.ipv6-cidr-block": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlock",
    "ipv6-cidr-block-association.state": "Ipv6CidrBlockAssociationSet.Ipv6CidrBlockState.State",
    "ipv6-native": "Ipv6Native",
    "map-customer-owned-ip-on-launch": "MapCustomerOwnedIpOnLaunch",
    "map-public-ip-on-launch": "MapPublicIpOnLaunch",
    "outpost-arn": "OutpostArn",
    "owner-id": "OwnerId",
    "private-dns-name-options-on-launch.enable-resource-name-dns-a-record":
      "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord",
    "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record":
      "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord",
    "private-dns-name-options-on-launch.hostname-type": "PrivateDnsNameOptionsOnLaunch.HostnameType",
    state: "State",
    "subnet-arn": "SubnetArn",
    "subnet-id": "SubnetId",
    "vpc-id": "VpcId",
  }),
  columnFilters: { "subnet-id": "id", "vpc-id": "vpc_id" },
  // AWS has no code of its own for what has no id's form.
  malformed: (id) => notFound("InvalidSubnetID.NotFound", "subnet ID", [id]),
  notFound: (ids) => notFound("InvalidSubnetID.NotFound", "subnet ID", ids),
};

export const subnetOperations = {
  async DescribeSubnets(ctx, input) {
    const page = await describeResources(ctx, subnets, input, { ids: input.SubnetIds, idsParameter: "subnetIds" });
    return { Subnets: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function countFreeAddresses(scope: Scope, shapes: Subnet[]): Promise<void> {
  const counts = await scope.db
    .selectFrom("ec2_network_interfaces")
    .select((eb) => ["subnet_id", eb.fn.countAll<number>().as("taken")])
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .groupBy("subnet_id")
    .execute();
  const taken = new Map(counts.map((row) => [row.subnet_id, Number(row.taken)]));
  const others = await scope.db
    .selectFrom("ec2_network_interfaces")
    .select(["subnet_id", "other_addresses"])
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .where("other_addresses", "is not", null)
    .execute();
  for (const { subnet_id, other_addresses } of others) {
    taken.set(subnet_id, (taken.get(subnet_id) ?? 0) + countIpv4(other_addresses ?? ""));
  }
  for (const subnet of shapes) {
    const block = parseIpv4Block(subnet.CidrBlock ?? "");
    if (block === undefined) continue;
    subnet.AvailableIpAddressCount = usableAddressCount(block) - (taken.get(subnet.SubnetId ?? "") ?? 0);
  }
}

/** Single addresses, and those of prefixes. */
function countIpv4(addresses: string): number {
  return addresses
    .split(" ")
    .filter((address) => !address.includes(":"))
    .reduce((count, address) => count + (parseIpv4Block(address)?.size ?? 1), 0);
}
