import type { RunInstancesRequest, Tag } from "@aws-sdk/client-ec2";
import type { AccountContext } from "../service-context.ts";
import { findMade, rememberMade } from "./client-tokens.ts";
import { dryRunOperation, instanceLimitExceeded } from "./errors.ts";
import { insertProfileAssociation } from "./iam-instance-profiles.ts";
import { launchInBackground } from "./instance-machines.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { makeInterfaces, placeInterfaces } from "./launch-interfaces.ts";
import { checkLaunch, type Launch } from "./launch-request.ts";
import { newVolume } from "./launch-volumes.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { newInstance } from "./new-instance.ts";
import { getResources, insertResources, type Resource } from "./resource.ts";
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
  const added: StoredNetworkInterface[] = [];
  for (const [AmiLaunchIndex, interfaces] of placed.entries()) {
    const InstanceId = scope.newId("i");
    const [primary] = await makeInterfaces(scope, launch.network, interfaces, { instanceId: InstanceId, added });
    if (primary === undefined) throw new Error(`no primary interface for ${InstanceId}`);
    const SpotInstanceRequestId = launch.spot ? (origin.spotRequestId ?? scope.newId("sir")) : undefined;
    const identity = { InstanceId, ReservationId, AmiLaunchIndex, SpotInstanceRequestId };
    made.push(newInstance(scope, launch, identity, primary));
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
  }
  await insertAll(scope, networkInterfaces, added.map(inOrder(networkInterfaces)), launch.tags["network-interface"]);
  // Instances of one reservation stand together, in the order of their launch.
  const ordered = made.map((shape, index) => ({ shape, order: `${ReservationId}/${String(index).padStart(5, "0")}` }));
  await insertAll(scope, instances, ordered, [...(launch.tags.instance ?? []), ...(origin.instanceTags ?? [])]);
  await insertAll(scope, volumes, volumesOf(scope, launch, made), launch.tags.volume);
  return made;
}

function volumesOf(scope: Scope, launch: Launch, made: readonly StoredInstance[]) {
  const { AvailabilityZone: zone, AvailabilityZoneId: zoneId } = launch.network.subnet;
  return made.flatMap((instance) =>
    launch.volumes.map((plan) => {
      const shape = newVolume(scope, plan, { id: instances.idOf(instance), zone, zoneId });
      return { shape, order: `${plan.device}/${shape.VolumeId}` };
    }),
  );
}

interface Ordered<Shape> {
  readonly shape: Shape;
  readonly order: string;
}

function inOrder<Shape>({ idOf }: Resource<Shape>): (shape: Shape) => Ordered<Shape> {
  return (shape) => ({ shape, order: idOf(shape) });
}

/** Few statements for many resources: while a launch of thousands is written, all others wait. */
async function insertAll<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  made: readonly Ordered<Shape>[],
  tags: readonly Tag[] = [],
): Promise<void> {
  await insertResources(scope, resource, made);
  for (const { shape } of made) await writeTags(scope, { id: resource.idOf(shape), type: resource.type }, tags);
}
