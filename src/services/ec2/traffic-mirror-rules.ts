import type { TrafficMirrorFilterRule, TrafficMirrorPortRangeRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { parseIpv4Block } from "./cidr.ts";
import { invalidParameterCombination, invalidParameterValue, malformed, notFound } from "./errors.ts";
import { parseIpv6Block } from "./ipv6.ts";
import { listResources, type Resource, tagsMember } from "./resource.ts";
import type { Scope } from "./scope.ts";

export const trafficMirrorFilterRules: Resource<TrafficMirrorFilterRule> = {
  table: "ec2_traffic_mirror_filter_rules",
  prefix: "tmfr",
  type: "traffic-mirror-filter-rule",
  idOf: (rule) => rule.TrafficMirrorFilterRuleId ?? "",
  columnsOf: (rule) => ({ traffic_mirror_filter_id: rule.TrafficMirrorFilterId ?? "" }),
  ...tagsMember,
  filters: pathFilters<TrafficMirrorFilterRule>()({
    description: "Description",
    "destination-cidr-block": "DestinationCidrBlock",
    protocol: "Protocol",
    "rule-action": "RuleAction",
    "rule-number": "RuleNumber",
    "source-cidr-block": "SourceCidrBlock",
    "traffic-direction": "TrafficDirection",
    "traffic-mirror-filter-id": "TrafficMirrorFilterId",
    "traffic-mirror-filter-rule-id": "TrafficMirrorFilterRuleId",
  }),
  columnFilters: {
    "traffic-mirror-filter-id": "traffic_mirror_filter_id",
    "traffic-mirror-filter-rule-id": "id",
  },
  malformed: (id) => malformed("InvalidTrafficMirrorFilterRuleId.Malformed", id, "tmfr"),
  notFound: (ids) => notFound("InvalidTrafficMirrorFilterRuleId.NotFound", "traffic mirror filter rule ID", ids),
};

/** @throws AwsError for a rule that is none, or whose number another rule of its direction has */
export async function checkMirrorRule(scope: Scope, rule: TrafficMirrorFilterRule): Promise<void> {
  const { RuleNumber = 0, RuleAction, TrafficDirection, Protocol, TrafficMirrorFilterId = "" } = rule;
  const direction: string | undefined = TrafficDirection;
  if (direction !== "ingress" && direction !== "egress") {
    throw invalidParameterValue(`Invalid value '${direction}' for TrafficDirection.`);
  }
  const action: string | undefined = RuleAction;
  if (action !== "accept" && action !== "reject") {
    throw invalidParameterValue(`Invalid value '${action}' for RuleAction.`);
  }
  checkRange(RuleNumber, 1, 32_766, "RuleNumber");
  if (Protocol !== undefined) checkRange(Protocol, 0, 255, "Protocol");
  for (const block of [rule.SourceCidrBlock ?? "", rule.DestinationCidrBlock ?? ""]) {
    if (parseIpv4Block(block) === undefined && parseIpv6Block(block) === undefined) {
      throw invalidParameterValue(
        `Value (${block}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
      );
    }
  }
  const ranges = [rule.SourcePortRange, rule.DestinationPortRange].flatMap((range) => range ?? []);
  if (ranges.length > 0 && Protocol !== 6 && Protocol !== 17) {
    throw invalidParameterCombination("Port ranges can only be specified for the protocols 6 (TCP) and 17 (UDP).");
  }
  for (const range of ranges) checkPorts(range);
  const others = await listResources(scope, trafficMirrorFilterRules, {
    traffic_mirror_filter_id: TrafficMirrorFilterId,
  });
  const twin = others.find(
    (other) =>
      other.TrafficMirrorFilterRuleId !== rule.TrafficMirrorFilterRuleId &&
      other.RuleNumber === RuleNumber &&
      other.TrafficDirection === TrafficDirection,
  );
  if (twin !== undefined) {
    throw new AwsError(
      "TrafficMirrorFilterRuleAlreadyExists",
      `A Traffic Mirror filter rule with the number ${RuleNumber} and the direction ${direction} already exists.`,
    );
  }
}

/** @throws AwsError */
export function checkRange(value: number, min: number, max: number, parameter: string): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw invalidParameterValue(`Invalid value '${value}' for ${parameter}. Valid values are ${min}-${max}.`);
}

function checkPorts({ FromPort = 0, ToPort = FromPort }: TrafficMirrorPortRangeRequest): void {
  checkRange(FromPort, 0, 65_535, "FromPort");
  checkRange(ToPort, FromPort, 65_535, "ToPort");
}
