import type { LaunchSpecification, RunInstancesRequest } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { AccountContext, ServiceContext } from "../service-context.ts";
import { launchInstances } from "./launch-instances.ts";
import { findResource, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { fulfilled, spotInstanceRequests } from "./spot-requests.ts";

/**
 * Gives a persistent request that has lost its instance another:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-request-status.html
 */
export async function fulfillAgain(ctx: AccountContext, requestId: string): Promise<void> {
  const open = await findResource(ctx, spotInstanceRequests, requestId);
  if (open?.State !== "open" || open.Type !== "persistent" || open.LaunchSpecification === undefined) return;
  const launch = {
    ...launchOf(open.LaunchSpecification),
    InstanceMarketOptions: {
      MarketType: "spot" as const,
      SpotOptions: {
        MaxPrice: open.SpotPrice,
        SpotInstanceType: open.Type,
        InstanceInterruptionBehavior: open.InstanceInterruptionBehavior,
      },
    },
  };
  const outcome = await launchInstances(ctx, launch, { spotRequestId: requestId }).catch((error: unknown) => {
    if (error instanceof AwsError) return error;
    throw error;
  });
  await inTransaction(ctx, async (scope) => {
    const request = await findResource(scope, spotInstanceRequests, requestId);
    if (request?.State !== "open") return;
    if (outcome instanceof AwsError) {
      request.State = "failed";
      request.Fault = { Code: outcome.code, Message: outcome.message };
      request.Status = { Code: "bad-parameters", Message: outcome.message, UpdateTime: scope.now() };
    } else {
      const [instance] = outcome;
      Object.assign(request, fulfilled(scope.now()), {
        InstanceId: instance?.InstanceId,
        LaunchedAvailabilityZone: instance?.Placement?.AvailabilityZone,
      });
    }
    await updateResource(scope, spotInstanceRequests, request);
  });
}

/** The requests of all accounts that wait for an instance. */
export async function fulfillOpenRequests(services: ServiceContext): Promise<void> {
  const rows = await services.db
    .selectFrom("ec2_spot_instance_requests")
    .select(["id", "account_id", "region"])
    .where("instance_id", "is", null)
    .execute();
  for (const row of rows) await fulfillAgain({ ...services, accountId: row.account_id, region: row.region }, row.id);
}

/** As the request was made: interfaces bring their groups and subnet themselves. */
function launchOf(specification: LaunchSpecification): RunInstancesRequest {
  const {
    AddressingType: _,
    SecurityGroups = [],
    SubnetId,
    NetworkInterfaces = [],
    Placement,
    ...rest
  } = specification;
  const { AvailabilityZone, GroupName, Tenancy } = Placement ?? {};
  const place = { AvailabilityZone, GroupName, Tenancy };
  const network =
    NetworkInterfaces.length > 0
      ? { NetworkInterfaces }
      : { SubnetId, SecurityGroupIds: SecurityGroups.flatMap(({ GroupId }) => GroupId ?? []) };
  return { ...rest, ...network, Placement: place, MinCount: 1, MaxCount: 1 };
}
