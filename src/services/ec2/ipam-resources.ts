import type { IpamResourceTag, IpamResourceType, Subnet, Tag, Vpc } from "@aws-sdk/client-ec2";
import { elasticAddresses } from "./addresses.ts";
import { parseIpv4Block, usableAddressCount } from "./cidr.ts";
import { isWithin, lengthOf } from "./ipam-blocks.ts";
import { completeResources, listResources, type Resource } from "./resource.ts";
import { type Scope, scopeAt } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { vpcs } from "./vpcs.ts";

/** A block of a VPC or of a subnet, or an Elastic IP address, in the members of GetIpamDiscoveredResourceCidrs. */
export interface DiscoveredResource {
  readonly ResourceRegion: string;
  readonly ResourceOwnerId: string;
  readonly ResourceId: string;
  readonly ResourceCidr: string;
  readonly ResourceType: IpamResourceType;
  readonly ResourceTags: IpamResourceTag[];
  readonly VpcId?: string | undefined;
  readonly SubnetId?: string | undefined;
  readonly AvailabilityZoneId?: string | undefined;
  /** From 0 to 1. */
  readonly IpUsage?: number | undefined;
  readonly IpSource: "amazon" | "none";
}

/** What there is of the account in `regions`. */
export async function discoverResources(scope: Scope, regions: readonly string[]): Promise<DiscoveredResource[]> {
  const found: DiscoveredResource[] = [];
  for (const region of regions) {
    const place = { ResourceRegion: region, ResourceOwnerId: scope.accountId };
    const there = await discoverRegion(scopeAt(scope, { accountId: scope.accountId, region }));
    found.push(...there.map((one) => ({ ...place, ...one })));
  }
  return found;
}

type InRegion = Omit<DiscoveredResource, "ResourceRegion" | "ResourceOwnerId">;

async function discoverRegion(scope: Scope): Promise<InRegion[]> {
  const ofSubnets = (await listComplete(scope, subnets)).flatMap((subnet) =>
    blocksOf(subnet).map((block) => ({
      ...block,
      ...{ ResourceId: subnet.SubnetId ?? "", ResourceType: "subnet" as const, ResourceTags: tagsOf(subnet) },
      ...{ VpcId: subnet.VpcId, SubnetId: subnet.SubnetId, AvailabilityZoneId: subnet.AvailabilityZoneId },
      IpUsage: takenOf(subnet, block.ResourceCidr),
    })),
  );
  const ofVpcs = (await listComplete(scope, vpcs)).flatMap((vpc) =>
    blocksOf(vpc).map((block) => ({
      ...block,
      ...{ ResourceId: vpc.VpcId ?? "", ResourceType: "vpc" as const, ResourceTags: tagsOf(vpc), VpcId: vpc.VpcId },
      IpUsage: ofSubnets
        .filter(({ VpcId, ResourceCidr }) => VpcId === vpc.VpcId && isWithin(block.ResourceCidr, ResourceCidr))
        .reduce((sum, { ResourceCidr }) => sum + 2 ** (lengthOf(block.ResourceCidr) - lengthOf(ResourceCidr)), 0),
    })),
  );
  const ofAddresses = (await listComplete(scope, elasticAddresses)).map((address) => ({
    ...{ ResourceId: address.AllocationId ?? "", ResourceType: "eip" as const, ResourceTags: tagsOf(address) },
    ...{ ResourceCidr: `${address.PublicIp}/32`, IpSource: "amazon" as const },
  }));
  return [...ofVpcs, ...ofSubnets, ...ofAddresses];
}

async function listComplete<Shape>(scope: Scope, resource: Resource<Shape>): Promise<Shape[]> {
  const shapes = await listResources(scope, resource);
  await completeResources(scope, resource, shapes);
  return shapes;
}

/** Those of IPv6 are of Amazon's public addresses. */
function blocksOf(shape: Vpc | Subnet): Pick<DiscoveredResource, "ResourceCidr" | "IpSource">[] {
  const ipv4 =
    "CidrBlockAssociationSet" in shape
      ? (shape.CidrBlockAssociationSet ?? [])
          .filter(({ CidrBlockState }) => CidrBlockState?.State === "associated")
          .map(({ CidrBlock }) => CidrBlock)
      : [shape.CidrBlock];
  const ipv6 = (shape.Ipv6CidrBlockAssociationSet ?? [])
    .filter(({ Ipv6CidrBlockState }) => Ipv6CidrBlockState?.State === "associated")
    .map(({ Ipv6CidrBlock }) => Ipv6CidrBlock);
  return [
    ...ipv4.flatMap((cidr) => (cidr ? [{ ResourceCidr: cidr, IpSource: "none" as const }] : [])),
    ...ipv6.flatMap((cidr) => (cidr ? [{ ResourceCidr: cidr, IpSource: "amazon" as const }] : [])),
  ];
}

/** The share of a subnet's IPv4 addresses that interfaces have. */
function takenOf(subnet: Subnet, cidr: string): number | undefined {
  const block = parseIpv4Block(cidr);
  if (block === undefined) return undefined;
  const usable = usableAddressCount(block);
  return (usable - (subnet.AvailableIpAddressCount ?? usable)) / usable;
}

function tagsOf({ Tags = [] }: { Tags?: Tag[] | undefined }): IpamResourceTag[] {
  return Tags.map(({ Key, Value }) => ({ Key, Value }));
}
