import type * as Ec2 from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource, removeResource } from "./changes.ts";
import { describeData, describeResources } from "./describe.ts";
import { dependencyViolation, dryRunOperation, invalidParameterValue } from "./errors.ts";
import { newAssociation, newDiscovery } from "./ipam-discoveries.ts";
import { regionNames } from "./ipam-regions.ts";
import { ipamDiscoveries, ipamDiscoveryAssociations, ipams } from "./ipams.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { getResource, listResources, updateResource } from "./resource.ts";

/** https://docs.aws.amazon.com/vpc/latest/ipam/res-disc-work-with.html */
export const ipamDiscoveryOperations = {
  async CreateIpamResourceDiscovery(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "ipam-resource-discovery");
    const regions = regionNames(ctx.region, input.OperatingRegions);
    const made = await makeOnce(ctx, ipamDiscoveries, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      if ((await listResources(scope, ipamDiscoveries)).some(({ IsDefault }) => IsDefault !== true)) {
        // https://docs.aws.amazon.com/vpc/latest/ipam/quotas-ipam.html: one a region beside those of IPAMs.
        throw new AwsError(
          "ResourceDiscoveryLimitExceeded",
          "The maximum number of resource discoveries has been reached for this account and Region.",
        );
      }
      const discovery = newDiscovery(scope, { isDefault: false, regions, description: input.Description ?? "" });
      return insertTagged(scope, ipamDiscoveries, discovery, tags);
    });
    return { IpamResourceDiscovery: { ...made, State: "create-in-progress" } };
  },

  async ModifyIpamResourceDiscovery(ctx, input) {
    const id = required(input.IpamResourceDiscoveryId, "IpamResourceDiscoveryId");
    const changed = await changeResource(ctx, ipamDiscoveries, { id, DryRun: input.DryRun }, (discovery) => {
      discovery.Description = input.Description ?? discovery.Description;
      const removed = new Set(input.RemoveOperatingRegions?.map(({ RegionName }) => RegionName));
      const asked = [...(discovery.OperatingRegions ?? []), ...(input.AddOperatingRegions ?? [])];
      discovery.OperatingRegions = regionNames(ctx.region, asked).filter(({ RegionName }) => !removed.has(RegionName));
      discovery.State = "modify-complete";
    });
    return { IpamResourceDiscovery: { ...changed, State: "modify-in-progress" } };
  },

  async DeleteIpamResourceDiscovery(ctx, input) {
    const id = required(input.IpamResourceDiscoveryId, "IpamResourceDiscoveryId");
    const removed = await removeResource(
      ctx,
      ipamDiscoveries,
      { id, DryRun: input.DryRun },
      async (discovery, scope) => {
        if (discovery.IsDefault === true)
          throw invalidParameterValue(`The default resource discovery '${id}' cannot be deleted.`);
        const associations = await listResources(scope, ipamDiscoveryAssociations);
        if (associations.some(({ IpamResourceDiscoveryId }) => IpamResourceDiscoveryId === id)) {
          throw dependencyViolation(`The ipam resource discovery '${id}' has dependencies and cannot be deleted.`);
        }
      },
    );
    return { IpamResourceDiscovery: { ...removed, State: "delete-in-progress" } };
  },

  async DescribeIpamResourceDiscoveries(ctx, input) {
    const page = await describeResources(ctx, ipamDiscoveries, input, { ids: input.IpamResourceDiscoveryIds });
    return { IpamResourceDiscoveries: page.items, NextToken: page.nextToken };
  },

  async AssociateIpamResourceDiscovery(ctx, input) {
    const ipamId = required(input.IpamId, "IpamId");
    const discoveryId = required(input.IpamResourceDiscoveryId, "IpamResourceDiscoveryId");
    const tags = tagsForNew(input.TagSpecifications, "ipam-resource-discovery-association");
    const made = await makeOnce(ctx, ipamDiscoveryAssociations, input, async (scope) => {
      const ipam = await getResource(scope, ipams, ipamId);
      const discovery = await getResource(scope, ipamDiscoveries, discoveryId);
      const there = (await listResources(scope, ipamDiscoveryAssociations)).some(
        (one) => one.IpamId === ipamId && one.IpamResourceDiscoveryId === discoveryId,
      );
      if (there) throw invalidParameterValue(`'${discoveryId}' is already associated with '${ipamId}'.`);
      if (input.DryRun === true) throw dryRunOperation();
      ipam.ResourceDiscoveryAssociationCount = (ipam.ResourceDiscoveryAssociationCount ?? 1) + 1;
      await updateResource(scope, ipams, ipam);
      return insertTagged(scope, ipamDiscoveryAssociations, newAssociation(scope, ipam, discovery), tags);
    });
    return { IpamResourceDiscoveryAssociation: { ...made, State: "associate-in-progress" } };
  },

  async DisassociateIpamResourceDiscovery(ctx, input) {
    const id = required(input.IpamResourceDiscoveryAssociationId, "IpamResourceDiscoveryAssociationId");
    const change = { id, DryRun: input.DryRun };
    const removed = await removeResource(ctx, ipamDiscoveryAssociations, change, async (association, scope) => {
      if (association.IsDefault === true) {
        throw invalidParameterValue(`The default resource discovery association '${id}' cannot be disassociated.`);
      }
      const ipam = await getResource(scope, ipams, association.IpamId ?? "");
      ipam.ResourceDiscoveryAssociationCount = (ipam.ResourceDiscoveryAssociationCount ?? 2) - 1;
      await updateResource(scope, ipams, ipam);
    });
    return { IpamResourceDiscoveryAssociation: { ...removed, State: "disassociate-in-progress" } };
  },

  async DescribeIpamResourceDiscoveryAssociations(ctx, input) {
    const ids = input.IpamResourceDiscoveryAssociationIds;
    const page = await describeResources(ctx, ipamDiscoveryAssociations, input, { ids });
    return { IpamResourceDiscoveryAssociations: page.items, NextToken: page.nextToken };
  },

  /** Without an organization, the account itself is the one that is looked into. */
  async GetIpamDiscoveredAccounts(ctx, input) {
    await getResource(ctx, ipamDiscoveries, required(input.IpamResourceDiscoveryId, "IpamResourceDiscoveryId"));
    const DiscoveryRegion = required(input.DiscoveryRegion, "DiscoveryRegion");
    const now = ctx.now();
    const own = {
      ...{ AccountId: ctx.accountId, DiscoveryRegion },
      ...{ LastAttemptedDiscoveryTime: now, LastSuccessfulDiscoveryTime: now },
    };
    const page = describeData([own], input, { kind: "ipam-accounts", keyOf: ({ AccountId }) => AccountId });
    return { IpamDiscoveredAccounts: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;
