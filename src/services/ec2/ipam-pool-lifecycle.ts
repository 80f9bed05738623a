import type * as Ec2 from "@aws-sdk/client-ec2";
import type { IpamPoolCidr, ModifyIpamPoolRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData, describeResources } from "./describe.ts";
import { dependencyViolation, dryRunOperation, invalidParameterValue, missingParameter } from "./errors.ts";
import { allocate, releaseAllocationsOf } from "./ipam-allocations.ts";
import { checkPoolCidr, isWithin, lengthOf, overlaps } from "./ipam-blocks.ts";
import { plannedBlock, plannedResource } from "./ipam-planning.ts";
import { amazonBlock, isOfAmazon } from "./ipam-public-pools.ts";
import { ipamPools, ipamScopes, type StoredIpamPool } from "./ipams.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { checkOneOf } from "./one-of.ts";
import { releasePublicBlock } from "./public-addresses.ts";
import { required } from "./required.ts";
import { completeResources, deleteResources, getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

const cidrFilters = pathFilters<IpamPoolCidr>()({ cidr: "Cidr", state: "State" });
export const ipamPoolOperations = {
  async CreateIpamPool(ctx, input) {
    checkOneOf("awsService", input.AwsService, ["ec2", "global-services"]);
    checkOneOf("publicIpSource", input.PublicIpSource, ["amazon", "byoip"]);
    const scopeId = required(input.IpamScopeId, "ipamScopeId");
    const AddressFamily = required(input.AddressFamily, "addressFamily");
    const tags = tagsForNew(input.TagSpecifications, "ipam-pool");
    if (AddressFamily !== "ipv4" && AddressFamily !== "ipv6") {
      throw invalidParameterValue(`Value (${String(AddressFamily)}) for parameter addressFamily is invalid.`);
    }
    const pool = await makeOnce(ctx, ipamPools, input, async (scope) => {
      const ipamScope = await getResource(scope, ipamScopes, scopeId);
      const source = input.SourceIpamPoolId ? await getResource(scope, ipamPools, input.SourceIpamPoolId) : undefined;
      const SourceResource = await plannedResource(scope, input.SourceResource);
      if (input.DryRun === true) throw dryRunOperation();
      ipamScope.PoolCount = (ipamScope.PoolCount ?? 0) + 1;
      await updateResource(scope, ipamScopes, ipamScope);
      const IpamPoolId = scope.newId("ipam-pool");
      const made: StoredIpamPool = {
        IpamPoolId,
        IpamPoolArn: `arn:aws:ec2::${scope.accountId}:ipam-pool/${IpamPoolId}`,
        IpamScopeId: scopeId,
        IpamScopeArn: ipamScope.IpamScopeArn,
        IpamScopeType: ipamScope.IpamScopeType,
        IpamArn: ipamScope.IpamArn,
        IpamRegion: ipamScope.IpamRegion,
        OwnerId: scope.accountId,
        ...(source === undefined ? {} : { SourceIpamPoolId: source.IpamPoolId }),
        ...(SourceResource === undefined ? {} : { SourceResource }),
        PoolDepth: (source?.PoolDepth ?? 0) + 1,
        Locale: input.Locale || source?.Locale || "None",
        AddressFamily,
        Description: input.Description ?? "",
        AutoImport: input.AutoImport ?? false,
        ...(input.PubliclyAdvertisable === undefined ? {} : { PubliclyAdvertisable: input.PubliclyAdvertisable }),
        ...(input.AwsService === undefined ? {} : { AwsService: input.AwsService }),
        ...(input.PublicIpSource === undefined ? {} : { PublicIpSource: input.PublicIpSource }),
        AllocationResourceTags: input.AllocationResourceTags ?? [],
        State: "create-complete",
        Cidrs: [],
        Allocations: [],
      };
      changeLengths(made, input);
      return insertTagged(scope, ipamPools, made, tags);
    });
    return { IpamPool: { ...pool, State: "create-in-progress" } };
  },

  async ModifyIpamPool(ctx, input) {
    return changePool(ctx, input, async (scope, pool) => {
      pool.State = "modify-complete";
      pool.Description = input.Description ?? pool.Description;
      pool.AutoImport = input.AutoImport ?? pool.AutoImport;
      changeLengths(pool, input);
      if (input.ClearAllocationDefaultNetmaskLength === true) delete pool.AllocationDefaultNetmaskLength;
      const removed = new Set(input.RemoveAllocationResourceTags?.map(({ Key }) => Key));
      pool.AllocationResourceTags = [
        ...(pool.AllocationResourceTags ?? []),
        ...(input.AddAllocationResourceTags ?? []),
      ].filter(({ Key }) => !removed.has(Key));
      await completeResources(scope, ipamPools, [pool]);
      return { IpamPool: { ...pool, State: "modify-in-progress" as const } };
    });
  },

  async DeleteIpamPool(ctx, input) {
    const id = required(input.IpamPoolId, "ipamPoolId");
    return inTransaction(ctx, async (scope) => {
      const pool = await getResource(scope, ipamPools, id);
      const children = (await listResources(scope, ipamPools)).filter((one) => one.SourceIpamPoolId === id);
      const inUse = children.length > 0 || pool.Allocations.length > 0;
      if (inUse || (pool.Cidrs.length > 0 && input.Cascade !== true)) {
        throw dependencyViolation(`The ipam pool '${id}' has dependencies and cannot be deleted.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      const ipamScope = await getResource(scope, ipamScopes, pool.IpamScopeId);
      ipamScope.PoolCount = (ipamScope.PoolCount ?? 1) - 1;
      await updateResource(scope, ipamScopes, ipamScope);
      await releaseAllocationsOf(scope, id);
      if (isOfAmazon(pool)) for (const { Cidr } of pool.Cidrs) await releasePublicBlock(scope, Cidr ?? "", id);
      await deleteResources(scope, ipamPools, [id]);
      return { IpamPool: { ...pool, State: "delete-in-progress" } };
    });
  },

  async DescribeIpamPools(ctx, input) {
    const page = await describeResources(ctx, ipamPools, input, { ids: input.IpamPoolIds });
    return { IpamPools: page.items, NextToken: page.nextToken };
  },

  /** A pool that has a source is given a part of what that has. */
  async ProvisionIpamPoolCidr(ctx, input) {
    return changePool(ctx, input, async (scope, pool) => {
      if (!input.Cidr && input.NetmaskLength === undefined) throw missingParameter("cidr or netmaskLength");
      let cidr: string;
      if (isOfAmazon(pool)) {
        cidr = await amazonBlock(scope, pool, input);
      } else if (pool.SourceResource !== undefined) {
        if (!input.Cidr) throw missingParameter("cidr");
        cidr = await plannedBlock(scope, pool, input.Cidr);
      } else if (pool.SourceIpamPoolId === undefined) {
        if (!input.Cidr) throw missingParameter("cidr");
        cidr = checkPoolCidr(pool, input.Cidr);
      } else {
        const source = await getResource(scope, ipamPools, pool.SourceIpamPoolId);
        const resource = { id: ipamPools.idOf(pool), type: "ipam-pool" as const };
        const request = { cidr: input.Cidr, netmaskLength: input.NetmaskLength, resource };
        cidr = (await allocate(scope, source, request)).Cidr;
      }
      if (pool.Cidrs.some((own) => overlaps(own.Cidr ?? "", cidr))) {
        throw invalidParameterValue(`The CIDR '${cidr}' overlaps one that is provisioned to the pool.`);
      }
      const made: IpamPoolCidr = {
        Cidr: cidr,
        State: "provisioned",
        IpamPoolCidrId: scope.newId("ipam-pool-cidr"),
        NetmaskLength: lengthOf(cidr),
      };
      pool.Cidrs = [...pool.Cidrs, made];
      return { IpamPoolCidr: { ...made, State: "pending-provision" as const } };
    });
  },

  async DeprovisionIpamPoolCidr(ctx, input) {
    return changePool(ctx, input, async (scope, pool) => {
      const wanted = checkPoolCidr(pool, required(input.Cidr, "cidr"));
      const found = pool.Cidrs.find(({ Cidr }) => Cidr === wanted);
      if (found === undefined) {
        throw new AwsError("InvalidIpamPoolCidr.NotFound", `The CIDR '${wanted}' is not provisioned to the pool.`);
      }
      if (pool.Allocations.some(({ Cidr }) => isWithin(wanted, Cidr ?? ""))) {
        throw new AwsError("IncorrectState", `The CIDR '${wanted}' has allocations.`);
      }
      pool.Cidrs = pool.Cidrs.filter((own) => own !== found);
      if (isOfAmazon(pool)) await releasePublicBlock(scope, wanted, ipamPools.idOf(pool));
      if (pool.SourceIpamPoolId !== undefined) {
        const source = await getResource(scope, ipamPools, pool.SourceIpamPoolId);
        source.Allocations = source.Allocations.filter(
          ({ Cidr, ResourceId }) => Cidr !== wanted || ResourceId !== pool.IpamPoolId,
        );
        await updateResource(scope, ipamPools, source);
      }
      return { IpamPoolCidr: { ...found, State: "pending-deprovision" as const } };
    });
  },

  async GetIpamPoolCidrs(ctx, input) {
    const matches = compileFilters(input.Filters, cidrFilters);
    const pool = await getResource(ctx, ipamPools, required(input.IpamPoolId, "ipamPoolId"));
    const page = describeData(pool.Cidrs.filter(matches), input, {
      kind: `ipam-pool-cidrs/${pool.IpamPoolId}`,
      keyOf: (cidr) => cidr.Cidr ?? "",
    });
    return { IpamPoolCidrs: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

export async function changePool<Answer>(
  ctx: Context,
  input: { IpamPoolId: string | undefined; DryRun?: boolean | undefined },
  change: (scope: Scope, pool: StoredIpamPool) => Promise<Answer>,
): Promise<Answer> {
  const id = required(input.IpamPoolId, "ipamPoolId");
  return inTransaction(ctx, async (scope) => {
    const pool = await getResource(scope, ipamPools, id);
    const answer = await change(scope, pool);
    if (input.DryRun === true) throw dryRunOperation();
    await updateResource(scope, ipamPools, pool);
    return answer;
  });
}

type Lengths = Pick<
  ModifyIpamPoolRequest,
  "AllocationMinNetmaskLength" | "AllocationMaxNetmaskLength" | "AllocationDefaultNetmaskLength"
>;

function changeLengths(pool: StoredIpamPool, asked: Lengths): void {
  for (const member of [
    "AllocationMinNetmaskLength",
    "AllocationMaxNetmaskLength",
    "AllocationDefaultNetmaskLength",
  ] as const) {
    const value = asked[member];
    if (value === undefined) continue;
    if (value < 0 || value > (pool.AddressFamily === "ipv4" ? 32 : 128)) {
      throw invalidParameterValue(`Value (${value}) for parameter ${member} is invalid.`);
    }
    pool[member] = value;
  }
}
