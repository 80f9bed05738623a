import type * as Ec2 from "@aws-sdk/client-ec2";
import type { VerifiedAccessLogOptions, VerifiedAccessLogs } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource, removeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { dependencyViolation, dryRunOperation, invalidParameterValue, missingParameter } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { completeResources, getResource, listResources } from "./resource.ts";
import { accessGroups, accessInstances, type StoredAccessInstance, timeOf, trustProviders } from "./verified-access.ts";

const off = { Enabled: false };
const noLogs: VerifiedAccessLogs = {
  S3: off,
  CloudWatchLogs: off,
  KinesisDataFirehose: off,
  LogVersion: "ocsf-1.0.0-rc.2",
  IncludeTrustContext: false,
};

/** https://docs.aws.amazon.com/verified-access/latest/ug/instances.html: records, by which nobody gets in. */
export const accessInstanceOperations = {
  async CreateVerifiedAccessInstance(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "verified-access-instance");
    const made = await makeOnce(ctx, accessInstances, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const time = timeOf(scope.now());
      const SubDomain = input.CidrEndpointsCustomSubDomain;
      const instance: StoredAccessInstance = {
        VerifiedAccessInstanceId: scope.newId("vai"),
        Description: input.Description ?? "",
        FipsEnabled: input.FIPSEnabled ?? false,
        ...(SubDomain ? { CidrEndpointsCustomSubDomain: { SubDomain, Nameservers: [] } } : {}),
        CreationTime: time,
        LastUpdatedTime: time,
        TrustProviderIds: [],
        AccessLogs: noLogs,
      };
      return insertTagged(scope, accessInstances, instance, tags);
    });
    return { VerifiedAccessInstance: made };
  },

  async ModifyVerifiedAccessInstance(ctx, input) {
    const id = required(input.VerifiedAccessInstanceId, "VerifiedAccessInstanceId");
    const SubDomain = input.CidrEndpointsCustomSubDomain;
    const changed = await changeResource(ctx, accessInstances, { id, DryRun: input.DryRun }, (instance, scope) => {
      instance.Description = input.Description ?? instance.Description;
      if (SubDomain) instance.CidrEndpointsCustomSubDomain = { SubDomain, Nameservers: [] };
      instance.LastUpdatedTime = timeOf(scope.now());
    });
    return { VerifiedAccessInstance: changed };
  },

  async DeleteVerifiedAccessInstance(ctx, input) {
    const id = required(input.VerifiedAccessInstanceId, "VerifiedAccessInstanceId");
    const removed = await removeResource(
      ctx,
      accessInstances,
      { id, DryRun: input.DryRun },
      async (instance, scope) => {
        const groups = await listResources(scope, accessGroups);
        const used = groups.some(({ VerifiedAccessInstanceId }) => VerifiedAccessInstanceId === id);
        if (used || instance.TrustProviderIds.length > 0) {
          throw dependencyViolation(`The verified access instance '${id}' has dependencies and cannot be deleted.`);
        }
      },
    );
    return { VerifiedAccessInstance: removed };
  },

  async DescribeVerifiedAccessInstances(ctx, input) {
    const page = await describeResources(ctx, accessInstances, input, {
      ids: input.VerifiedAccessInstanceIds,
      limits: { min: 5, max: 200 },
    });
    return { VerifiedAccessInstances: page.items, NextToken: page.nextToken };
  },

  async AttachVerifiedAccessTrustProvider(ctx, input) {
    const providerId = required(input.VerifiedAccessTrustProviderId, "VerifiedAccessTrustProviderId");
    return changeProviders(ctx, input, (ids) => [...new Set([...ids, providerId])]);
  },

  async DetachVerifiedAccessTrustProvider(ctx, input) {
    const providerId = required(input.VerifiedAccessTrustProviderId, "VerifiedAccessTrustProviderId");
    return changeProviders(ctx, input, (ids, instanceId) => {
      if (ids.includes(providerId)) return ids.filter((id) => id !== providerId);
      throw invalidParameterValue(`The trust provider '${providerId}' is not attached to '${instanceId}'.`);
    });
  },

  async DescribeVerifiedAccessInstanceLoggingConfigurations(ctx, input) {
    const page = await describeResources(ctx, accessInstances, input, {
      ids: input.VerifiedAccessInstanceIds,
      limits: { min: 1, max: 10 },
    });
    return { LoggingConfigurations: page.items.map(loggingOf), NextToken: page.nextToken };
  },

  async ModifyVerifiedAccessInstanceLoggingConfiguration(ctx, input) {
    const id = required(input.VerifiedAccessInstanceId, "VerifiedAccessInstanceId");
    const asked = required(input.AccessLogs, "AccessLogs");
    const changed = await changeResource(ctx, accessInstances, { id, DryRun: input.DryRun }, (instance) => {
      instance.AccessLogs = logsOf(instance.AccessLogs, asked);
    });
    return { LoggingConfiguration: loggingOf(changed) };
  },
} satisfies Operations<typeof Ec2, Context>;

async function changeProviders(
  ctx: Context,
  input: Ec2.AttachVerifiedAccessTrustProviderRequest,
  change: (ids: readonly string[], instanceId: string) => string[],
) {
  const id = required(input.VerifiedAccessInstanceId, "VerifiedAccessInstanceId");
  const provider = await getResource(ctx, trustProviders, input.VerifiedAccessTrustProviderId ?? "");
  const changed = await changeResource(ctx, accessInstances, { id, DryRun: input.DryRun }, (instance) => {
    instance.TrustProviderIds = change(instance.TrustProviderIds, id);
  });
  await completeResources(ctx, trustProviders, [provider]);
  return { VerifiedAccessTrustProvider: provider, VerifiedAccessInstance: changed };
}

function loggingOf({ VerifiedAccessInstanceId, AccessLogs }: StoredAccessInstance) {
  return { VerifiedAccessInstanceId, AccessLogs };
}

/** Destinations that are not named stay as they are. */
function logsOf(before: VerifiedAccessLogs, asked: VerifiedAccessLogOptions): VerifiedAccessLogs {
  const destination = <Asked extends { Enabled: boolean | undefined }, Shown>(
    there: Shown | undefined,
    wanted: Asked | undefined,
    name: keyof Asked,
  ) => {
    if (wanted === undefined) return there;
    if (wanted.Enabled !== true) return off;
    if (!wanted[name]) throw missingParameter(String(name));
    return { ...wanted, DeliveryStatus: { Code: "success" as const } };
  };
  return {
    ...before,
    S3: destination(before.S3, asked.S3, "BucketName"),
    CloudWatchLogs: destination(before.CloudWatchLogs, asked.CloudWatchLogs, "LogGroup"),
    KinesisDataFirehose: destination(before.KinesisDataFirehose, asked.KinesisDataFirehose, "DeliveryStream"),
    LogVersion: asked.LogVersion ?? before.LogVersion,
    IncludeTrustContext: asked.IncludeTrustContext ?? before.IncludeTrustContext,
  };
}
