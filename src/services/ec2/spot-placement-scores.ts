import type * as Ec2 from "@aws-sdk/client-ec2";
import type { GetSpotPlacementScoresRequest, SpotPlacementScore } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { typesMeeting } from "./instance-requirements.ts";
import { getInstanceType } from "./instance-types.ts";
import { checkOneOf } from "./one-of.ts";
import { regions, zonesOf } from "./region-data.ts";
import { required } from "./required.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-sps-works.html: fewer types than this have a low score. */
const typesForHighScore = 3;

export const spotPlacementScoreOperations = {
  /** Every Spot request is fulfilled here: what AWS advises about the request itself is what is left to score. */
  GetSpotPlacementScores(ctx, input) {
    const capacity = required(input.TargetCapacity, "TargetCapacity");
    if (capacity < 1 || capacity > 2_000_000_000) {
      throw invalidParameterValue(`Value (${capacity}) for parameter TargetCapacity is invalid.`);
    }
    checkOneOf("TargetCapacityUnitType", input.TargetCapacityUnitType, ["memory-mib", "units", "vcpu"]);
    const Score = countTypes(input) >= typesForHighScore ? 10 : 1;
    const scores = regionsOf(input.RegionNames, ctx.region).flatMap((Region): SpotPlacementScore[] =>
      input.SingleAvailabilityZone === true
        ? zonesOf(Region).map(({ id }) => ({ Region, AvailabilityZoneId: id, Score }))
        : [{ Region, Score }],
    );
    const page = describeData(scores, input, {
      kind: "spot-placement-scores",
      keyOf: ({ Region, AvailabilityZoneId }) => AvailabilityZoneId ?? Region ?? "",
      limits: { min: 10, max: 1000 },
    });
    return { SpotPlacementScores: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

function countTypes({ InstanceTypes = [], InstanceRequirementsWithMetadata }: GetSpotPlacementScoresRequest): number {
  const requirements = InstanceRequirementsWithMetadata?.InstanceRequirements;
  if (InstanceTypes.length > 0 && requirements !== undefined) {
    throw invalidParameterCombination(
      "The parameters InstanceTypes and InstanceRequirementsWithMetadata cannot be used together.",
    );
  }
  for (const name of InstanceTypes) getInstanceType(name);
  if (requirements === undefined) return InstanceTypes.length === 0 ? typesForHighScore : new Set(InstanceTypes).size;
  return typesMeeting(requirements).length;
}

function regionsOf(names: readonly string[] | undefined, own: string): readonly string[] {
  if (names === undefined || names.length === 0) return [own];
  const unknown = names.find((name) => !regions.some((region) => region.name === name));
  if (unknown !== undefined) throw invalidParameterValue(`The region '${unknown}' does not exist.`);
  return [...new Set(names)];
}
