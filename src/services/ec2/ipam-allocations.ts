import type { IpamPoolAllocation } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import { checkPoolCidr, isWithin, lengthOf, nextFree, overlaps } from "./ipam-blocks.ts";
import { ipamPools, type StoredIpamPool } from "./ipams.ts";
import { listResources, updateResource } from "./resource.ts";
import type { Scope } from "./scope.ts";

export interface AllocationRequest {
  readonly cidr?: string | undefined;
  readonly netmaskLength?: number | undefined;
  readonly description?: string | undefined;
  readonly resource: { readonly id?: string; readonly type: "custom" | "eip" | "ipam-pool" | "subnet" | "vpc" };
}

/** The block that a request is given out of a pool; nothing is changed. @throws AwsError */
export function chooseAllocation(pool: StoredIpamPool, request: AllocationRequest): string {
  if (request.cidr && request.netmaskLength !== undefined) {
    throw invalidParameterCombination("The parameters cidr and netmaskLength cannot be used together");
  }
  if (!request.cidr) {
    const length = request.netmaskLength ?? pool.AllocationDefaultNetmaskLength;
    if (length === undefined) throw missingParameter("netmaskLength");
    checkLength(pool, length);
    return nextFree(pool, length);
  }
  const cidr = checkPoolCidr(pool, request.cidr);
  checkLength(pool, lengthOf(cidr));
  if (!pool.Cidrs.some((own) => isWithin(own.Cidr ?? "", cidr))) {
    throw invalidParameterValue(`The CIDR '${cidr}' is not within the provisioned CIDRs of '${pool.IpamPoolId}'.`);
  }
  if (pool.Allocations.some((own) => overlaps(own.Cidr ?? "", cidr))) {
    throw new AwsError("InvalidCidr.InUse", `The CIDR '${cidr}' is allocated in the pool '${pool.IpamPoolId}'.`);
  }
  return cidr;
}

export async function allocate(
  scope: Scope,
  pool: StoredIpamPool,
  request: AllocationRequest,
): Promise<IpamPoolAllocation & { Cidr: string }> {
  const IpamPoolAllocationId = scope.newId("ipam-pool-alloc");
  const allocation = {
    IpamPoolAllocationId,
    Cidr: chooseAllocation(pool, request),
    Description: request.description ?? "",
    ResourceId: request.resource.id ?? IpamPoolAllocationId,
    ResourceType: request.resource.type,
    ResourceRegion: scope.region,
    ResourceOwner: scope.accountId,
  };
  pool.Allocations = [...pool.Allocations, allocation];
  await updateResource(scope, ipamPools, pool);
  return allocation;
}

/** When a VPC, an address or a pool goes, or one of its blocks: what it had is free again. */
export async function releaseAllocationsOf(scope: Scope, resourceId: string, cidr?: string): Promise<void> {
  for (const pool of await listResources(scope, ipamPools)) {
    const kept = pool.Allocations.filter(
      ({ ResourceId, Cidr }) => ResourceId !== resourceId || (cidr !== undefined && Cidr !== cidr),
    );
    if (kept.length === pool.Allocations.length) continue;
    await updateResource(scope, ipamPools, { ...pool, Allocations: kept });
  }
}

function checkLength(pool: StoredIpamPool, length: number): void {
  if (length < 0 || length > (pool.AddressFamily === "ipv4" ? 32 : 128)) {
    throw invalidParameterValue(`Value (${length}) for parameter netmaskLength is invalid.`);
  }
  const { AllocationMinNetmaskLength: min, AllocationMaxNetmaskLength: max } = pool;
  if ((min === undefined || length >= min) && (max === undefined || length <= max)) return;
  throw invalidParameterValue(
    `The netmask length ${length} is not between the pool's minimum (${min}) and maximum (${max}).`,
  );
}
