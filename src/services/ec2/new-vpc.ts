import type { RouteTable, Tag, Tenancy } from "@aws-sdk/client-ec2";
import { formatIpv4Block, type Ipv4Block } from "./cidr.ts";
import { dhcpOptions } from "./dhcp-options.ts";
import { newNetworkAcl } from "./network-acl-defaults.ts";
import { networkAcls } from "./network-acls.ts";
import { internalDomain } from "./region-data.ts";
import { insertResource, listResources } from "./resource.ts";
import { newRouteTable, routeTables } from "./route-tables.ts";
import type { Scope } from "./scope.ts";
import { insertDefaultGroup } from "./security-groups.ts";
import { writeTags } from "./stored-tags.ts";
import { newBlockAssociation, newIpv6Association } from "./vpc-cidrs.ts";
import { type StoredVpc, vpcs } from "./vpcs.ts";

interface VpcPlan {
  readonly block: Ipv4Block;
  readonly tenancy: Tenancy;
  /** Whether it gets a block of Amazon's pool. */
  readonly ipv6: boolean;
  readonly borderGroup?: string | undefined;
  readonly isDefault?: boolean;
  readonly tags?: readonly Tag[];
}

/**
 * Adds a VPC with what each has from the start: a main route table, a network ACL that lets everything through, a
 * security group named `default`, and the region's DHCP options.
 */
export async function insertVpc(scope: Scope, plan: VpcPlan): Promise<StoredVpc> {
  const VpcId = scope.newId("vpc");
  const isDefault = plan.isDefault ?? false;
  const vpc: StoredVpc = {
    VpcId,
    OwnerId: scope.accountId,
    DhcpOptionsId: await defaultDhcpOptionsId(scope),
    State: "available",
    CidrBlock: formatIpv4Block(plan.block),
    CidrBlockAssociationSet: [newBlockAssociation(scope, plan.block)],
    Ipv6CidrBlockAssociationSet: plan.ipv6 ? [await newIpv6Association(scope, plan.borderGroup)] : [],
    InstanceTenancy: plan.tenancy,
    IsDefault: isDefault,
    BlockPublicAccessStates: { InternetGatewayBlockMode: "off" },
    EnableDnsSupport: true,
    EnableDnsHostnames: isDefault,
    EnableNetworkAddressUsageMetrics: false,
  };
  await insertResource(scope, vpcs, vpc);
  await writeTags(scope, { id: VpcId, type: "vpc" }, plan.tags ?? []);
  const table: RouteTable & { RouteTableId: string } = newRouteTable(scope, vpc);
  table.Associations = [
    {
      Main: true,
      RouteTableId: table.RouteTableId,
      RouteTableAssociationId: scope.newId("rtbassoc"),
      AssociationState: { State: "associated" },
    },
  ];
  await insertResource(scope, routeTables, table);
  await insertResource(scope, networkAcls, newNetworkAcl(scope, { vpcId: VpcId, isDefault: true, ipv6: plan.ipv6 }));
  await insertDefaultGroup(scope, VpcId);
  return vpc;
}

/** The options that a region has from the start; they are made again when they have been deleted. */
async function defaultDhcpOptionsId(scope: Scope): Promise<string> {
  const configurations = [
    { Key: "domain-name", Values: [{ Value: internalDomain(scope.region) }] },
    { Key: "domain-name-servers", Values: [{ Value: "AmazonProvidedDNS" }] },
  ];
  const usual = JSON.stringify(configurations);
  const there = await listResources(scope, dhcpOptions);
  const found = there.find((options) => JSON.stringify(options.DhcpConfigurations) === usual)?.DhcpOptionsId;
  if (found !== undefined) return found;
  const DhcpOptionsId = scope.newId("dopt");
  await insertResource(scope, dhcpOptions, {
    DhcpOptionsId,
    OwnerId: scope.accountId,
    DhcpConfigurations: configurations,
  });
  return DhcpOptionsId;
}
