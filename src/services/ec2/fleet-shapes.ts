import type {
  CreateFleetInstance,
  CreateFleetRequest,
  FleetData,
  LaunchTemplateAndOverridesResponse,
} from "@aws-sdk/client-ec2";
import type { Pool, PoolResult } from "./fleet-capacity.ts";
import { instances } from "./instances.ts";

export function toFleetInstance({ pool, lifecycle, instances: made }: PoolResult): CreateFleetInstance {
  return {
    InstanceIds: made.map(instances.idOf),
    InstanceType: made[0]?.InstanceType,
    Lifecycle: lifecycle,
    LaunchTemplateAndOverrides: toTemplateAndOverrides(pool),
  };
}

export function toError({ pool, lifecycle, error }: PoolResult) {
  if (error === undefined) return [];
  return [
    {
      ErrorCode: error.code,
      ErrorMessage: error.message,
      Lifecycle: lifecycle,
      LaunchTemplateAndOverrides: toTemplateAndOverrides(pool),
    },
  ];
}

function toTemplateAndOverrides({ template, override }: Pool): LaunchTemplateAndOverridesResponse {
  const [config] = responseConfigs([
    { LaunchTemplateSpecification: template, ...(override ? { Overrides: [override] } : {}) },
  ]);
  return { LaunchTemplateSpecification: template, Overrides: config?.Overrides?.[0] };
}

/** What is asked for has members that answers do not show. */
export function responseConfigs(configs: NonNullable<CreateFleetRequest["LaunchTemplateConfigs"]>) {
  return configs.map(({ LaunchTemplateSpecification, Overrides }) => ({
    LaunchTemplateSpecification,
    Overrides: (Overrides ?? []).map(
      ({ KeyName: _, IamInstanceProfile: __, MetadataOptions: ___, ...override }) => override,
    ),
  }));
}

/** As CreateFleet takes them. */
export function configsOf(fleet: FleetData): NonNullable<CreateFleetRequest["LaunchTemplateConfigs"]> {
  return (fleet.LaunchTemplateConfigs ?? []).map(({ LaunchTemplateSpecification, Overrides }) => ({
    LaunchTemplateSpecification,
    Overrides: (Overrides ?? []).map(({ InstanceRequirements: _, ...override }) => override),
  }));
}
