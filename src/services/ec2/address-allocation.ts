import { isIP } from "node:net";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { AllocateAddressRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { elasticAddresses, getAddress, type StoredAddress } from "./addresses.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterCombination, invalidParameterValue, unsupportedOperation } from "./errors.ts";
import { releaseAllocationsOf } from "./ipam-allocations.ts";
import { takePoolAddress } from "./ipam-public-pools.ts";
import { ipamPools } from "./ipams.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import {
  isPublicAddress,
  passPublicAddress,
  releasePublicAddress,
  takePublicAddress,
  takeThisPublicAddress,
} from "./public-addresses.ts";
import { deleteResources } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

/** The pool that every region's addresses are of. */
const amazonPool = "amazon";

/** Addresses are of VPCs, whatever is asked for: there is no EC2-Classic anymore. */
const domains: readonly string[] = ["vpc", "standard"];

export const addressAllocationOperations = {
  async AllocateAddress(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "elastic-ip");
    if (input.Address && isIP(input.Address) !== 4) {
      throw invalidParameterValue(`Invalid value '${input.Address}' for address.`);
    }
    checkBorderGroup(ctx, input);
    // A dry run says nothing of the domain and the pool: decision 0154.
    if (input.DryRun === true) throw dryRunOperation();
    checkRequest(input);
    return inTransaction(ctx, async (scope) => {
      const AllocationId = scope.newId("eipalloc");
      const address = {
        AllocationId,
        PublicIp: input.IpamPoolId
          ? await takePoolAddress(scope, {
              poolId: input.IpamPoolId,
              address: input.Address,
              allocationId: AllocationId,
            })
          : await takeAddress(scope, input.Address, AllocationId),
        PublicIpv4Pool: input.IpamPoolId || amazonPool,
        NetworkBorderGroup: scope.region,
        Domain: "vpc" as const,
      };
      await insertTagged(scope, elasticAddresses, { ...address }, tags);
      return address;
    });
  },

  async ReleaseAddress(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    checkOneName(input);
    await inTransaction(ctx, async (scope) => {
      const address = await getAddress(scope, input);
      const { NetworkBorderGroup: group } = input;
      if (group && group !== address.NetworkBorderGroup) {
        throw invalidParameterValue(`invalid value for parameter network-border-group: ${group}`);
      }
      if (address.AssociationId !== undefined) {
        throw new AwsError("InvalidIPAddress.InUse", `Address ${address.PublicIp} is in use.`);
      }
      await giveBack(scope, address);
      await deleteResources(scope, elasticAddresses, [elasticAddresses.idOf(address)]);
    });
    return {};
  },

  async DescribeAddresses(ctx, input) {
    const publicIps = input.PublicIps ?? [];
    const bad = publicIps.find((address) => isIP(address) !== 4);
    if (bad !== undefined)
      throw invalidParameterValue(`Invalid value '${bad}' for PublicIp. Not a valid IPv4 address.`);
    if (input.DryRun === true) throw dryRunOperation();
    // Both kinds of names are of what is asked for, not of what both name: decision 0154.
    const ids = [...(input.AllocationIds ?? [])];
    for (const PublicIp of publicIps) ids.push((await getAddress(ctx, { PublicIp })).AllocationId ?? "");
    const page = await describeResources(ctx, elasticAddresses, input, { ids });
    return { Addresses: page.items.map(shown) };
  },
} satisfies Operations<typeof Ec2, Context>;

/** @throws AwsError unless a request names an address in one way */
export function checkOneName(input: { AllocationId?: string | undefined; PublicIp?: string | undefined }): void {
  if (!input.AllocationId && !input.PublicIp)
    throw new AwsError("MissingParameter", "Either public IP or allocation id must be specified");
  if (input.AllocationId && input.PublicIp) {
    throw invalidParameterCombination("You may specify public IP or allocation id, but not both in the same call");
  }
}

function shown({ PtrRecord: _, Transfer: __, ...address }: StoredAddress): Ec2.Address {
  return address;
}

/** In AWS's own words, which are the name alone: decision 0154. */
function checkBorderGroup(ctx: Context, { NetworkBorderGroup: group }: AllocateAddressRequest): void {
  if (group && group !== ctx.region) throw invalidParameterValue(group);
}

function checkRequest(input: AllocateAddressRequest): void {
  if (input.Domain && !domains.includes(input.Domain)) {
    throw invalidParameterValue(`Value (${input.Domain}) for parameter domain is invalid. Must be vpc or standard.`);
  }
  if (input.IpamPoolId && input.PublicIpv4Pool) {
    throw invalidParameterCombination("You may specify ipamPoolId or publicIpv4Pool, but not both in the same call");
  }
  if (input.CustomerOwnedIpv4Pool || (input.PublicIpv4Pool && input.PublicIpv4Pool !== amazonPool)) {
    throw unsupportedOperation("LocalAWS has no address pools but Amazon's own, and those of IPAM.");
  }
}

/** To Amazon, or to the pool of IPAM that it is of. */
async function giveBack(scope: Scope, address: StoredAddress): Promise<void> {
  const { PublicIp = "", PublicIpv4Pool = amazonPool } = address;
  if (!PublicIpv4Pool.startsWith(`${ipamPools.prefix}-`)) return releasePublicAddress(scope, PublicIp);
  await releaseAllocationsOf(scope, elasticAddresses.idOf(address));
  await passPublicAddress(scope, PublicIp, PublicIpv4Pool);
}

/** An address that was released may be asked for again, as long as nobody else has it. */
async function takeAddress(scope: Scope, asked: string | undefined, holder: string): Promise<string> {
  if (!asked) return takePublicAddress(scope, holder);
  if (isPublicAddress(asked) && (await takeThisPublicAddress(scope, asked, holder))) return asked;
  throw new AwsError("InvalidAddress.NotFound", `Address '${asked}' not found.`);
}
