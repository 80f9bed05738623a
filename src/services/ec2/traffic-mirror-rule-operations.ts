import type * as Ec2 from "@aws-sdk/client-ec2";
import type { TrafficMirrorFilterRule } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation } from "./errors.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { completeResources, deleteResources, getResource, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { trafficMirrorFilters } from "./traffic-mirror-filters.ts";
import { checkMirrorRule, trafficMirrorFilterRules } from "./traffic-mirror-rules.ts";

/** What ModifyTrafficMirrorFilterRule takes away, by the names that it gives the members. */
const removable = {
  "destination-port-range": "DestinationPortRange",
  "source-port-range": "SourcePortRange",
  protocol: "Protocol",
  description: "Description",
} as const;

export const trafficMirrorRuleOperations = {
  async CreateTrafficMirrorFilterRule(ctx, input) {
    const filterId = required(input.TrafficMirrorFilterId, "TrafficMirrorFilterId");
    const { DryRun, ClientToken, TagSpecifications, ...members } = input;
    const plan = {
      ...members,
      TrafficDirection: required(input.TrafficDirection, "TrafficDirection"),
      RuleNumber: required(input.RuleNumber, "RuleNumber"),
      RuleAction: required(input.RuleAction, "RuleAction"),
      DestinationCidrBlock: required(input.DestinationCidrBlock, "DestinationCidrBlock"),
      SourceCidrBlock: required(input.SourceCidrBlock, "SourceCidrBlock"),
    };
    const tags = tagsForNew(TagSpecifications, "traffic-mirror-filter-rule");
    const made = await makeOnce(ctx, trafficMirrorFilterRules, input, async (scope) => {
      await getResource(scope, trafficMirrorFilters, filterId);
      const rule: TrafficMirrorFilterRule = { ...plan, TrafficMirrorFilterRuleId: scope.newId("tmfr") };
      await checkMirrorRule(scope, rule);
      if (DryRun === true) throw dryRunOperation();
      return insertTagged(scope, trafficMirrorFilterRules, rule, tags);
    });
    return { TrafficMirrorFilterRule: made, ClientToken };
  },

  async ModifyTrafficMirrorFilterRule(ctx, input) {
    const id = required(input.TrafficMirrorFilterRuleId, "TrafficMirrorFilterRuleId");
    const { DryRun, RemoveFields = [], TrafficMirrorFilterRuleId: _, ...members } = input;
    return inTransaction(ctx, async (scope) => {
      const rule = await getResource(scope, trafficMirrorFilterRules, id);
      Object.assign(rule, members);
      for (const field of RemoveFields) delete rule[removable[field]];
      await checkMirrorRule(scope, rule);
      if (DryRun === true) throw dryRunOperation();
      await updateResource(scope, trafficMirrorFilterRules, rule);
      await completeResources(scope, trafficMirrorFilterRules, [rule]);
      return { TrafficMirrorFilterRule: rule };
    });
  },

  async DeleteTrafficMirrorFilterRule(ctx, input) {
    const id = required(input.TrafficMirrorFilterRuleId, "TrafficMirrorFilterRuleId");
    return inTransaction(ctx, async (scope) => {
      await getResource(scope, trafficMirrorFilterRules, id);
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, trafficMirrorFilterRules, [id]);
      return { TrafficMirrorFilterRuleId: id };
    });
  },

  async DescribeTrafficMirrorFilterRules(ctx, input) {
    const filterId = input.TrafficMirrorFilterId;
    if (filterId) await getResource(ctx, trafficMirrorFilters, filterId);
    const page = await describeResources(ctx, trafficMirrorFilterRules, input, {
      ids: input.TrafficMirrorFilterRuleIds,
      only: ({ TrafficMirrorFilterId }) => !filterId || TrafficMirrorFilterId === filterId,
    });
    return { TrafficMirrorFilterRules: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;
