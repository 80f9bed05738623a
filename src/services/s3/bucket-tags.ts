import type * as S3 from "@aws-sdk/client-s3";
import type { Kysely } from "kysely";
import type { Operations } from "../../aws/operations.ts";
import type { Database } from "../../db/database.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { noSuchTagSet } from "./errors.ts";
import { tagsOf, validTagSet } from "./tag-sets.ts";

const configuration = "Tagging";

export const bucketTags = {
  async PutBucketTagging(ctx, input) {
    const tags = validTagSet(input.Tagging?.TagSet, "bucket");
    const bucket = await requireBucket(ctx, input);
    await storeBucketTags(ctx.db, bucket.id, tags);
    return {};
  },

  async GetBucketTagging(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const row = await ctx.db
      .selectFrom("s3_bucket_configurations")
      .select("body")
      .where("bucket_id", "=", bucket.id)
      .where("name", "=", configuration)
      .executeTakeFirst();
    const tags = tagsOf(row?.body ?? null);
    if (tags.length === 0) throw noSuchTagSet(bucket.name);
    return { TagSet: tags };
  },

  async DeleteBucketTagging(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    await storeBucketTags(ctx.db, bucket.id, []);
    return {};
  },
} satisfies Operations<typeof S3, Context>;

/** Replaces all tags of a bucket. */
export async function storeBucketTags(db: Kysely<Database>, bucketId: number, tags: readonly S3.Tag[]): Promise<void> {
  const body = JSON.stringify(tags);
  await db
    .insertInto("s3_bucket_configurations")
    .values({ bucket_id: bucketId, name: configuration, body })
    .onConflict((conflict) => conflict.columns(["bucket_id", "name"]).doUpdateSet({ body }))
    .execute();
}
