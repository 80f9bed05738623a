import { numberToIpv4, parseIpv4Block } from "./cidr.ts";
import { internetGateways, newInternetGatewayAttachment } from "./internet-gateways.ts";
import { networkAcls } from "./network-acls.ts";
import { newSubnet } from "./new-subnet.ts";
import { insertVpc } from "./new-vpc.ts";
import { zonesOf } from "./region-data.ts";
import { insertResource, listResources, updateResource } from "./resource.ts";
import { routeTables } from "./route-tables.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { type StoredVpc, vpcs } from "./vpcs.ts";

/** https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc.html#default-vpc-components */
const defaultBlock = { first: parseIpv4Block("172.31.0.0/16")?.first ?? 0, size: 2 ** 16, prefixLength: 16 };
const subnetPrefixLength = 20;

/** Gives an account its default VPC in a region, the first time that the two meet. */
export async function initializeRegion(scope: Scope): Promise<void> {
  if (await isInitialized(scope)) return;
  await inTransaction(scope, async (transaction) => {
    if (await isInitialized(transaction)) return;
    await transaction.db
      .insertInto("ec2_initialized_regions")
      .values({ account_id: scope.accountId, region: scope.region })
      .execute();
    await insertDefaultVpc(transaction);
  });
}

async function isInitialized(scope: Scope): Promise<boolean> {
  const row = await scope.db
    .selectFrom("ec2_initialized_regions")
    .select("region")
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .executeTakeFirst();
  return row !== undefined;
}

/** A VPC with a subnet in each zone and a way out. */
export async function insertDefaultVpc(scope: Scope): Promise<StoredVpc> {
  const vpc = await insertVpc(scope, { block: defaultBlock, tenancy: "default", ipv6: false, isDefault: true });
  const vpcId = vpcs.idOf(vpc);
  const subnetIds: string[] = [];
  for (const [index, zone] of zonesOf(scope.region).entries()) {
    const first = numberToIpv4(defaultBlock.first + index * 2 ** (32 - subnetPrefixLength));
    const subnet = newSubnet(scope, { vpcId, zone, cidr: `${first}/${subnetPrefixLength}`, isDefault: true });
    // In the order of the zones: a launch that names no subnet takes the first.
    await insertResource(scope, subnets, subnet, `${index}/${subnet.SubnetId}`);
    subnetIds.push(subnet.SubnetId);
  }
  for (const acl of await listResources(scope, networkAcls, { vpc_id: vpcId })) {
    const { NetworkAclId } = acl;
    acl.Associations = subnetIds.map((SubnetId) => ({
      NetworkAclAssociationId: scope.newId("aclassoc"),
      NetworkAclId,
      SubnetId,
    }));
    await updateResource(scope, networkAcls, acl);
  }
  const InternetGatewayId = scope.newId("igw");
  await insertResource(scope, internetGateways, {
    InternetGatewayId,
    OwnerId: scope.accountId,
    Attachments: [newInternetGatewayAttachment(vpcId)],
  });
  for (const table of await listResources(scope, routeTables, { vpc_id: vpcId })) {
    table.Routes?.push({
      DestinationCidrBlock: "0.0.0.0/0",
      GatewayId: InternetGatewayId,
      Origin: "CreateRoute",
      State: "active",
    });
    await updateResource(scope, routeTables, table);
  }
  return vpc;
}
