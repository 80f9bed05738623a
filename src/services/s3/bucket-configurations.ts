import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { replicationConfigurationNotFound } from "./errors.ts";

/**
 * What a bucket says of itself that was never configured, where the operations that would configure it answer
 * NotImplemented: this is the truth of every bucket.
 */
export const bucketConfigurations = {
  async GetBucketReplication(ctx, input) {
    throw replicationConfigurationNotFound((await requireBucket(ctx, input)).name);
  },
} satisfies Operations<typeof S3, Context>;
