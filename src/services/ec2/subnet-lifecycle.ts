import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Subnet, SubnetIpv6CidrBlockAssociation } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { formatIpv4Block, type Ipv4Block, ipv4BlockContains, ipv4BlocksOverlap, parseIpv4Block } from "./cidr.ts";
import {
  dependencyViolation,
  dryRunOperation,
  invalidParameterValue,
  missingParameter,
  unsupportedOperation,
} from "./errors.ts";
import { releaseAllocationsOf } from "./ipam-allocations.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { networkAcls } from "./network-acls.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { newSubnet } from "./new-subnet.ts";
import { type ZoneData, zonesOf } from "./region-data.ts";
import { required } from "./required.ts";
import { deleteResources, getResource, listResources, updateResource } from "./resource.ts";
import { routeTables } from "./route-tables.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { newSubnetIpv6Association } from "./subnet-attributes.ts";
import { allocateToSubnet, choosePoolBlock, poolOf } from "./subnet-pools.ts";
import { subnetCidrReservations } from "./subnet-reservations.ts";
import { subnets } from "./subnets.ts";
import { blocksOf } from "./vpc-cidrs.ts";
import { findDefaultVpc, type StoredVpc, vpcs } from "./vpcs.ts";

const defaultSubnetPrefixLength = 20;

export const subnetLifecycleOperations = {
  async CreateSubnet(ctx, input) {
    const vpcId = required(input.VpcId, "vpcId");
    const tags = tagsForNew(input.TagSpecifications, "subnet");
    if (input.Ipv6IpamPoolId !== undefined || input.OutpostArn) {
      throw unsupportedOperation("LocalAWS does not emulate subnets of IPv6 pools of IPAM and of outposts.");
    }
    const native = input.Ipv6Native === true;
    if (input.CidrBlock === undefined && !input.Ipv4IpamPoolId && !native) throw missingParameter("cidrBlock");
    if (native && input.Ipv6CidrBlock === undefined) throw missingParameter("ipv6CidrBlock");
    return inTransaction(ctx, async (scope) => {
      const vpc = await getResource(scope, vpcs, vpcId);
      const zone = chooseZone(scope, input);
      const there = await listResources(scope, subnets, { vpc_id: vpcId });
      const pool = native ? undefined : await poolOf(scope, input);
      const wanted = pool === undefined ? input.CidrBlock : choosePoolBlock(pool, input);
      const block = wanted === undefined || native ? undefined : checkBlock(vpc, there, wanted);
      const ipv6: SubnetIpv6CidrBlockAssociation[] =
        input.Ipv6CidrBlock === undefined ? [] : [newSubnetIpv6Association(scope, vpc, there, input.Ipv6CidrBlock)];
      if (input.DryRun === true) throw dryRunOperation();
      const subnet = newSubnet(scope, { vpcId, zone, cidr: block && formatIpv4Block(block), ipv6, native });
      const made = await insertSubnet(scope, subnet, tags);
      if (pool !== undefined) await allocateToSubnet(scope, pool, made);
      // Create tells of no blocks on public access: decision 0154.
      const { BlockPublicAccessStates: _, ...shown } = made;
      return { Subnet: shown };
    });
  },

  async DeleteSubnet(ctx, input) {
    const id = required(input.SubnetId, "subnetId");
    await inTransaction(ctx, async (scope) => {
      const subnet = await getResource(scope, subnets, id);
      if ((await listResources(scope, networkInterfaces, { subnet_id: id })).length > 0) {
        throw dependencyViolation(`The subnet '${id}' has dependencies and cannot be deleted.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      await removeAssociations(scope, subnet);
      const reservations = await listResources(scope, subnetCidrReservations, { subnet_id: id });
      await deleteResources(scope, subnetCidrReservations, reservations.map(subnetCidrReservations.idOf));
      await deleteResources(scope, subnets, [id]);
      await releaseAllocationsOf(scope, id);
    });
    return {};
  },

  async CreateDefaultSubnet(ctx, input) {
    if (input.AvailabilityZone === undefined && input.AvailabilityZoneId === undefined) {
      throw missingParameter("availabilityZone");
    }
    return inTransaction(ctx, async (scope) => {
      const zone = chooseZone(scope, input);
      const vpc = await findDefaultVpc(scope);
      if (vpc === undefined) throw new AwsError("DefaultVpcDoesNotExist", "No default VPC for this user.");
      const vpcId = vpcs.idOf(vpc);
      const there = await listResources(scope, subnets, { vpc_id: vpcId });
      const before = there.find((subnet) => subnet.DefaultForAz === true && subnet.AvailabilityZone === zone.name);
      if (before !== undefined) {
        throw new AwsError(
          "DefaultSubnetAlreadyExistsInAvailabilityZone",
          `'${before.SubnetId}' is already the default subnet in ${zone.name}.`,
        );
      }
      const cidr = formatIpv4Block(freeBlock(vpc, there));
      if (input.DryRun === true) throw dryRunOperation();
      return { Subnet: await insertSubnet(scope, newSubnet(scope, { vpcId, zone, cidr, isDefault: true })) };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

/** Adds a subnet, with the VPC's default network ACL. */
async function insertSubnet(scope: Scope, subnet: Subnet, tags: readonly Ec2.Tag[] = []): Promise<Subnet> {
  const made = await insertTagged(scope, subnets, subnet, tags);
  const acls = await listResources(scope, networkAcls, { vpc_id: subnet.VpcId ?? "" });
  const acl = acls.find(({ IsDefault }) => IsDefault === true);
  if (acl !== undefined) {
    const { NetworkAclId } = acl;
    const association = { NetworkAclAssociationId: scope.newId("aclassoc"), NetworkAclId, SubnetId: subnet.SubnetId };
    acl.Associations = [...(acl.Associations ?? []), association];
    await updateResource(scope, networkAcls, acl);
  }
  return made;
}

function chooseZone(
  scope: Scope,
  input: { AvailabilityZone?: string | undefined; AvailabilityZoneId?: string | undefined },
): ZoneData {
  const zones = zonesOf(scope.region);
  const { AvailabilityZone: name, AvailabilityZoneId: id } = input;
  const zone = zones.find((candidate) => (id ? candidate.id === id : !name || candidate.name === name));
  if (zone !== undefined && (!name || zone.name === name)) return zone;
  const [parameter, value] = id ? ["availabilityZoneId", id] : ["availabilityZone", name];
  const possible = zones.map((candidate) => (id ? candidate.id : candidate.name)).join(", ");
  throw invalidParameterValue(
    `Value (${value}) for parameter ${parameter} is invalid. Subnets can currently only be created in the following availability zones: ${possible}.`,
  );
}

/** In AWS's order: a block at all, of a subnet's size, within the VPC, and of no other subnet. */
function checkBlock(vpc: StoredVpc, there: readonly Subnet[], cidr: string): Ipv4Block {
  const block = parseIpv4Block(cidr);
  if (block === undefined) {
    throw invalidParameterValue(`Value (${cidr}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`);
  }
  const fits = block.prefixLength >= 16 && block.prefixLength <= 28;
  if (!fits || !blocksOf(vpc).some((outer) => ipv4BlockContains(outer, block))) {
    throw new AwsError("InvalidSubnet.Range", `The CIDR '${cidr}' is invalid.`);
  }
  if (ipv4Blocks(there).some((other) => ipv4BlocksOverlap(other, block))) {
    throw new AwsError("InvalidSubnet.Conflict", `The CIDR '${cidr}' conflicts with another subnet`);
  }
  return block;
}

function freeBlock(vpc: StoredVpc, there: readonly Subnet[]): Ipv4Block {
  const size = 2 ** (32 - defaultSubnetPrefixLength);
  for (const outer of blocksOf(vpc)) {
    for (let first = outer.first; first < outer.first + outer.size; first += size) {
      const block = { first, size, prefixLength: defaultSubnetPrefixLength };
      if (!ipv4Blocks(there).some((other) => ipv4BlocksOverlap(other, block))) return block;
    }
  }
  throw new AwsError(
    "InsufficientCidrBlocks",
    `There are not enough available CIDR blocks in the default VPC '${vpc.VpcId}' for a default subnet.`,
  );
}

function ipv4Blocks(list: readonly Subnet[]): Ipv4Block[] {
  return list.flatMap(({ CidrBlock }) => parseIpv4Block(CidrBlock ?? "") ?? []);
}

async function removeAssociations(scope: Scope, subnet: Subnet): Promise<void> {
  const { SubnetId, VpcId = "" } = subnet;
  for (const table of await listResources(scope, routeTables, { vpc_id: VpcId })) {
    const kept = table.Associations?.filter((association) => association.SubnetId !== SubnetId);
    if (kept?.length === table.Associations?.length) continue;
    table.Associations = kept;
    await updateResource(scope, routeTables, table);
  }
  for (const acl of await listResources(scope, networkAcls, { vpc_id: VpcId })) {
    const kept = acl.Associations?.filter((association) => association.SubnetId !== SubnetId);
    if (kept?.length === acl.Associations?.length) continue;
    acl.Associations = kept;
    await updateResource(scope, networkAcls, acl);
  }
}
