import type * as Ec2 from "@aws-sdk/client-ec2";
import type { ModifySubnetAttributeRequest, Subnet, SubnetIpv6CidrBlockAssociation } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import {
  dependencyViolation,
  invalidParameterCombination,
  invalidParameterValue,
  unsupportedOperation,
} from "./errors.ts";
import { formatIpv6Block, ipv6BlockContains, ipv6BlocksOverlap, ipv6ToNumber, parseIpv6Block } from "./ipv6.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { required } from "./required.ts";
import { getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { type StoredVpc, vpcs } from "./vpcs.ts";

/** https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html: every fourth length from /44 to /64. */
const ipv6PrefixLengths = [44, 48, 52, 56, 60, 64];

type Change = Exclude<keyof ModifySubnetAttributeRequest, "SubnetId">;

export const subnetAttributeOperations = {
  async ModifySubnetAttribute(ctx, input) {
    const id = required(input.SubnetId, "subnetId");
    const { SubnetId: _, ...changes } = input;
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    if (given.length === 0) throw invalidParameterCombination("No attribute to modify was specified.");
    if (given.length > 1 && !isCustomerOwned(given.map(([name]) => name))) {
      throw invalidParameterCombination("Fields for multiple attribute types specified");
    }
    await inTransaction(ctx, async (scope) => {
      const subnet = await getResource(scope, subnets, id);
      change(subnet, input);
      await updateResource(scope, subnets, subnet);
    });
    return {};
  },

  async AssociateSubnetCidrBlock(ctx, input) {
    const id = required(input.SubnetId, "subnetId");
    const cidr = required(input.Ipv6CidrBlock, "ipv6CidrBlock");
    return inTransaction(ctx, async (scope) => {
      const subnet = await getResource(scope, subnets, id);
      const vpc = await getResource(scope, vpcs, subnet.VpcId ?? "");
      const there = await listResources(scope, subnets, { vpc_id: vpcs.idOf(vpc) });
      if (subnet.Ipv6CidrBlockAssociationSet?.length) {
        throw new AwsError(
          "CidrLimitExceeded",
          `This subnet '${id}' has met its maximum number of allowed IPv6 CIDRs: 1`,
        );
      }
      const association = newSubnetIpv6Association(scope, vpc, there, cidr);
      subnet.Ipv6CidrBlockAssociationSet = [association];
      await updateResource(scope, subnets, subnet);
      const Ipv6CidrBlockAssociation = { ...association, Ipv6CidrBlockState: { State: "associating" as const } };
      return { SubnetId: id, Ipv6CidrBlockAssociation };
    });
  },

  async DisassociateSubnetCidrBlock(ctx, input) {
    const id = required(input.AssociationId, "associationId");
    return inTransaction(ctx, async (scope) => {
      const all = await listResources(scope, subnets);
      const isIt = ({ AssociationId }: SubnetIpv6CidrBlockAssociation) => AssociationId === id;
      const subnet = all.find(({ Ipv6CidrBlockAssociationSet }) => Ipv6CidrBlockAssociationSet?.some(isIt));
      const association = subnet?.Ipv6CidrBlockAssociationSet?.find(isIt);
      if (subnet === undefined || association === undefined) {
        throw new AwsError(
          "InvalidSubnetCidrBlockAssociationID.NotFound",
          `The subnet CIDR block association ID '${id}' does not exist`,
        );
      }
      await checkUnused(scope, subnet);
      subnet.Ipv6CidrBlockAssociationSet = subnet.Ipv6CidrBlockAssociationSet?.filter((other) => other !== association);
      subnet.AssignIpv6AddressOnCreation = false;
      await updateResource(scope, subnets, subnet);
      const Ipv6CidrBlockAssociation = { ...association, Ipv6CidrBlockState: { State: "disassociating" as const } };
      return { SubnetId: subnet.SubnetId, Ipv6CidrBlockAssociation };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

/** @throws AwsError where the block is not the VPC's, or is another subnet's */
export function newSubnetIpv6Association(
  scope: Scope,
  vpc: StoredVpc,
  there: readonly Subnet[],
  cidr: string,
): SubnetIpv6CidrBlockAssociation {
  const block = parseIpv6Block(cidr);
  if (block === undefined || ipv6ToNumber(cidr.split("/")[0] ?? "") !== block.first) {
    throw invalidParameterValue(
      `Value (${cidr}) for parameter ipv6CidrBlock is invalid. This is not a valid CIDR block.`,
    );
  }
  const outer = ipv6Blocks(vpc).some((candidate) => ipv6BlockContains(candidate, block));
  if (!outer || !ipv6PrefixLengths.includes(block.prefixLength)) {
    throw new AwsError("InvalidSubnet.Range", `The CIDR '${cidr}' is invalid.`);
  }
  if (there.flatMap(ipv6Blocks).some((other) => ipv6BlocksOverlap(other, block))) {
    throw new AwsError("InvalidSubnet.Conflict", `The CIDR '${cidr}' conflicts with another subnet`);
  }
  return {
    AssociationId: scope.newId("subnet-cidr-assoc"),
    Ipv6CidrBlock: formatIpv6Block(block),
    Ipv6CidrBlockState: { State: "associated" },
    Ipv6AddressAttribute: "public",
    IpSource: "amazon",
  };
}

function ipv6Blocks(of: { Ipv6CidrBlockAssociationSet?: { Ipv6CidrBlock?: string | undefined }[] | undefined }) {
  return (of.Ipv6CidrBlockAssociationSet ?? []).flatMap(
    ({ Ipv6CidrBlock }) => parseIpv6Block(Ipv6CidrBlock ?? "") ?? [],
  );
}

function isCustomerOwned(names: readonly string[]): boolean {
  const together: readonly Change[] = ["CustomerOwnedIpv4Pool", "MapCustomerOwnedIpOnLaunch"];
  return names.every((name) => together.some((one) => one === name));
}

function change(subnet: Subnet, input: ModifySubnetAttributeRequest): void {
  if (input.CustomerOwnedIpv4Pool !== undefined || input.MapCustomerOwnedIpOnLaunch?.Value === true) {
    throw unsupportedOperation("LocalAWS has no outposts, whose subnets alone have customer-owned addresses.");
  }
  if (input.AssignIpv6AddressOnCreation?.Value === true && !subnet.Ipv6CidrBlockAssociationSet?.length) {
    throw invalidParameterValue(
      `Invalid value 'true' for assignIpv6AddressOnCreation. Subnet ${subnet.SubnetId} does not have an IPv6 CIDR block.`,
    );
  }
  const hostname: string | undefined = input.PrivateDnsHostnameTypeOnLaunch;
  if (hostname !== undefined && hostname !== "ip-name" && hostname !== "resource-name") {
    throw invalidParameterValue(`Invalid value '${hostname}' for HostnameType.`);
  }
  subnet.MapPublicIpOnLaunch = input.MapPublicIpOnLaunch?.Value ?? subnet.MapPublicIpOnLaunch;
  subnet.AssignIpv6AddressOnCreation = input.AssignIpv6AddressOnCreation?.Value ?? subnet.AssignIpv6AddressOnCreation;
  subnet.EnableDns64 = input.EnableDns64?.Value ?? subnet.EnableDns64;
  if (input.EnableLniAtDeviceIndex !== undefined) subnet.EnableLniAtDeviceIndex = input.EnableLniAtDeviceIndex;
  if (input.DisableLniAtDeviceIndex?.Value === true) delete subnet.EnableLniAtDeviceIndex;
  const names = subnet.PrivateDnsNameOptionsOnLaunch ?? {};
  subnet.PrivateDnsNameOptionsOnLaunch = {
    HostnameType: input.PrivateDnsHostnameTypeOnLaunch ?? names.HostnameType,
    EnableResourceNameDnsARecord:
      input.EnableResourceNameDnsARecordOnLaunch?.Value ?? names.EnableResourceNameDnsARecord,
    EnableResourceNameDnsAAAARecord:
      input.EnableResourceNameDnsAAAARecordOnLaunch?.Value ?? names.EnableResourceNameDnsAAAARecord,
  };
}

async function checkUnused(scope: Scope, subnet: Subnet): Promise<void> {
  const interfaces = await listResources(scope, networkInterfaces, { subnet_id: subnets.idOf(subnet) });
  if (!interfaces.some(({ Ipv6Addresses }) => Ipv6Addresses?.length)) return;
  throw dependencyViolation(
    `The subnet '${subnet.SubnetId}' has IPv6 addresses in use; its CIDR block cannot be disassociated.`,
  );
}
