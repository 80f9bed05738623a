import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { changeResource, removeResource } from "./changes.ts";
import { describeResources } from "./describe.ts";
import { dependencyViolation, dryRunOperation, invalidParameterCombination } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { getResource, listResources } from "./resource.ts";
import { type AccessPolicy, accessEndpoints, accessGroups, accessInstances, timeOf } from "./verified-access.ts";

/** https://docs.aws.amazon.com/verified-access/latest/ug/verified-access-groups.html */
export const accessGroupOperations = {
  async CreateVerifiedAccessGroup(ctx, input) {
    const VerifiedAccessInstanceId = required(input.VerifiedAccessInstanceId, "VerifiedAccessInstanceId");
    const tags = tagsForNew(input.TagSpecifications, "verified-access-group");
    const made = await makeOnce(ctx, accessGroups, input, async (scope) => {
      await getResource(scope, accessInstances, VerifiedAccessInstanceId);
      if (input.DryRun === true) throw dryRunOperation();
      const VerifiedAccessGroupId = scope.newId("vagr");
      const time = timeOf(scope.now());
      const group = {
        VerifiedAccessGroupId,
        VerifiedAccessInstanceId,
        Description: input.Description ?? "",
        Owner: scope.accountId,
        VerifiedAccessGroupArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:verified-access-group/${VerifiedAccessGroupId}`,
        CreationTime: time,
        LastUpdatedTime: time,
        ...(input.SseSpecification === undefined ? {} : { SseSpecification: input.SseSpecification }),
        ...newPolicy(input.PolicyDocument),
      };
      return insertTagged(scope, accessGroups, group, tags);
    });
    return { VerifiedAccessGroup: made };
  },

  async ModifyVerifiedAccessGroup(ctx, input) {
    const id = required(input.VerifiedAccessGroupId, "VerifiedAccessGroupId");
    const changed = await changeResource(ctx, accessGroups, { id, DryRun: input.DryRun }, async (group, scope) => {
      if (input.VerifiedAccessInstanceId) {
        await getResource(scope, accessInstances, input.VerifiedAccessInstanceId);
        group.VerifiedAccessInstanceId = input.VerifiedAccessInstanceId;
      }
      group.Description = input.Description ?? group.Description;
      group.LastUpdatedTime = timeOf(scope.now());
    });
    return { VerifiedAccessGroup: changed };
  },

  async DeleteVerifiedAccessGroup(ctx, input) {
    const id = required(input.VerifiedAccessGroupId, "VerifiedAccessGroupId");
    const removed = await removeResource(ctx, accessGroups, { id, DryRun: input.DryRun }, async (_, scope) => {
      const endpoints = await listResources(scope, accessEndpoints);
      if (endpoints.some(({ VerifiedAccessGroupId }) => VerifiedAccessGroupId === id)) {
        throw dependencyViolation(`The verified access group '${id}' has dependencies and cannot be deleted.`);
      }
    });
    return { VerifiedAccessGroup: { ...removed, DeletionTime: timeOf(ctx.now()) } };
  },

  async DescribeVerifiedAccessGroups(ctx, input) {
    const { VerifiedAccessInstanceId: wanted } = input;
    const page = await describeResources(ctx, accessGroups, input, {
      ids: input.VerifiedAccessGroupIds,
      only: ({ VerifiedAccessInstanceId }) => !wanted || VerifiedAccessInstanceId === wanted,
    });
    return { VerifiedAccessGroups: page.items, NextToken: page.nextToken };
  },

  async GetVerifiedAccessGroupPolicy(ctx, input) {
    const id = required(input.VerifiedAccessGroupId, "VerifiedAccessGroupId");
    const group = await getResource(ctx, accessGroups, id);
    if (input.DryRun === true) throw dryRunOperation();
    return policyOf(group);
  },

  async ModifyVerifiedAccessGroupPolicy(ctx, input) {
    const id = required(input.VerifiedAccessGroupId, "VerifiedAccessGroupId");
    const changed = await changeResource(ctx, accessGroups, { id, DryRun: input.DryRun }, (group) => {
      Object.assign(group, changedPolicy(group, input));
      group.SseSpecification = input.SseSpecification ?? group.SseSpecification;
    });
    return { ...policyOf(changed), SseSpecification: changed.SseSpecification };
  },
} satisfies Operations<typeof Ec2, Context>;

export function newPolicy(document: string | undefined): AccessPolicy {
  return document ? { PolicyEnabled: true, PolicyDocument: document } : { PolicyEnabled: false };
}

/** @throws AwsError for a policy that is enabled and has no document */
export function changedPolicy(before: AccessPolicy, asked: AccessPolicy): AccessPolicy {
  const PolicyDocument = asked.PolicyDocument ?? before.PolicyDocument;
  const PolicyEnabled = asked.PolicyEnabled ?? (asked.PolicyDocument ? true : before.PolicyEnabled);
  if (PolicyEnabled === true && !PolicyDocument) {
    throw invalidParameterCombination("A policy that is enabled needs a policy document.");
  }
  return { PolicyEnabled, PolicyDocument };
}

export function policyOf({ PolicyEnabled, PolicyDocument }: AccessPolicy): AccessPolicy {
  return { PolicyEnabled, PolicyDocument };
}
