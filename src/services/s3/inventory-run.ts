import type * as S3 from "@aws-sdk/client-s3";
import type { ServiceContext } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import { writeInventory } from "./inventory-report.ts";
import { findConfiguration, storeConfiguration } from "./stored-configurations.ts";

/** Sundays, as days since 1970, which began with a Thursday. */
const sunday = 3;

/** Days since 1970: real ones, or shortened as those of lifecycle rules are. */
export function today(ctx: ServiceContext): number {
  return Math.floor(ctx.now().getTime() / ctx.config.lifecycleDay);
}

/** Writes the lists of all buckets that are due: each day's, or each Sunday's, once. */
export async function runInventories(ctx: ServiceContext): Promise<void> {
  const buckets = await ctx.db
    .selectFrom("buckets")
    .innerJoin("s3_bucket_configurations as inventories", "inventories.bucket_id", "buckets.id")
    .where("inventories.name", "=", "Inventory")
    .selectAll("buckets")
    .execute();
  for (const bucket of buckets) {
    try {
      await runInventoriesOf(ctx, bucket);
    } catch (error) {
      // The other buckets' lists must not wait for it.
      ctx.log.error({ err: error, bucket: bucket.name }, "the S3 inventories of a bucket could not be written");
    }
  }
}

async function runInventoriesOf(ctx: ServiceContext, bucket: Bucket): Promise<void> {
  const configurations = Object.values((await findConfiguration(ctx.db, bucket, "Inventory")) ?? {});
  for (const configuration of configurations) {
    const day = lastDay(today(ctx), configuration.Schedule?.Frequency);
    const reported = (await findConfiguration(ctx.db, bucket, "InventoryReports"))?.[configuration.Id ?? ""] ?? 0;
    if (configuration.IsEnabled !== true || reported >= day) continue;
    await runInventory(ctx, bucket, configuration);
    await setReported(ctx, bucket, configuration.Id ?? "", day);
  }
}

/** The last day, until today, of which there is to be a list. */
function lastDay(day: number, frequency: S3.InventoryFrequency | undefined): number {
  return frequency === "Weekly" ? day - ((day - sunday) % 7) : day;
}

async function runInventory(
  ctx: ServiceContext,
  bucket: Bucket,
  configuration: S3.InventoryConfiguration,
): Promise<void> {
  const { Bucket: arn = "" } = configuration.Destination?.S3BucketDestination ?? {};
  const name = arn.slice(arn.lastIndexOf(":") + 1);
  const target = await ctx.db.selectFrom("buckets").selectAll().where("name", "=", name).executeTakeFirst();
  if (target === undefined || target.account_id !== bucket.account_id) {
    ctx.log.warn({ bucket: bucket.name, target: name }, "there is no bucket for an S3 inventory");
    return;
  }
  try {
    await writeInventory(ctx, bucket, target, configuration);
  } catch (error) {
    // The bucket's other lists must not wait for it.
    ctx.log.error({ err: error, bucket: bucket.name }, "an S3 inventory could not be written");
  }
}

/** Remembers of which day the last list of a configuration is; a new configuration's first list is the next day's. */
export async function setReported(ctx: ServiceContext, bucket: Bucket, id: string, day: number): Promise<void> {
  await ctx.db.transaction().execute(async (trx) => {
    const configurations = (await findConfiguration(trx, bucket, "Inventory")) ?? {};
    // Of what was deleted meanwhile nothing is remembered, nor of a bucket that is gone.
    if (!Object.hasOwn(configurations, id)) return;
    const reports = (await findConfiguration(trx, bucket, "InventoryReports")) ?? {};
    const kept = Object.entries(reports).filter(([name]) => Object.hasOwn(configurations, name));
    await storeConfiguration(trx, bucket, "InventoryReports", { ...Object.fromEntries(kept), [id]: day });
  });
}
