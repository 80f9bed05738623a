import type * as Ec2 from "@aws-sdk/client-ec2";
import type { RequestSpotLaunchSpecification, RunInstancesRequest } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { findMade, rememberMade } from "./client-tokens.ts";
import { describeResources } from "./describe.ts";
import { dryRunOperation, invalidParameterValue, missingParameter, unsupportedOperation } from "./errors.ts";
import { launchInstances } from "./launch-instances.ts";
import { tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { completeResources, getResources, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { checkPrice, spotInstanceRequests } from "./spot-requests.ts";

export const spotRequestOperations = {
  /** Every request is fulfilled as soon as it is made, whatever price it names; the answer shows it before that. */
  async RequestSpotInstances(ctx, input) {
    const specification = required(input.LaunchSpecification, "launchSpecification");
    const count = input.InstanceCount ?? 1;
    if (count < 1) throw invalidParameterValue(`Value (${count}) for parameter instanceCount is invalid.`);
    checkPrice(input.SpotPrice);
    if (input.BlockDurationMinutes) throw unsupportedOperation("Spot blocks are not available any more.");
    tagsForNew(input.TagSpecifications, "spot-instances-request");
    const token = input.ClientToken
      ? { operation: "RequestSpotInstances", token: input.ClientToken, input: { ...input } }
      : undefined;
    let ids = token && (await findMade(ctx, token));
    if (ids === undefined) {
      const made = await launchInstances(ctx, {
        ...launchOf(specification),
        MinCount: count,
        MaxCount: count,
        DryRun: input.DryRun,
        TagSpecifications: input.TagSpecifications,
        InstanceMarketOptions: {
          MarketType: "spot",
          SpotOptions: {
            MaxPrice: input.SpotPrice,
            SpotInstanceType: input.Type ?? "one-time",
            InstanceInterruptionBehavior: input.InstanceInterruptionBehavior,
            ...(input.Type === "persistent" ? { ValidUntil: input.ValidUntil } : {}),
          },
        },
      });
      ids = made.map(({ SpotInstanceRequestId }) => SpotInstanceRequestId ?? "");
      await addRequestMembers(ctx, ids, input);
      if (token !== undefined) await rememberMade(ctx, token, ids);
    }
    const requests = await getResources(ctx, spotInstanceRequests, ids);
    await completeResources(ctx, spotInstanceRequests, requests);
    return {
      SpotInstanceRequests: requests.map(({ InstanceId: _, LaunchedAvailabilityZone: __, ...request }) => ({
        ...request,
        State: "open" as const,
        Status: {
          Code: "pending-evaluation",
          Message: "Your Spot request has been submitted for review, and is pending evaluation.",
          UpdateTime: request.CreateTime,
        },
      })),
    };
  },

  async DescribeSpotInstanceRequests(ctx, input) {
    const page = await describeResources(ctx, spotInstanceRequests, input, { ids: input.SpotInstanceRequestIds });
    return { SpotInstanceRequests: page.items, NextToken: page.nextToken };
  },

  /** The instances of the requests run on, as on AWS. */
  async CancelSpotInstanceRequests(ctx, input) {
    const ids = input.SpotInstanceRequestIds ?? [];
    if (ids.length === 0) throw missingParameter("spotInstanceRequestId");
    return inTransaction(ctx, async (scope) => {
      const requests = await getResources(scope, spotInstanceRequests, [...new Set(ids)]);
      if (input.DryRun === true) throw dryRunOperation();
      for (const request of requests) {
        if (request.State !== "active" && request.State !== "open") continue;
        const UpdateTime = scope.now();
        request.Status =
          request.State === "open"
            ? { Code: "canceled-before-fulfillment", Message: "Your Spot request is canceled.", UpdateTime }
            : {
                Code: "request-canceled-and-instance-running",
                Message: "Your Spot request is canceled, but your instance is still running.",
                UpdateTime,
              };
        request.State = "cancelled";
        await updateResource(scope, spotInstanceRequests, request);
      }
      return {
        CancelledSpotInstanceRequests: requests.map(({ SpotInstanceRequestId, State }) => ({
          SpotInstanceRequestId,
          State: State === "closed" ? ("completed" as const) : ("cancelled" as const),
        })),
      };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

interface RequestMembers {
  readonly ValidFrom?: Date | undefined;
  readonly ValidUntil?: Date | undefined;
  readonly LaunchGroup?: string | undefined;
  readonly AvailabilityZoneGroup?: string | undefined;
}

/** What RunInstances cannot say of a request. */
async function addRequestMembers(ctx: Context, ids: readonly string[], input: RequestMembers): Promise<void> {
  const members = {
    ValidFrom: input.ValidFrom,
    ValidUntil: input.ValidUntil,
    LaunchGroup: input.LaunchGroup,
    AvailabilityZoneGroup: input.AvailabilityZoneGroup,
  };
  const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  if (Object.keys(given).length === 0) return;
  await inTransaction(ctx, async (scope) => {
    for (const request of await getResources(scope, spotInstanceRequests, ids)) {
      await updateResource(scope, spotInstanceRequests, { ...request, ...given });
    }
  });
}

function launchOf({
  AddressingType: _,
  Placement,
  ...specification
}: RequestSpotLaunchSpecification): Partial<RunInstancesRequest> {
  return {
    ...specification,
    ...(Placement === undefined
      ? {}
      : {
          Placement: {
            AvailabilityZone: Placement.AvailabilityZone,
            GroupName: Placement.GroupName,
            Tenancy: Placement.Tenancy,
          },
        }),
  };
}
