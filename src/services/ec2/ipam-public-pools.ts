import { invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import { allocate } from "./ipam-allocations.ts";
import { ipamPools, type StoredIpamPool } from "./ipams.ts";
import { passPublicAddress, takePublicBlock } from "./public-addresses.ts";
import { getResource } from "./resource.ts";
import type { Scope } from "./scope.ts";

/** Whether the blocks of a pool are of Amazon's public addresses: https://docs.aws.amazon.com/vpc/latest/ipam/tutorials-eip-pool.html */
export function isOfAmazon(pool: StoredIpamPool): boolean {
  return pool.PublicIpSource === "amazon" && pool.AddressFamily === "ipv4" && pool.SourceIpamPoolId === undefined;
}

/** A block that Amazon chooses. @throws AwsError where the request names one itself */
export async function amazonBlock(
  scope: Scope,
  pool: StoredIpamPool,
  { Cidr, NetmaskLength }: { Cidr?: string | undefined; NetmaskLength?: number | undefined },
): Promise<string> {
  if (Cidr) {
    throw invalidParameterCombination("The parameter cidr cannot be used with a pool of Amazon's public addresses.");
  }
  if (NetmaskLength === undefined) throw missingParameter("netmaskLength");
  if (NetmaskLength < 24 || NetmaskLength > 31) {
    throw invalidParameterValue(`Value (${NetmaskLength}) for parameter netmaskLength is invalid.`);
  }
  return takePublicBlock(scope, NetmaskLength, ipamPools.idOf(pool));
}

/** An address of a pool for an Elastic IP, the one that is asked for or the next. @throws AwsError */
export async function takePoolAddress(
  scope: Scope,
  { poolId, address, allocationId }: { poolId: string; address: string | undefined; allocationId: string },
): Promise<string> {
  const pool = await getResource(scope, ipamPools, poolId);
  if (!isOfAmazon(pool) || pool.AwsService !== "ec2" || pool.Locale !== scope.region) {
    throw invalidParameterValue(
      `The pool '${poolId}' is none of Amazon's public IPv4 addresses for the service ec2 in ${scope.region}.`,
    );
  }
  const { Cidr } = await allocate(scope, pool, {
    ...(address ? { cidr: `${address}/32` } : { netmaskLength: 32 }),
    resource: { id: allocationId, type: "eip" },
  });
  const [taken = ""] = Cidr.split("/");
  await passPublicAddress(scope, taken, allocationId);
  return taken;
}
