import type * as Ec2 from "@aws-sdk/client-ec2";
import type { IpamPoolAllocation } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { dryRunOperation } from "./errors.ts";
import { allocate, chooseAllocation } from "./ipam-allocations.ts";
import { changePool } from "./ipam-pool-lifecycle.ts";
import { ipamPools } from "./ipams.ts";
import { required } from "./required.ts";
import { getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";

const allocationFilters = pathFilters<IpamPoolAllocation>()({
  cidr: "Cidr",
  "ipam-pool-allocation-id": "IpamPoolAllocationId",
  "resource-id": "ResourceId",
  "resource-type": "ResourceType",
});

export const ipamAllocationOperations = {
  async AllocateIpamPoolCidr(ctx, input) {
    return changePool(ctx, input, async (scope, pool) => {
      const request = {
        cidr: input.Cidr,
        netmaskLength: input.NetmaskLength,
        description: input.Description,
        resource: { type: "custom" as const },
      };
      if (input.PreviewNextCidr === true) return { IpamPoolAllocation: { Cidr: chooseAllocation(pool, request) } };
      return { IpamPoolAllocation: await allocate(scope, pool, request) };
    });
  },

  async ReleaseIpamPoolAllocation(ctx, input) {
    return changePool(ctx, input, async (_scope, pool) => {
      const id = required(input.IpamPoolAllocationId, "ipamPoolAllocationId");
      const found = pool.Allocations.find((one) => one.IpamPoolAllocationId === id && one.Cidr === input.Cidr);
      if (found === undefined) throw allocationNotFound(id);
      if (found.ResourceType !== "custom") {
        throw new AwsError("IncorrectState", `The allocation '${id}' is of the resource ${found.ResourceId}.`);
      }
      pool.Allocations = pool.Allocations.filter((one) => one !== found);
      return { Success: true };
    });
  },

  async GetIpamPoolAllocations(ctx, input) {
    const matches = compileFilters(input.Filters, allocationFilters);
    const pool = await getResource(ctx, ipamPools, required(input.IpamPoolId, "ipamPoolId"));
    const id = input.IpamPoolAllocationId;
    const named = pool.Allocations.filter((one) => !id || one.IpamPoolAllocationId === id);
    if (id && named.length === 0) throw allocationNotFound(id);
    const page = describeData(named.filter(matches), input, {
      kind: `ipam-pool-allocations/${pool.IpamPoolId}`,
      keyOf: (one) => one.IpamPoolAllocationId ?? "",
      limits: { min: 1, max: 100_000 },
    });
    return { IpamPoolAllocations: page.items, NextToken: page.nextToken };
  },

  async DescribeIpamPoolAllocations(ctx, input) {
    const matches = compileFilters(input.Filters, allocationFilters);
    const ids: readonly string[] = input.IpamPoolAllocationIds ?? [];
    const all = (await listResources(ctx, ipamPools)).flatMap(({ Allocations }) => Allocations);
    const missing = ids.find((id) => !all.some((one) => one.IpamPoolAllocationId === id));
    if (missing !== undefined) throw allocationNotFound(missing);
    const named = all.filter((one) => ids.length === 0 || ids.includes(one.IpamPoolAllocationId ?? ""));
    const page = describeData(named.filter(matches), input, {
      kind: "ipam-pool-allocations",
      keyOf: (one) => one.IpamPoolAllocationId ?? "",
    });
    return { IpamPoolAllocations: page.items, NextToken: page.nextToken };
  },

  async ModifyIpamPoolAllocation(ctx, input) {
    const id = required(input.IpamPoolAllocationId, "ipamPoolAllocationId");
    return inTransaction(ctx, async (scope) => {
      for (const pool of await listResources(scope, ipamPools)) {
        const found = pool.Allocations.find((one) => one.IpamPoolAllocationId === id);
        if (found === undefined) continue;
        if (input.DryRun === true) throw dryRunOperation();
        found.Description = input.Description ?? "";
        await updateResource(scope, ipamPools, pool);
        return { IpamPoolAllocation: found };
      }
      throw allocationNotFound(id);
    });
  },
} satisfies Operations<typeof Ec2, Context>;

function allocationNotFound(id: string) {
  return new AwsError("InvalidIpamPoolAllocationId.NotFound", `The allocation ID '${id}' does not exist`);
}
