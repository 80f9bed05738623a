import type * as Ec2 from "@aws-sdk/client-ec2";
import type { IpamResourceCidr } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { lengthOf, overlaps } from "./ipam-blocks.ts";
import { type DiscoveredResource, discoverResources } from "./ipam-resources.ts";
import { ipamDiscoveries, ipamPools, ipamScopes, ipams, type StoredIpam, type StoredIpamPool } from "./ipams.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import { getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

const limits = { min: 5, max: 1000 };

const cidrFilters = pathFilters<IpamResourceCidr>()({
  "availability-zone-id": "AvailabilityZoneId",
  "compliance-status": "ComplianceStatus",
  "ipam-pool-id": "IpamPoolId",
  "management-state": "ManagementState",
  "overlap-status": "OverlapStatus",
  "resource-cidr": "ResourceCidr",
  "resource-id": "ResourceId",
  "resource-name": "ResourceName",
  "resource-owner-id": "ResourceOwnerId",
  "resource-region": "ResourceRegion",
  "resource-type": "ResourceType",
  "vpc-id": "VpcId",
});

const discoveredFilters = pathFilters<DiscoveredResource>()({
  "resource-cidr": "ResourceCidr",
  "resource-id": "ResourceId",
  "resource-owner-id": "ResourceOwnerId",
  "resource-type": "ResourceType",
  "subnet-id": "SubnetId",
  "vpc-id": "VpcId",
});

/** https://docs.aws.amazon.com/vpc/latest/ipam/monitor-cidr-compliance-ipam.html */
export const ipamResourceOperations = {
  async GetIpamResourceCidrs(ctx, input) {
    checkOneOf("resourceType", input.ResourceType, [
      "anycast-ip-list",
      "eip",
      "eni",
      "ipv6-pool",
      "public-ipv4-pool",
      "subnet",
      "vpc",
    ]);
    const matches = compileFilters(input.Filters, cidrFilters);
    const { ResourceTag: tag } = input;
    const ipamScope = await getResource(ctx, ipamScopes, required(input.IpamScopeId, "ipamScopeId"));
    const ipam = await getResource(ctx, ipams, ipamScope.IpamId);
    if (input.IpamPoolId) await getResource(ctx, ipamPools, input.IpamPoolId);
    const asked = (await resourceCidrs(ctx, ipam, ipamScope.IpamScopeId ?? "")).filter(
      (one) =>
        (!input.IpamPoolId || one.IpamPoolId === input.IpamPoolId) &&
        (!input.ResourceId || one.ResourceId === input.ResourceId) &&
        (!input.ResourceType || one.ResourceType === input.ResourceType) &&
        (!input.ResourceOwner || one.ResourceOwnerId === input.ResourceOwner) &&
        (tag === undefined || one.ResourceTags?.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value)) &&
        matches(one),
    );
    const page = describeData(asked, input, { kind: "ipam-resource-cidrs", keyOf, limits });
    return { IpamResourceCidrs: page.items, NextToken: page.nextToken };
  },

  /** Moves a resource to another scope, or has the IPAM look away from it, or at it again. */
  async ModifyIpamResourceCidr(ctx, input) {
    const ResourceId = required(input.ResourceId, "resourceId");
    const ResourceCidr = required(input.ResourceCidr, "resourceCidr");
    const ResourceRegion = required(input.ResourceRegion, "resourceRegion");
    const current = required(input.CurrentIpamScopeId, "currentIpamScopeId");
    const monitored = required(input.Monitored, "monitored");
    return inTransaction(ctx, async (scope) => {
      const { IpamId, IpamScopeType } = await getResource(scope, ipamScopes, current);
      const ipam = await getResource(scope, ipams, IpamId);
      const key = keyOf({ ResourceRegion, ResourceId, ResourceCidr });
      const found = (await resourceCidrs(scope, ipam, current)).find((one) => keyOf(one) === key);
      if (found === undefined) {
        throw invalidParameterValue(
          `The resource '${ResourceId}' with the CIDR '${ResourceCidr}' is not in the scope '${current}'.`,
        );
      }
      const target = input.DestinationIpamScopeId || current;
      const targetScope = await getResource(scope, ipamScopes, target);
      if (targetScope.IpamId !== IpamId || targetScope.IpamScopeType !== IpamScopeType) {
        throw invalidParameterValue(`The resource '${ResourceId}' cannot be moved to the scope '${target}'.`);
      }
      if (found.ManagementState === "managed" && (!monitored || target !== current)) {
        throw invalidParameterValue(
          `The resource '${ResourceId}' has an allocation of the pool '${found.IpamPoolId}'.`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      ipam.Monitoring = { ...ipam.Monitoring, [key]: { scopeId: target, monitored } };
      await updateResource(scope, ipams, ipam);
      const changed = (await resourceCidrs(scope, ipam, target)).find((one) => keyOf(one) === key);
      return { IpamResourceCidr: changed };
    });
  },

  async GetIpamDiscoveredResourceCidrs(ctx, input) {
    const matches = compileFilters(input.Filters, discoveredFilters);
    const IpamResourceDiscoveryId = required(input.IpamResourceDiscoveryId, "IpamResourceDiscoveryId");
    const region = required(input.ResourceRegion, "ResourceRegion");
    const { OperatingRegions = [] } = await getResource(ctx, ipamDiscoveries, IpamResourceDiscoveryId);
    const regions = OperatingRegions.some(({ RegionName }) => RegionName === region) ? [region] : [];
    const found = (await discoverResources(ctx, regions)).filter(matches);
    const page = describeData(found, input, { kind: "ipam-discovered-cidrs", keyOf, limits });
    const IpamDiscoveredResourceCidrs = page.items.map((one) => ({
      ...one,
      IpamResourceDiscoveryId,
      SampleTime: ctx.now(),
    }));
    return { IpamDiscoveredResourceCidrs, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** All that an IPAM has in a scope. */
async function resourceCidrs(scope: Scope, ipam: StoredIpam, scopeId: string): Promise<IpamResourceCidr[]> {
  const regions = (ipam.OperatingRegions ?? []).flatMap(({ RegionName }) => RegionName ?? []);
  const pools = (await listResources(scope, ipamPools)).filter(({ IpamScopeId }) => IpamScopeId === scopeId);
  const there = (await discoverResources(scope, regions)).filter((one) => {
    const usual = one.IpSource === "none" ? ipam.PrivateDefaultScopeId : ipam.PublicDefaultScopeId;
    const pool = pools.some((each) => hasAllocation(each, one));
    return pool || (ipam.Monitoring?.[keyOf(one)]?.scopeId ?? usual) === scopeId;
  });
  return there.map(({ IpSource: _, SubnetId: __, ...one }) => {
    const pool = pools.find((each) => hasAllocation(each, one));
    const ignored = ipam.Monitoring?.[keyOf(one)]?.monitored === false;
    const overlapping = there.some(
      (other) =>
        keyOf(other) !== keyOf(one) && other.VpcId !== one.VpcId && overlaps(other.ResourceCidr, one.ResourceCidr),
    );
    return {
      ...one,
      ...{ IpamId: ipam.IpamId, IpamScopeId: scopeId, IpamPoolId: pool?.IpamPoolId },
      ResourceName: one.ResourceTags.find(({ Key }) => Key === "Name")?.Value,
      ComplianceStatus: ignored ? "ignored" : pool === undefined ? "unmanaged" : complianceOf(pool, one),
      ManagementState: ignored ? "ignored" : pool === undefined ? "unmanaged" : "managed",
      OverlapStatus: ignored ? "ignored" : overlapping ? "overlapping" : "nonoverlapping",
    };
  });
}

function hasAllocation(pool: StoredIpamPool, one: Pick<DiscoveredResource, "ResourceId" | "ResourceCidr">): boolean {
  return pool.Allocations.some(({ ResourceId, Cidr }) => ResourceId === one.ResourceId && Cidr === one.ResourceCidr);
}

/** By the pool's rules for allocations: https://docs.aws.amazon.com/vpc/latest/ipam/create-top-ipam.html */
function complianceOf(pool: StoredIpamPool, one: Pick<DiscoveredResource, "ResourceCidr" | "ResourceTags">) {
  const length = lengthOf(one.ResourceCidr);
  const { AllocationMinNetmaskLength: min = 0, AllocationMaxNetmaskLength: max = 128 } = pool;
  const tagged = (pool.AllocationResourceTags ?? []).every((tag) =>
    one.ResourceTags.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value),
  );
  return length >= min && length <= max && tagged ? "compliant" : "noncompliant";
}

function keyOf(one: {
  ResourceRegion?: string | undefined;
  ResourceId?: string | undefined;
  ResourceCidr?: string | undefined;
}): string {
  return [one.ResourceRegion, one.ResourceId, one.ResourceCidr].join(" ");
}
