import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import { requireIntegrity } from "./checksum-claims.ts";
import { malformedXml, methodNotAllowed, noSuchTagSet } from "./errors.ts";
import { findBucketTags, storeBucketTags } from "./stored-bucket-tags.ts";
import { findConfiguration, storeConfiguration } from "./stored-configurations.ts";
import { validTagSet } from "./tag-sets.ts";

/** The tags of buckets, and whether policies know them. */
export const bucketTags = {
  async PutBucketTagging(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    requireIntegrity(ctx);
    await replaceTags(ctx, bucket, validTagSet(input.Tagging?.TagSet, "bucket"));
    // AWS answers so, beside its schema (versity/versitygw issue 932); boto 2 takes any other status for a failure.
    return { $metadata: { httpStatusCode: 204 } };
  },

  async GetBucketTagging(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const tags = await findBucketTags(ctx.db, bucket.id);
    if (tags.length === 0) throw noSuchTagSet(bucket.name);
    return { TagSet: tags };
  },

  async DeleteBucketTagging(ctx, input) {
    await replaceTags(ctx, await requireBucket(ctx, input), []);
    return {};
  },

  async PutBucketAbac(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const status = input.AbacStatus?.Status;
    if (status !== "Enabled" && status !== "Disabled") throw malformedXml();
    await storeConfiguration(ctx.db, bucket, "Abac", status);
    return {};
  },

  async GetBucketAbac(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    return { AbacStatus: { Status: (await findConfiguration(ctx.db, bucket, "Abac")) ?? "Disabled" } };
  },
} satisfies Operations<typeof S3, Context>;

/** Tags that let people in are changed by TagResource of S3 Control alone. */
async function replaceTags(ctx: Context, bucket: Bucket, tags: readonly S3.Tag[]): Promise<void> {
  if ((await findConfiguration(ctx.db, bucket, "Abac")) === "Enabled") {
    throw methodNotAllowed({ Method: ctx.request.method, ResourceType: "BUCKET" });
  }
  await storeBucketTags(ctx.db, bucket.id, tags);
}
