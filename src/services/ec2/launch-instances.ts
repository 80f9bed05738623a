import type { RunInstancesRequest, Tag } from "@aws-sdk/client-ec2";
import type { AccountContext } from "../service-context.ts";
import { findMade, rememberMade } from "./client-tokens.ts";
import { dryRunOperation, instanceLimitExceeded } from "./errors.ts";
import { insertProfileAssociation } from "./iam-instance-profiles.ts";
import { launchInBackground } from "./instance-machines.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { insertInterfaces, placeInterfaces } from "./launch-interfaces.ts";
import { checkLaunch, type Launch } from "./launch-request.ts";
import { newVolume } from "./launch-volumes.ts";
import { newInstance } from "./new-instance.ts";
import { getResources, insertResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { spotPrice } from "./spot-prices.ts";
import { insertSpotRequest, launchSpecificationOf } from "./spot-requests.ts";
import { writeTags } from "./stored-tags.ts";
import { volumes } from "./volumes.ts";

/** Instances of an account in a region that have not been terminated. */
export const maxInstances = 5000;

/** What another operation than RunInstances, such as CreateFleet, adds to its instances. */
interface LaunchOrigin {
  readonly instanceTags?: readonly Tag[];
  /** Of a request that is stored already; a launch of one instance. */
  readonly spotRequestId?: string;
}

/** Stores the instances of a request and starts them in the background. @throws AwsError as RunInstances answers */
export async function launchInstances(
  ctx: AccountContext,
  input: RunInstancesRequest,
  origin: LaunchOrigin = {},
): Promise<StoredInstance[]> {
  const request =
    input.ClientToken === undefined || input.ClientToken === ""
      ? undefined
      : { operation: "RunInstances", token: input.ClientToken, input: { ...input } };
  const before = request && (await findMade(ctx, request));
  if (before !== undefined) return getResources(ctx, instances, before);
  const launch = await checkLaunch(ctx, input);
  const { made, isNew } = await inTransaction(ctx, async (scope) => {
    // The same request may have come twice at once.
    const meanwhile = request && (await findMade(scope, request));
    if (meanwhile !== undefined) return { made: await getResources(scope, instances, meanwhile), isNew: false };
    const room = await checkLimit(scope, launch);
    if (input.DryRun === true) throw dryRunOperation();
    const inserted = await insertInstances(scope, { ...launch, maxCount: Math.min(launch.maxCount, room) }, origin);
    if (request !== undefined) await rememberMade(scope, request, inserted.map(instances.idOf));
    return { made: inserted, isNew: true };
  });
  if (isNew) for (const instance of made) launchInBackground(ctx, ctx, instances.idOf(instance));
  return made;
}

/** How many more there may be. @throws AwsError `InstanceLimitExceeded` */
async function checkLimit(scope: Scope, { minCount, maxCount }: Launch): Promise<number> {
  const row = await scope.db
    .selectFrom("instances")
    .select((eb) => eb.fn.countAll<number>().as("there"))
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .where("state", "!=", "terminated")
    .executeTakeFirst();
  const there = Number(row?.there ?? 0);
  // MaxCount goes up to the quota, whether or not so many are there already.
  if (maxCount > maxInstances) throw instanceLimitExceeded(maxCount, maxInstances);
  if (there + minCount > maxInstances) throw instanceLimitExceeded(there + minCount, maxInstances);
  return maxInstances - there;
}

async function insertInstances(scope: Scope, launch: Launch, origin: LaunchOrigin): Promise<StoredInstance[]> {
  const placed = await placeInterfaces(scope, launch.network, launch);
  const ReservationId = scope.newId("r");
  const made: StoredInstance[] = [];
  for (const [AmiLaunchIndex, interfaces] of placed.entries()) {
    const InstanceId = scope.newId("i");
    const [primary] = await insertInterfaces(scope, launch.network, interfaces, {
      instanceId: InstanceId,
      tags: launch.tags["network-interface"] ?? [],
    });
    if (primary === undefined) throw new Error(`no primary interface for ${InstanceId}`);
    const SpotInstanceRequestId = launch.spot ? (origin.spotRequestId ?? scope.newId("sir")) : undefined;
    const identity = { InstanceId, ReservationId, AmiLaunchIndex, SpotInstanceRequestId };
    const instance = newInstance(scope, launch, identity, primary);
    // Instances of one reservation stand together, in the order of their launch.
    await insertResource(scope, instances, instance, `${ReservationId}/${String(AmiLaunchIndex).padStart(5, "0")}`);
    const tags = [...(launch.tags.instance ?? []), ...(origin.instanceTags ?? [])];
    await writeTags(scope, { id: InstanceId, type: "instance" }, tags);
    await insertVolumes(scope, launch, InstanceId);
    if (launch.profile !== undefined) await insertProfileAssociation(scope, InstanceId, launch.profile);
    if (SpotInstanceRequestId !== undefined && origin.spotRequestId === undefined) {
      await insertSpotRequest(scope, SpotInstanceRequestId, {
        options: launch.input.InstanceMarketOptions?.SpotOptions,
        specification: launchSpecificationOf(
          { ...launch.input, InstanceType: launch.type.InstanceType },
          primary.Groups ?? [],
          launch.network.subnet.AvailabilityZone,
        ),
        price: spotPrice(launch.type),
        instanceId: InstanceId,
        zone: launch.network.subnet.AvailabilityZone,
        tags: launch.tags["spot-instances-request"] ?? [],
      });
    }
    made.push(instance);
  }
  return made;
}

async function insertVolumes(scope: Scope, launch: Launch, instanceId: string): Promise<void> {
  const { AvailabilityZone: zone, AvailabilityZoneId: zoneId } = launch.network.subnet;
  for (const plan of launch.volumes) {
    const volume = newVolume(scope, plan, { id: instanceId, zone, zoneId });
    await insertResource(scope, volumes, volume, `${plan.device}/${volume.VolumeId}`);
    await writeTags(scope, { id: volume.VolumeId, type: "volume" }, launch.tags.volume ?? []);
  }
}
