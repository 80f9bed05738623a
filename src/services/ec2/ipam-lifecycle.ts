import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Ipam, IpamScopeType } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { dependencyViolation, dryRunOperation, invalidParameterValue } from "./errors.ts";
import { insertDefaultDiscovery, removeDiscoveriesOf } from "./ipam-discoveries.ts";
import { regionNames } from "./ipam-regions.ts";
import { ipamPools, ipamScopes, ipams, type StoredIpamScope } from "./ipams.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import {
  completeResources,
  deleteResources,
  getResource,
  insertResource,
  listResources,
  updateResource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

export const ipamOperations = {
  /** An IPAM has a private and a public scope from the start. */
  async CreateIpam(ctx, input) {
    checkOneOf("tier", input.Tier, ["free", "advanced"]);
    checkOneOf("meteredAccount", input.MeteredAccount, ["ipam-owner", "resource-owner"]);
    const tags = tagsForNew(input.TagSpecifications, "ipam");
    const operating = regionNames(ctx.region, input.OperatingRegions);
    const ipam = await makeOnce(ctx, ipams, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const IpamId = scope.newId("ipam");
      const made: Ipam = {
        IpamId,
        IpamArn: `arn:aws:ec2::${scope.accountId}:ipam/${IpamId}`,
        IpamRegion: scope.region,
        OwnerId: scope.accountId,
        Description: input.Description ?? "",
        OperatingRegions: operating,
        State: "create-complete",
        Tier: input.Tier ?? "advanced",
        EnablePrivateGua: input.EnablePrivateGua ?? false,
        ResourceDiscoveryAssociationCount: 1,
        ScopeCount: 2,
      };
      await insertDefaultDiscovery(scope, made);
      for (const type of ["private", "public"] as const) {
        const ipamScope = newScope(scope, made, { type, isDefault: true, description: "" });
        await insertResource(scope, ipamScopes, ipamScope);
        made[type === "private" ? "PrivateDefaultScopeId" : "PublicDefaultScopeId"] = ipamScope.IpamScopeId;
      }
      return insertTagged(scope, ipams, made, tags);
    });
    return { Ipam: { ...ipam, State: "create-in-progress" } };
  },

  async ModifyIpam(ctx, input) {
    checkOneOf("tier", input.Tier, ["free", "advanced"]);
    checkOneOf("meteredAccount", input.MeteredAccount, ["ipam-owner", "resource-owner"]);
    const id = required(input.IpamId, "ipamId");
    return inTransaction(ctx, async (scope) => {
      const ipam = await getResource(scope, ipams, id);
      ipam.State = "modify-complete";
      ipam.Description = input.Description ?? ipam.Description;
      ipam.Tier = input.Tier ?? ipam.Tier;
      ipam.EnablePrivateGua = input.EnablePrivateGua ?? ipam.EnablePrivateGua;
      const removed = new Set(input.RemoveOperatingRegions?.map(({ RegionName }) => RegionName));
      ipam.OperatingRegions = regionNames(scope.region, [
        ...(ipam.OperatingRegions ?? []),
        ...(input.AddOperatingRegions ?? []),
      ]).filter(({ RegionName }) => !removed.has(RegionName));
      if (input.DryRun === true) throw dryRunOperation();
      await updateResource(scope, ipams, ipam);
      await completeResources(scope, ipams, [ipam]);
      return { Ipam: { ...ipam, State: "modify-in-progress" } };
    });
  },

  async DeleteIpam(ctx, input) {
    const id = required(input.IpamId, "ipamId");
    return inTransaction(ctx, async (scope) => {
      const ipam = await getResource(scope, ipams, id);
      const own = (await listResources(scope, ipamScopes)).filter(({ IpamId }) => IpamId === id);
      const pools = (await listResources(scope, ipamPools)).filter(({ IpamArn }) => IpamArn === ipam.IpamArn);
      const blocked = pools.length > 0 || own.some(({ IsDefault }) => IsDefault !== true);
      const allocated = pools.some(({ Allocations }) => Allocations.length > 0);
      if (allocated || (blocked && input.Cascade !== true)) {
        throw dependencyViolation(`The ipam '${id}' has dependencies and cannot be deleted.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, ipamPools, pools.map(ipamPools.idOf));
      await deleteResources(scope, ipamScopes, own.map(ipamScopes.idOf));
      await removeDiscoveriesOf(scope, ipam);
      await deleteResources(scope, ipams, [id]);
      return { Ipam: { ...ipam, State: "delete-in-progress" } };
    });
  },

  async DescribeIpams(ctx, input) {
    const page = await describeResources(ctx, ipams, input, { ids: input.IpamIds });
    return { Ipams: page.items, NextToken: page.nextToken };
  },

  async CreateIpamScope(ctx, input) {
    checkOneOf("externalAuthorityConfiguration.type", input.ExternalAuthorityConfiguration?.Type, ["infoblox"]);
    const ipamId = required(input.IpamId, "ipamId");
    const tags = tagsForNew(input.TagSpecifications, "ipam-scope");
    const made = await makeOnce(ctx, ipamScopes, input, async (scope) => {
      const ipam = await getResource(scope, ipams, ipamId);
      if (input.DryRun === true) throw dryRunOperation();
      ipam.ScopeCount = (ipam.ScopeCount ?? 0) + 1;
      await updateResource(scope, ipams, ipam);
      const plan = { type: "private", isDefault: false, description: input.Description ?? "" } as const;
      return insertTagged(scope, ipamScopes, newScope(scope, ipam, plan), tags);
    });
    return { IpamScope: { ...made, State: "create-in-progress" } };
  },

  async ModifyIpamScope(ctx, input) {
    checkOneOf("externalAuthorityConfiguration.type", input.ExternalAuthorityConfiguration?.Type, ["infoblox"]);
    const id = required(input.IpamScopeId, "ipamScopeId");
    return inTransaction(ctx, async (scope) => {
      const ipamScope = await getResource(scope, ipamScopes, id);
      ipamScope.State = "modify-complete";
      ipamScope.Description = input.Description ?? ipamScope.Description;
      if (input.DryRun === true) throw dryRunOperation();
      await updateResource(scope, ipamScopes, ipamScope);
      await completeResources(scope, ipamScopes, [ipamScope]);
      return { IpamScope: { ...ipamScope, State: "modify-in-progress" } };
    });
  },

  async DeleteIpamScope(ctx, input) {
    const id = required(input.IpamScopeId, "ipamScopeId");
    return inTransaction(ctx, async (scope) => {
      const ipamScope = await getResource(scope, ipamScopes, id);
      if (ipamScope.IsDefault === true) throw invalidParameterValue(`The default scope '${id}' cannot be deleted.`);
      if ((ipamScope.PoolCount ?? 0) > 0) {
        throw dependencyViolation(`The ipam scope '${id}' has dependencies and cannot be deleted.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      const ipam = await getResource(scope, ipams, ipamScope.IpamId);
      ipam.ScopeCount = (ipam.ScopeCount ?? 1) - 1;
      // What was moved there is where it was before.
      ipam.Monitoring = Object.fromEntries(
        Object.entries(ipam.Monitoring ?? {}).filter(([, { scopeId }]) => scopeId !== id),
      );
      await updateResource(scope, ipams, ipam);
      await deleteResources(scope, ipamScopes, [id]);
      return { IpamScope: { ...ipamScope, State: "delete-in-progress" } };
    });
  },

  async DescribeIpamScopes(ctx, input) {
    const page = await describeResources(ctx, ipamScopes, input, { ids: input.IpamScopeIds });
    return { IpamScopes: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

function newScope(
  scope: Scope,
  ipam: Ipam,
  plan: { type: IpamScopeType; isDefault: boolean; description: string },
): StoredIpamScope {
  const IpamScopeId = scope.newId("ipam-scope");
  return {
    IpamScopeId,
    IpamScopeArn: `arn:aws:ec2::${scope.accountId}:ipam-scope/${IpamScopeId}`,
    IpamId: ipam.IpamId ?? "",
    IpamArn: ipam.IpamArn,
    IpamRegion: ipam.IpamRegion,
    OwnerId: scope.accountId,
    IpamScopeType: plan.type,
    IsDefault: plan.isDefault,
    Description: plan.description,
    PoolCount: 0,
    State: "create-complete",
  };
}
