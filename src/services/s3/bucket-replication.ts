import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { requireIntegrity } from "./checksum-claims.ts";
import { invalidRequest, malformedXml, replicationConfigurationNotFound } from "./errors.ts";
import { destinationName, validateReplication } from "./replication-rules.ts";
import { findConfiguration, removeConfiguration, storeConfiguration } from "./stored-configurations.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html */
export const bucketReplication = {
  async PutBucketReplication(ctx, input) {
    const configuration = input.ReplicationConfiguration;
    await requireBucket(ctx, input);
    requireIntegrity(ctx);
    if (configuration === undefined) throw malformedXml();
    // Neither bucket may lose its versioning meanwhile.
    await ctx.db.transaction().execute(async (trx) => {
      const bucket = await requireBucket(ctx, input, trx);
      if (bucket.versioning !== "Enabled") {
        throw invalidRequest("Versioning must be 'Enabled' on the bucket to apply a replication configuration");
      }
      validateReplication(bucket, configuration);
      const rules = configuration.Rules ?? [];
      for (const { Destination } of rules) {
        const name = destinationName(Destination);
        const target = await trx.selectFrom("buckets").selectAll().where("name", "=", name).executeTakeFirst();
        if (target === undefined) throw invalidRequest("Destination bucket must exist.");
        if (target.versioning !== "Enabled") {
          throw invalidRequest("Destination bucket must have versioning enabled.");
        }
      }
      // S3 gives rules without an id one.
      const Rules = rules.map((rule) => ({ ...rule, ID: rule.ID || ctx.randomBytes(36).toString("base64") }));
      await storeConfiguration(trx, bucket, "Replication", { ...configuration, Rules });
    });
    return {};
  },

  async GetBucketReplication(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const stored = await findConfiguration(ctx.db, bucket, "Replication");
    if (stored === undefined) throw replicationConfigurationNotFound(bucket.name);
    return { ReplicationConfiguration: stored };
  },

  async DeleteBucketReplication(ctx, input) {
    await removeConfiguration(ctx.db, await requireBucket(ctx, input), "Replication");
    return {};
  },
} satisfies Operations<typeof S3, Context>;
