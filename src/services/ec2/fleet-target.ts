import type { TargetCapacitySpecification } from "@aws-sdk/client-ec2";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import type { FleetUnits } from "./fleet-capacity.ts";
import { required } from "./required.ts";

/** As it is shown: what the request says of neither kind is 0. @throws AwsError */
export function checkTarget(target: TargetCapacitySpecification | undefined): TargetCapacitySpecification {
  const total = required(target?.TotalTargetCapacity, "TargetCapacitySpecification.TotalTargetCapacity");
  if (total < 0) throw invalidParameterValue(`Invalid value '${total}' for TotalTargetCapacity.`);
  const OnDemandTargetCapacity = target?.OnDemandTargetCapacity ?? 0;
  const SpotTargetCapacity = target?.SpotTargetCapacity ?? 0;
  if (OnDemandTargetCapacity + SpotTargetCapacity > total) {
    throw invalidParameterCombination("The on-demand and Spot target capacities exceed the total target capacity.");
  }
  return {
    TotalTargetCapacity: total,
    OnDemandTargetCapacity,
    SpotTargetCapacity,
    DefaultTargetCapacityType: target?.DefaultTargetCapacityType ?? "on-demand",
    ...(target?.TargetCapacityUnitType === undefined ? {} : { TargetCapacityUnitType: target.TargetCapacityUnitType }),
  };
}

/** What neither kind's own target names is of the default kind. */
export function unitsOf(target: TargetCapacitySpecification): FleetUnits {
  const onDemand = target.OnDemandTargetCapacity ?? 0;
  const spot = target.SpotTargetCapacity ?? 0;
  const rest = (target.TotalTargetCapacity ?? 0) - onDemand - spot;
  return target.DefaultTargetCapacityType === "spot"
    ? { onDemand, spot: spot + rest }
    : { onDemand: onDemand + rest, spot };
}
