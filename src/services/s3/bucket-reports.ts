import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import { decodePageToken, firstPage } from "../../aws/pagination.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import {
  invalidArgument,
  invalidConfiguration,
  malformedXml,
  noSuchConfiguration,
  tooManyConfigurations,
} from "./errors.ts";
import { setReported, today } from "./inventory-run.ts";
import { validateAnalytics, validateInventory, validateMetrics, validateTiering } from "./report-rules.ts";
import { findConfiguration, type StoredConfigurations, storeConfiguration } from "./stored-configurations.ts";

/** The configurations that a bucket has many of, by their ids. Inventories are carried out; the others are kept. */
export const bucketReports = {
  async PutBucketAnalyticsConfiguration(ctx, input) {
    return put(ctx, input, "Analytics", input.AnalyticsConfiguration, validateAnalytics);
  },

  async GetBucketAnalyticsConfiguration(ctx, input) {
    return { AnalyticsConfiguration: await get(ctx, input, "Analytics") };
  },

  async ListBucketAnalyticsConfigurations(ctx, input) {
    const { items, ...page } = await list(ctx, input, "Analytics");
    return { AnalyticsConfigurationList: items, ...page };
  },

  async DeleteBucketAnalyticsConfiguration(ctx, input) {
    return remove(ctx, input, "Analytics");
  },

  async PutBucketIntelligentTieringConfiguration(ctx, input) {
    return put(ctx, input, "IntelligentTiering", input.IntelligentTieringConfiguration, validateTiering);
  },

  async GetBucketIntelligentTieringConfiguration(ctx, input) {
    return { IntelligentTieringConfiguration: await get(ctx, input, "IntelligentTiering") };
  },

  async ListBucketIntelligentTieringConfigurations(ctx, input) {
    const { items, ...page } = await list(ctx, input, "IntelligentTiering");
    return { IntelligentTieringConfigurationList: items, ...page };
  },

  async DeleteBucketIntelligentTieringConfiguration(ctx, input) {
    return remove(ctx, input, "IntelligentTiering");
  },

  async PutBucketInventoryConfiguration(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const { Id = "" } = input;
    const isNew = !Object.hasOwn((await findConfiguration(ctx.db, bucket, "Inventory")) ?? {}, Id);
    const output = await put(ctx, input, "Inventory", input.InventoryConfiguration, validateInventory);
    if (isNew) await setReported(ctx, bucket, Id, today(ctx));
    return output;
  },

  async GetBucketInventoryConfiguration(ctx, input) {
    return { InventoryConfiguration: await get(ctx, input, "Inventory") };
  },

  async ListBucketInventoryConfigurations(ctx, input) {
    const { items, ...page } = await list(ctx, input, "Inventory");
    return { InventoryConfigurationList: items, ...page };
  },

  async DeleteBucketInventoryConfiguration(ctx, input) {
    return remove(ctx, input, "Inventory");
  },

  async PutBucketMetricsConfiguration(ctx, input) {
    return put(ctx, input, "Metrics", input.MetricsConfiguration, validateMetrics);
  },

  async GetBucketMetricsConfiguration(ctx, input) {
    return { MetricsConfiguration: await get(ctx, input, "Metrics") };
  },

  async ListBucketMetricsConfigurations(ctx, input) {
    const { items, ...page } = await list(ctx, input, "Metrics");
    return { MetricsConfigurationList: items, ...page };
  },

  async DeleteBucketMetricsConfiguration(ctx, input) {
    return remove(ctx, input, "Metrics");
  },
} satisfies Operations<typeof S3, Context>;

type Kind = "Analytics" | "IntelligentTiering" | "Inventory" | "Metrics";
type ConfigurationOf<K extends Kind> = StoredConfigurations[K][string];

interface Input {
  readonly Bucket: string | undefined;
  readonly Id?: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
  readonly ContinuationToken?: string | undefined;
}

const maxConfigurations = 1000;
const pageSize = 100;

async function put<K extends Kind>(
  ctx: Context,
  input: Input,
  kind: K,
  value: ConfigurationOf<K> | undefined,
  validate: (id: string, value: ConfigurationOf<K>) => void,
) {
  const bucket = await requireBucket(ctx, input);
  const { Id = "" } = input;
  if (Id === "") throw invalidConfiguration("InvalidConfigurationId", "The specified configuration id is invalid.");
  if (value === undefined) throw malformedXml();
  validate(Id, value);
  await ctx.db.transaction().execute(async (trx) => {
    const stored = { ...(await findConfiguration(trx, bucket, kind)) };
    if (!Object.hasOwn(stored, Id) && Object.keys(stored).length >= maxConfigurations) throw tooManyConfigurations();
    // TypeScript does not see that `value` is one of this kind's.
    await storeConfiguration(trx, bucket, kind, { ...stored, [Id]: value } as StoredConfigurations[K]);
  });
  // Not what the model says: https://github.com/radkawar/stackd
  return kind === "IntelligentTiering" ? {} : { $metadata: { httpStatusCode: 204 } };
}

async function get<K extends Kind>(ctx: Context, input: Input, kind: K): Promise<ConfigurationOf<K>> {
  const stored = new Map(
    Object.entries((await findConfiguration(ctx.db, await requireBucket(ctx, input), kind)) ?? {}),
  );
  const value = stored.get(input.Id ?? "");
  if (value === undefined) throw noSuchConfiguration();
  return value as ConfigurationOf<K>;
}

async function list<K extends Kind>(ctx: Context, input: Input, kind: K) {
  const stored = (await findConfiguration(ctx.db, await requireBucket(ctx, input), kind)) ?? {};
  const pages = `s3:${kind}`;
  const { ContinuationToken } = input;
  const after = ContinuationToken === undefined ? "" : decodePageToken(pages, ContinuationToken);
  if (after === undefined) {
    throw invalidArgument("The continuation token provided is incorrect", "continuation-token", ContinuationToken);
  }
  const all = (Object.values(stored) as ConfigurationOf<K>[])
    .filter(({ Id = "" }) => Id > after)
    .sort((one, other) => ((one.Id ?? "") < (other.Id ?? "") ? -1 : 1));
  const page = firstPage(all, { kind: pages, limit: pageSize, keyOf: ({ Id = "" }) => Id });
  return {
    items: page.items as ConfigurationOf<K>[],
    IsTruncated: page.nextToken !== undefined,
    ...(ContinuationToken === undefined ? {} : { ContinuationToken }),
    ...(page.nextToken === undefined ? {} : { NextContinuationToken: page.nextToken }),
  };
}

async function remove(ctx: Context, input: Input, kind: Kind) {
  const bucket = await requireBucket(ctx, input);
  const { Id = "" } = input;
  await ctx.db.transaction().execute(async (trx) => {
    const { [Id]: removed, ...kept } = (await findConfiguration(trx, bucket, kind)) ?? {};
    if (removed === undefined) throw noSuchConfiguration();
    await storeConfiguration(trx, bucket, kind, kept as StoredConfigurations[typeof kind]);
  });
  return {};
}
