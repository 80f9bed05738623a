import type * as S3 from "@aws-sdk/client-s3";
import type { Kysely } from "kysely";
import type { Database } from "../../db/database.ts";
import { tagsOf } from "./tag-sets.ts";

const configuration = "Tagging";

/** None where a bucket was never tagged. */
export async function findBucketTags(db: Kysely<Database>, bucketId: number): Promise<S3.Tag[]> {
  const row = await db
    .selectFrom("s3_bucket_configurations")
    .select("body")
    .where("bucket_id", "=", bucketId)
    .where("name", "=", configuration)
    .executeTakeFirst();
  return tagsOf(row?.body ?? null);
}

/** Replaces all tags of a bucket. */
export async function storeBucketTags(db: Kysely<Database>, bucketId: number, tags: readonly S3.Tag[]): Promise<void> {
  const body = JSON.stringify(tags);
  await db
    .insertInto("s3_bucket_configurations")
    .values({ bucket_id: bucketId, name: configuration, body })
    .onConflict((conflict) => conflict.columns(["bucket_id", "name"]).doUpdateSet({ body }))
    .execute();
}
