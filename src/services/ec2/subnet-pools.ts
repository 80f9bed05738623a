import type { Subnet } from "@aws-sdk/client-ec2";
import { invalidParameterValue } from "./errors.ts";
import { allocate, chooseAllocation } from "./ipam-allocations.ts";
import { ipamPools, type StoredIpamPool } from "./ipams.ts";
import { getResource } from "./resource.ts";
import type { Scope } from "./scope.ts";

interface PoolRequest {
  readonly VpcId: string | undefined;
  readonly CidrBlock?: string | undefined;
  readonly Ipv4IpamPoolId?: string | undefined;
  readonly Ipv4NetmaskLength?: number | undefined;
}

/** The pool of IPAM that a subnet is to be of: https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-subnet-planning.html @throws AwsError for one of another VPC */
export async function poolOf(scope: Scope, input: PoolRequest): Promise<StoredIpamPool | undefined> {
  if (!input.Ipv4IpamPoolId) return undefined;
  const pool = await getResource(scope, ipamPools, input.Ipv4IpamPoolId);
  if (pool.SourceResource?.ResourceId === input.VpcId) return pool;
  throw invalidParameterValue(`The pool '${pool.IpamPoolId}' does not plan the addresses of the VPC '${input.VpcId}'.`);
}

export function choosePoolBlock(pool: StoredIpamPool, input: PoolRequest): string {
  const { CidrBlock, Ipv4NetmaskLength } = input;
  return chooseAllocation(pool, { cidr: CidrBlock, netmaskLength: Ipv4NetmaskLength, resource: { type: "subnet" } });
}

export async function allocateToSubnet(
  scope: Scope,
  pool: StoredIpamPool,
  { SubnetId = "", CidrBlock }: Subnet,
): Promise<void> {
  await allocate(scope, pool, { cidr: CidrBlock, resource: { id: SubnetId, type: "subnet" } });
}
