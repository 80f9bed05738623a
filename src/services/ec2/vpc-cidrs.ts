import { createHash } from "node:crypto";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { VpcCidrBlockAssociation, VpcIpv6CidrBlockAssociation } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { formatIpv4Block, type Ipv4Block, ipv4BlockContains, ipv4BlocksOverlap, parseIpv4Block } from "./cidr.ts";
import {
  dependencyViolation,
  invalidParameterCombination,
  operationNotPermitted,
  unsupportedOperation,
} from "./errors.ts";
import { releaseAllocationsOf } from "./ipam-allocations.ts";
import { formatIpv6Block, ipv6BlocksOverlap, parseIpv6Block } from "./ipv6.ts";
import { addIpv6Entries } from "./network-acl-defaults.ts";
import { required } from "./required.ts";
import { getResource, listResources, updateResource } from "./resource.ts";
import { routeTables } from "./route-tables.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { allocateBlock, chooseBlock, overlapsAny } from "./vpc-blocks.ts";
import { type StoredVpc, vpcs } from "./vpcs.ts";

/** https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-vpcs-subnets */
const maxBlocks = 5;
/** Amazon's pool is given out in blocks of this length. */
const ipv6PrefixLength = 56;

/** RFC 1918's. */
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].flatMap((cidr) => parseIpv4Block(cidr) ?? []);

export const vpcCidrOperations = {
  async AssociateVpcCidrBlock(ctx, input) {
    const VpcId = required(input.VpcId, "vpcId");
    if (input.Ipv6IpamPoolId !== undefined || input.Ipv6Pool !== undefined) {
      throw unsupportedOperation("LocalAWS gives a VPC IPv6 address ranges of Amazon's pool only.");
    }
    const wantsIpv6 = input.AmazonProvidedIpv6CidrBlock === true;
    if (wantsIpv6 === Boolean(input.CidrBlock || input.Ipv4IpamPoolId)) {
      throw invalidParameterCombination(
        "The request must contain exactly one of: cidrBlock, amazonProvidedIpv6CidrBlock",
      );
    }
    return inTransaction(ctx, async (scope) => {
      const vpc = await getResource(scope, vpcs, VpcId);
      if (!wantsIpv6) {
        const { block, pool } = await chooseBlock(scope, input);
        const CidrBlockAssociation = await addBlock(scope, vpc, block);
        if (pool !== undefined) await allocateBlock(scope, { pool, block, vpcId: VpcId });
        return { VpcId, CidrBlockAssociation: { ...CidrBlockAssociation, CidrBlockState: { State: "associating" } } };
      }
      const made = await addIpv6Block(scope, vpc, input.Ipv6CidrBlockNetworkBorderGroup);
      return { VpcId, Ipv6CidrBlockAssociation: { ...made, Ipv6CidrBlockState: { State: "associating" } } };
    });
  },

  async DisassociateVpcCidrBlock(ctx, input) {
    const id = required(input.AssociationId, "associationId");
    return inTransaction(ctx, async (scope) => {
      for (const vpc of await listResources(scope, vpcs)) {
        const ipv4 = vpc.CidrBlockAssociationSet?.find(({ AssociationId }) => AssociationId === id);
        if (ipv4 !== undefined) {
          await removeBlock(scope, vpc, ipv4);
          return { VpcId: vpc.VpcId, CidrBlockAssociation: { ...ipv4, CidrBlockState: { State: "disassociating" } } };
        }
        const ipv6 = vpc.Ipv6CidrBlockAssociationSet?.find(({ AssociationId }) => AssociationId === id);
        if (ipv6 !== undefined) {
          await removeIpv6Block(scope, vpc, ipv6);
          const Ipv6CidrBlockAssociation = { ...ipv6, Ipv6CidrBlockState: { State: "disassociating" as const } };
          return { VpcId: vpc.VpcId, Ipv6CidrBlockAssociation };
        }
      }
      throw new AwsError(
        "InvalidVpcCidrBlockAssociationID.NotFound",
        `The vpc CIDR block association ID '${id}' does not exist`,
      );
    });
  },
} satisfies Operations<typeof Ec2, Context>;

/** A VPC has blocks of one private range: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html#add-cidr-block-restrictions */
function checkRange(vpc: StoredVpc, block: Ipv4Block): void {
  const own = privateRanges.filter((range) => overlapsAny(range, blocksOf(vpc)));
  const others = privateRanges.filter((range) => own.length > 0 && !own.includes(range));
  if (!overlapsAny(block, others)) return;
  throw new AwsError(
    "InvalidVpc.Range",
    `The CIDR '${formatIpv4Block(block)}' is restricted. Use a CIDR from the same private address range as the current VPC CIDR, or use a publicly-routable CIDR. For additional restrictions, see https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html`,
  );
}

export function blocksOf(vpc: StoredVpc): Ipv4Block[] {
  return (vpc.CidrBlockAssociationSet ?? []).flatMap(({ CidrBlock }) => parseIpv4Block(CidrBlock ?? "") ?? []);
}

export function newBlockAssociation(scope: Scope, block: Ipv4Block): VpcCidrBlockAssociation {
  return {
    AssociationId: scope.newId("vpc-cidr-assoc"),
    CidrBlock: formatIpv4Block(block),
    CidrBlockState: { State: "associated" },
  };
}

/** A block of Amazon's pool that no VPC of the region has. */
export async function newIpv6Association(scope: Scope, borderGroup?: string): Promise<VpcIpv6CidrBlockAssociation> {
  const taken = (await listResources(scope, vpcs)).flatMap((vpc) =>
    (vpc.Ipv6CidrBlockAssociationSet ?? []).flatMap(({ Ipv6CidrBlock }) => parseIpv6Block(Ipv6CidrBlock ?? "") ?? []),
  );
  for (;;) {
    const digits = createHash("sha256").update(scope.newId("vpc")).digest("hex");
    const text = `2600:1f${digits.slice(0, 2)}:${digits.slice(2, 6)}:${digits.slice(6, 8)}00::/${ipv6PrefixLength}`;
    const block = parseIpv6Block(text);
    if (block === undefined || taken.some((other) => ipv6BlocksOverlap(other, block))) continue;
    return {
      AssociationId: scope.newId("vpc-cidr-assoc"),
      Ipv6CidrBlock: formatIpv6Block(block),
      Ipv6CidrBlockState: { State: "associated" },
      NetworkBorderGroup: borderGroup ?? scope.region,
      Ipv6Pool: "Amazon",
      Ipv6AddressAttribute: "public",
      IpSource: "amazon",
    };
  }
}

async function addBlock(scope: Scope, vpc: StoredVpc, block: Ipv4Block): Promise<VpcCidrBlockAssociation> {
  const there = blocksOf(vpc);
  if (there.length >= maxBlocks) throw cidrLimitExceeded(vpc);
  const conflict = there.find((other) => ipv4BlocksOverlap(other, block));
  if (conflict !== undefined) {
    throw new AwsError(
      "CidrConflict",
      `The CIDR '${formatIpv4Block(block)}' conflicts with an existing CIDR '${formatIpv4Block(conflict)}' of the VPC.`,
    );
  }
  checkRange(vpc, block);
  const association = newBlockAssociation(scope, block);
  vpc.CidrBlockAssociationSet = [...(vpc.CidrBlockAssociationSet ?? []), association];
  await updateResource(scope, vpcs, vpc);
  await changeLocalRoutes(scope, vpc, { add: { DestinationCidrBlock: association.CidrBlock } });
  return association;
}

async function addIpv6Block(scope: Scope, vpc: StoredVpc, borderGroup: string | undefined) {
  if ((vpc.Ipv6CidrBlockAssociationSet ?? []).length >= maxBlocks) throw cidrLimitExceeded(vpc);
  const association = await newIpv6Association(scope, borderGroup);
  vpc.Ipv6CidrBlockAssociationSet = [...(vpc.Ipv6CidrBlockAssociationSet ?? []), association];
  await updateResource(scope, vpcs, vpc);
  await changeLocalRoutes(scope, vpc, { add: { DestinationIpv6CidrBlock: association.Ipv6CidrBlock } });
  await addIpv6Entries(scope, vpcs.idOf(vpc));
  return association;
}

async function removeBlock(scope: Scope, vpc: StoredVpc, association: VpcCidrBlockAssociation): Promise<void> {
  if (association.CidrBlock === vpc.CidrBlock) {
    throw operationNotPermitted(
      `The vpc CIDR block with association ID ${association.AssociationId} may not be disassociated. It is the primary IPv4 CIDR block of the VPC`,
    );
  }
  const block = parseIpv4Block(association.CidrBlock ?? "");
  const members = await listResources(scope, subnets, { vpc_id: vpcs.idOf(vpc) });
  const used = members.some((subnet) => {
    const inner = parseIpv4Block(subnet.CidrBlock ?? "");
    return block !== undefined && inner !== undefined && ipv4BlockContains(block, inner);
  });
  if (used) throw blockInUse(association.AssociationId);
  vpc.CidrBlockAssociationSet = vpc.CidrBlockAssociationSet?.filter((other) => other !== association);
  await updateResource(scope, vpcs, vpc);
  await releaseAllocationsOf(scope, vpcs.idOf(vpc), association.CidrBlock);
  await changeLocalRoutes(scope, vpc, { remove: association.CidrBlock });
}

async function removeIpv6Block(scope: Scope, vpc: StoredVpc, association: VpcIpv6CidrBlockAssociation): Promise<void> {
  const block = parseIpv6Block(association.Ipv6CidrBlock ?? "");
  const members = await listResources(scope, subnets, { vpc_id: vpcs.idOf(vpc) });
  const used = members.some((subnet) =>
    subnet.Ipv6CidrBlockAssociationSet?.some(({ Ipv6CidrBlock }) => {
      const inner = parseIpv6Block(Ipv6CidrBlock ?? "");
      return block !== undefined && inner !== undefined && ipv6BlocksOverlap(block, inner);
    }),
  );
  if (used) throw blockInUse(association.AssociationId);
  vpc.Ipv6CidrBlockAssociationSet = vpc.Ipv6CidrBlockAssociationSet?.filter((other) => other !== association);
  await updateResource(scope, vpcs, vpc);
  await changeLocalRoutes(scope, vpc, { remove: association.Ipv6CidrBlock });
}

/** Every route table of a VPC has a local route for each of its blocks, before all others. */
async function changeLocalRoutes(
  scope: Scope,
  vpc: StoredVpc,
  change: {
    add?: { DestinationCidrBlock?: string | undefined; DestinationIpv6CidrBlock?: string | undefined };
    remove?: string | undefined;
  },
): Promise<void> {
  for (const table of await listResources(scope, routeTables, { vpc_id: vpcs.idOf(vpc) })) {
    const routes = table.Routes ?? [];
    const locals = routes.filter((route) => route.GatewayId === "local");
    const others = routes.filter((route) => route.GatewayId !== "local");
    const kept = locals.filter(
      (route) =>
        change.remove === undefined || (route.DestinationCidrBlock ?? route.DestinationIpv6CidrBlock) !== change.remove,
    );
    if (change.add !== undefined) {
      kept.push({ ...change.add, GatewayId: "local", Origin: "CreateRouteTable", State: "active" });
    }
    table.Routes = [...kept, ...others];
    await updateResource(scope, routeTables, table);
  }
}

function cidrLimitExceeded(vpc: StoredVpc) {
  return new AwsError(
    "CidrLimitExceeded",
    `This network '${vpc.VpcId}' has met its maximum number of allowed CIDRs: ${maxBlocks}`,
  );
}

function blockInUse(associationId: string | undefined) {
  return dependencyViolation(
    `The vpc CIDR block with association ID ${associationId} may not be disassociated. It is in use by a subnet.`,
  );
}
