import type * as Ec2 from "@aws-sdk/client-ec2";
import type { SpotPrice } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { deleteSetting, readSetting, writeSetting } from "./account-settings.ts";
import { describeData } from "./describe.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { allInstanceTypes } from "./instance-types.ts";
import { zonesOf } from "./region-data.ts";
import { required } from "./required.ts";
import { spotPrice } from "./spot-prices.ts";

const priceFilters = pathFilters<SpotPrice>()({
  "availability-zone": "AvailabilityZone",
  "availability-zone-id": "AvailabilityZoneId",
  "instance-type": "InstanceType",
  "product-description": "ProductDescription",
  "spot-price": "SpotPrice",
  timestamp: "Timestamp",
});

const products = ["Linux/UNIX", "Red Hat Enterprise Linux", "SUSE Linux", "Windows"] as const;

export const spotMarketOperations = {
  /** Prices do not change: each has one entry, of the start of the month. */
  DescribeSpotPriceHistory(ctx, input) {
    const matches = compileFilters(input.Filters, priceFilters);
    const types = new Set<string>(input.InstanceTypes);
    const wanted = new Set<string>(input.ProductDescriptions);
    const now = ctx.now();
    const Timestamp = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
    const zones = zonesOf(ctx.region).filter(
      ({ name, id }) =>
        (!input.AvailabilityZone || name === input.AvailabilityZone) &&
        (!input.AvailabilityZoneId || id === input.AvailabilityZoneId),
    );
    const prices = allInstanceTypes()
      .filter(({ InstanceType }) => types.size === 0 || types.has(InstanceType ?? ""))
      .flatMap((type) =>
        zones.flatMap((zone) =>
          products
            .filter((product) => wanted.size === 0 || wanted.has(product) || wanted.has(`${product} (Amazon VPC)`))
            .map(
              (ProductDescription): SpotPrice => ({
                AvailabilityZone: zone.name,
                AvailabilityZoneId: zone.id,
                InstanceType: type.InstanceType,
                ProductDescription: ProductDescription as NonNullable<SpotPrice["ProductDescription"]>,
                SpotPrice: spotPrice(type),
                Timestamp,
              }),
            ),
        ),
      );
    const page = describeData(
      prices.filter(matches),
      { MaxResults: 1000, ...input },
      {
        kind: "spot-prices",
        keyOf: (price) => `${price.InstanceType}/${price.AvailabilityZone}/${price.ProductDescription}`,
        limits: { min: 1, max: 1000 },
      },
    );
    return { SpotPriceHistory: page.items, NextToken: page.nextToken ?? "" };
  },

  async CreateSpotDatafeedSubscription(ctx, input) {
    const Bucket = required(input.Bucket, "bucket");
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(Bucket)) {
      throw invalidParameterValue(`Value (${Bucket}) for parameter bucket is invalid.`);
    }
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "datafeed-subscription", { Bucket, Prefix: input.Prefix });
    return { SpotDatafeedSubscription: subscription(ctx, { Bucket, Prefix: input.Prefix }) };
  },

  async DescribeSpotDatafeedSubscription(ctx, input) {
    const there = await readSetting(ctx, "datafeed-subscription");
    if (there === undefined)
      throw new AwsError("InvalidSpotDatafeed.NotFound", "Spot datafeed subscription does not exist.");
    if (input.DryRun === true) throw dryRunOperation();
    return { SpotDatafeedSubscription: subscription(ctx, there) };
  },

  async DeleteSpotDatafeedSubscription(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    await deleteSetting(ctx, "datafeed-subscription");
    return {};
  },
} satisfies Operations<typeof Ec2, Context>;

function subscription(ctx: Context, { Bucket, Prefix }: { Bucket: string; Prefix?: string | undefined }) {
  return { Bucket, Prefix, OwnerId: ctx.accountId, State: "Active" as const };
}
