import { AwsError } from "../../aws/aws-error.ts";
import { formatIpv4Block, type Ipv4Block, ipv4BlocksOverlap, parseIpv4Block } from "./cidr.ts";
import { invalidParameterValue } from "./errors.ts";
import { allocate, chooseAllocation } from "./ipam-allocations.ts";
import { ipamPools, type StoredIpamPool } from "./ipams.ts";
import { getResource } from "./resource.ts";
import type { Scope } from "./scope.ts";

interface BlockRequest {
  readonly CidrBlock?: string | undefined;
  readonly Ipv4IpamPoolId?: string | undefined;
  readonly Ipv4NetmaskLength?: number | undefined;
}

const unusable = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"].flatMap(
  (cidr) => parseIpv4Block(cidr) ?? [],
);
/** @throws AwsError for what is no block, or one that is too large or too small for a VPC */
function vpcBlock(cidr: string): Ipv4Block {
  const block = parseIpv4Block(cidr);
  if (block === undefined) {
    throw invalidParameterValue(`Value (${cidr}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`);
  }
  if (block.prefixLength < 16 || block.prefixLength > 28 || overlapsAny(block, unusable)) {
    throw new AwsError("InvalidVpc.Range", `The CIDR '${cidr}' is invalid.`);
  }
  return block;
}

/** The block that a request gives, or the next free one of an IPAM pool of the region. */
export async function chooseBlock(
  scope: Scope,
  input: BlockRequest,
): Promise<{ block: Ipv4Block; pool?: StoredIpamPool }> {
  if (!input.Ipv4IpamPoolId) return { block: vpcBlock(input.CidrBlock ?? "") };
  const pool = await getResource(scope, ipamPools, input.Ipv4IpamPoolId);
  if (pool.Locale !== scope.region) {
    throw invalidParameterValue(`The locale of the pool '${pool.IpamPoolId}' is not ${scope.region}.`);
  }
  const request = { cidr: input.CidrBlock, netmaskLength: input.Ipv4NetmaskLength, resource: { type: "vpc" as const } };
  return { block: vpcBlock(chooseAllocation(pool, request)), pool };
}

/** Notes in a pool that a VPC has a block of it. */
export async function allocateBlock(
  scope: Scope,
  { pool, block, vpcId }: { pool: StoredIpamPool; block: Ipv4Block; vpcId: string },
): Promise<void> {
  await allocate(scope, pool, { cidr: formatIpv4Block(block), resource: { id: vpcId, type: "vpc" } });
}

export function overlapsAny(block: Ipv4Block, others: readonly Ipv4Block[]): boolean {
  return others.some((other) => ipv4BlocksOverlap(other, block));
}
