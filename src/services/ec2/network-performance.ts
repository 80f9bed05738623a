import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Subscription } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { readSetting, writeSetting } from "./account-settings.ts";
import { describeData } from "./describe.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { regions, zonesOf } from "./region-data.ts";
import { required } from "./required.ts";
import { inTransaction } from "./scope.ts";

const subscriptionFilters = pathFilters<Subscription>()({
  destination: "Destination",
  metric: "Metric",
  source: "Source",
  statistic: "Statistic",
});

/** https://docs.aws.amazon.com/network-manager/latest/infrastructure-performance/: no metric is published, as there is no CloudWatch. */
export const networkPerformanceOperations = {
  EnableAwsNetworkPerformanceMetricSubscription: (ctx, input) =>
    change(ctx, input, (there, asked) => [...there.filter((one) => !isSame(one, asked)), asked]),

  DisableAwsNetworkPerformanceMetricSubscription: (ctx, input) =>
    change(ctx, input, (there, asked) => there.filter((one) => !isSame(one, asked))),

  async DescribeAwsNetworkPerformanceMetricSubscriptions(ctx, input) {
    const matches = compileFilters(input.Filters, subscriptionFilters);
    const there = ((await readSetting(ctx, "network-performance-subscriptions")) ?? []).filter(matches);
    const page = describeData(there, input, {
      kind: "network-performance-subscriptions",
      keyOf: ({ Source, Destination }) => `${Source}/${Destination}`,
      limits: { min: 1, max: 100 },
    });
    return { Subscriptions: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function change(
  ctx: Context,
  input: Ec2.EnableAwsNetworkPerformanceMetricSubscriptionRequest,
  changed: (there: readonly Subscription[], asked: Subscription) => Subscription[],
) {
  const asked: Subscription = {
    Source: checkPlace(required(input.Source, "source")),
    Destination: checkPlace(required(input.Destination, "destination")),
    Metric: input.Metric ?? "aggregate-latency",
    Statistic: input.Statistic ?? "p50",
    Period: "five-minutes",
  };
  await inTransaction(ctx, async (scope) => {
    const there = (await readSetting(scope, "network-performance-subscriptions")) ?? [];
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(scope, "network-performance-subscriptions", changed(there, asked));
  });
  return { Output: true };
}

function isSame(one: Subscription, other: Subscription): boolean {
  return (["Source", "Destination", "Metric", "Statistic"] as const).every((member) => one[member] === other[member]);
}

/** Regions by their names, Availability Zones by their ids. */
function checkPlace(place: string): string {
  if (regions.some(({ name }) => name === place || zonesOf(name).some(({ id }) => id === place))) return place;
  throw invalidParameterValue(`${place} is no region or Availability Zone.`);
}
