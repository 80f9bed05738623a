import type {
  FleetLaunchTemplateConfigRequest,
  FleetLaunchTemplateOverridesRequest,
  InstanceLifecycle,
  RunInstancesRequest,
  Tag,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { AccountContext } from "../service-context.ts";
import { invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import { terminateInBackground } from "./instance-machines.ts";
import { typesMeeting } from "./instance-requirements.ts";
import { instances, type StoredInstance, stateNamed } from "./instances.ts";
import { launchInstances } from "./launch-instances.ts";
import { selectResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

/** One way in which a fleet may make instances: a template, and what an override changes of it. */
export interface Pool {
  readonly template: FleetLaunchTemplateConfigRequest["LaunchTemplateSpecification"];
  readonly override: FleetLaunchTemplateOverridesRequest | undefined;
  /** Of a fleet that says its launches itself, as Spot Fleets may. */
  readonly launch?: Partial<RunInstancesRequest>;
  /** What one instance counts. */
  readonly weight: number;
}

export interface PoolResult {
  readonly pool: Pool;
  readonly lifecycle: InstanceLifecycle;
  readonly instances: readonly StoredInstance[];
  readonly error?: AwsError;
}

/** Units of a fleet's target, by what buys them. */
export interface FleetUnits {
  readonly onDemand: number;
  readonly spot: number;
}

interface Order {
  readonly instanceTags: readonly Tag[];
  readonly tagSpecifications?: RunInstancesRequest["TagSpecifications"];
  readonly spotOptions?: NonNullable<RunInstancesRequest["InstanceMarketOptions"]>["SpotOptions"];
}

interface Purchase extends Order {
  readonly lifecycle: InstanceLifecycle;
  readonly units: number;
}

/** Fleets have ids of a UUID's form. */
export const fleetIdPattern = /^(?:fleet|sfr)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function newFleetId(ctx: AccountContext, prefix: "fleet" | "sfr"): string {
  const digits = ctx.randomBytes(16).toString("hex");
  const parts = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)];
  return `${prefix}-${parts.join("-")}`;
}

/** @throws AwsError for configurations that name no template, or requirements that no type meets */
export function poolsOf(configs: readonly FleetLaunchTemplateConfigRequest[] | undefined): Pool[] {
  if (configs === undefined || configs.length === 0) throw missingParameter("LaunchTemplateConfigs");
  return configs.flatMap(({ LaunchTemplateSpecification: template, Overrides = [] }): Pool[] => {
    if (!template?.LaunchTemplateId && !template?.LaunchTemplateName)
      throw missingParameter("LaunchTemplateSpecification");
    if (Overrides.length === 0) return [{ template, override: undefined, weight: 1 }];
    return [...Overrides]
      .sort((one, other) => (one.Priority ?? Number.MAX_VALUE) - (other.Priority ?? Number.MAX_VALUE))
      .map((override) => {
        if (override.InstanceType && override.InstanceRequirements !== undefined) {
          throw invalidParameterCombination("InstanceType and InstanceRequirements cannot be specified together.");
        }
        const weight = override.WeightedCapacity ?? 1;
        if (weight <= 0) throw invalidParameterValue(`Invalid value '${weight}' for WeightedCapacity.`);
        return { template, override: withType(override), weight };
      });
  });
}

/** Buys on demand, then as Spot. */
export async function buyUnits(
  ctx: AccountContext,
  pools: readonly Pool[],
  { units, ...order }: Order & { readonly units: FleetUnits },
): Promise<PoolResult[]> {
  const onDemand = await buyCapacity(ctx, pools, { ...order, lifecycle: "on-demand", units: units.onDemand });
  const spot = await buyCapacity(ctx, pools, { ...order, lifecycle: "spot", units: units.spot });
  return [...onDemand, ...spot];
}

/**
 * Launches instances until they count as much as is asked for, in the first pool that can have them all: the pools are
 * in the order of their priorities, and every price is as good as the other.
 */
async function buyCapacity(ctx: AccountContext, pools: readonly Pool[], purchase: Purchase): Promise<PoolResult[]> {
  const results: PoolResult[] = [];
  if (purchase.units <= 0) return results;
  for (const pool of pools) {
    const count = Math.ceil(purchase.units / pool.weight);
    try {
      const made = await launchInstances(ctx, launchOf(pool, purchase, count), { instanceTags: purchase.instanceTags });
      return [...results, { pool, lifecycle: purchase.lifecycle, instances: made }];
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      results.push({ pool, lifecycle: purchase.lifecycle, instances: [], error });
    }
  }
  return results;
}

function launchOf(pool: Pool, purchase: Purchase, count: number): RunInstancesRequest {
  const { override } = pool;
  const zone = override?.AvailabilityZone ?? override?.Placement?.AvailabilityZone;
  // A list of subnets means any of them.
  const [subnet] = override?.SubnetId?.split(",").map((id) => id.trim()) ?? [];
  return {
    ...pool.launch,
    MinCount: count,
    MaxCount: count,
    ...(pool.template === undefined ? {} : { LaunchTemplate: pool.template }),
    ...(override?.InstanceType ? { InstanceType: override.InstanceType } : {}),
    ...(override?.ImageId ? { ImageId: override.ImageId } : {}),
    ...(override?.KeyName ? { KeyName: override.KeyName } : {}),
    ...(subnet ? { SubnetId: subnet } : {}),
    ...(override?.IamInstanceProfile ? { IamInstanceProfile: override.IamInstanceProfile } : {}),
    ...(override?.BlockDeviceMappings?.length ? { BlockDeviceMappings: override.BlockDeviceMappings } : {}),
    ...(override?.MetadataOptions ? { MetadataOptions: override.MetadataOptions } : {}),
    ...(zone || override?.Placement ? { Placement: { ...override?.Placement, AvailabilityZone: zone } } : {}),
    ...(purchase.tagSpecifications?.length ? { TagSpecifications: purchase.tagSpecifications } : {}),
    ...(purchase.lifecycle === "spot"
      ? { InstanceMarketOptions: { MarketType: "spot" as const, SpotOptions: purchase.spotOptions } }
      : { InstanceMarketOptions: undefined }),
  };
}

function withType(override: FleetLaunchTemplateOverridesRequest): FleetLaunchTemplateOverridesRequest {
  if (override.InstanceRequirements === undefined) return override;
  const [type] = typesMeeting(override.InstanceRequirements).sort(
    (one, other) => (one.VCpuInfo?.DefaultVCpus ?? 0) - (other.VCpuInfo?.DefaultVCpus ?? 0),
  );
  if (type?.InstanceType === undefined) {
    throw invalidParameterValue("No instance type meets the instance requirements.");
  }
  const { InstanceRequirements: _, ...others } = override;
  return { ...others, InstanceType: type.InstanceType };
}

/** The instances that a fleet has made and that are not terminated, the oldest first. */
export async function membersOf(scope: Scope, tag: { key: string; value: string }): Promise<StoredInstance[]> {
  const found = await selectResources(scope, instances, { tags: [{ key: tag.key, values: [tag.value] }] });
  return found
    .map(({ shape }) => shape)
    .filter(({ State }) => State.Name !== "terminated" && State.Name !== "shutting-down");
}

/** Ends instances as TerminateInstances does, in a fleet's name: termination protection does not hold it up. */
export async function endMembers(ctx: AccountContext, members: readonly StoredInstance[]): Promise<void> {
  await inTransaction(ctx, async (scope) => {
    for (const instance of members) {
      instance.State = stateNamed("shutting-down");
      instance.StateReason = {
        Code: "Server.FleetTermination",
        Message: "Server.FleetTermination: The fleet terminated the instance",
      };
      await updateResource(scope, instances, instance);
    }
  });
  for (const instance of members) terminateInBackground(ctx, ctx, instances.idOf(instance));
}
