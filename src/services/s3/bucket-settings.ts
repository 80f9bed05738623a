import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { validGrantee } from "./access-control-lists.ts";
import { deliverAccessLogs } from "./access-log.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import {
  accessControlListNotSupported,
  crossLocationLoggingProhibited,
  illegalAccelerateConfiguration,
  invalidRequest,
  invalidTargetBucketForLogging,
  malformedXml,
  missingRequestBody,
} from "./errors.ts";
import { isLogged, setLogged } from "./logged-buckets.ts";
import { objectOwnership } from "./ownership-rules.ts";
import { findConfiguration, removeConfiguration, storeConfiguration } from "./stored-configurations.ts";

/** The small ones: who pays, acceleration, where the access logs go. */
export const bucketSettings = {
  async PutBucketRequestPayment(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const payer = input.RequestPaymentConfiguration?.Payer;
    if (payer !== "Requester" && payer !== "BucketOwner") throw malformedXml();
    await storeConfiguration(ctx.db, bucket, "RequestPayment", payer);
    return {};
  },

  async GetBucketRequestPayment(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    return { Payer: (await findConfiguration(ctx.db, bucket, "RequestPayment")) ?? "BucketOwner" };
  },

  async PutBucketAccelerateConfiguration(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    if (bucket.name.includes(".")) {
      throw invalidRequest("S3 Transfer Acceleration is not supported for buckets with periods (.) in their names");
    }
    if (input.AccelerateConfiguration === undefined) throw missingRequestBody();
    const status: string = input.AccelerateConfiguration.Status ?? "";
    if (status === "") throw illegalAccelerateConfiguration();
    if (status !== "Enabled" && status !== "Suspended") throw malformedXml();
    await storeConfiguration(ctx.db, bucket, "Accelerate", { Status: status });
    return {};
  },

  async GetBucketAccelerateConfiguration(ctx, input) {
    return (await findConfiguration(ctx.db, await requireBucket(ctx, input), "Accelerate")) ?? {};
  },

  async PutBucketLogging(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const logging = input.BucketLoggingStatus?.LoggingEnabled;
    // What has been until now goes where it was to go.
    if (isLogged(ctx, () => bucket.name)) await deliverAccessLogs(ctx);
    if (logging === undefined) {
      const former = await findConfiguration(ctx.db, bucket, "Logging");
      await removeConfiguration(ctx.db, bucket, "Logging");
      if (former !== undefined) setLogged(ctx, bucket.name, false, former);
    } else {
      checkKeyFormat(logging.TargetObjectKeyFormat);
      await checkLoggingTarget(ctx, bucket, logging);
      await storeConfiguration(ctx.db, bucket, "Logging", logging);
      setLogged(ctx, bucket.name, true);
    }
    return {};
  },

  async GetBucketLogging(ctx, input) {
    const stored = await findConfiguration(ctx.db, await requireBucket(ctx, input), "Logging");
    return stored === undefined ? {} : { LoggingEnabled: stored };
  },
} satisfies Operations<typeof S3, Context>;

/** Keys are either of the simple form or of the partitioned one. */
function checkKeyFormat(format: S3.TargetObjectKeyFormat | undefined): void {
  if (format === undefined) return;
  const { SimplePrefix, PartitionedPrefix } = format;
  if ((SimplePrefix === undefined) === (PartitionedPrefix === undefined)) throw malformedXml();
  const source = PartitionedPrefix?.PartitionDateSource;
  if (source !== undefined && source !== "EventTime" && source !== "DeliveryTime") throw malformedXml();
}

/** READ_ACP is not documented, and taken: https://github.com/localstack/localstack/issues/6764 */
const logPermissions: readonly (string | undefined)[] = ["FULL_CONTROL", "READ", "WRITE", "READ_ACP"];

async function checkLoggingTarget(
  ctx: Context,
  bucket: Bucket,
  { TargetBucket = "", TargetGrants }: S3.LoggingEnabled,
): Promise<void> {
  const target = await ctx.db.selectFrom("buckets").selectAll().where("name", "=", TargetBucket).executeTakeFirst();
  if (target === undefined) {
    throw invalidTargetBucketForLogging("The target bucket for logging does not exist", TargetBucket);
  }
  if (target.account_id !== bucket.account_id) {
    throw invalidTargetBucketForLogging(
      "The owner for the bucket to be logged and the target bucket must be the same.",
      TargetBucket,
    );
  }
  if (target.region !== bucket.region) throw crossLocationLoggingProhibited(target.region);
  if (TargetGrants === undefined || TargetGrants.length === 0) return;
  if ((await objectOwnership(ctx.db, target)) === "BucketOwnerEnforced") {
    throw accessControlListNotSupported("Target grants not allowed for bucket owner enforced buckets");
  }
  for (const { Grantee, Permission } of TargetGrants) {
    if (Grantee === undefined || !logPermissions.includes(Permission)) throw malformedXml();
    validGrantee(Grantee);
  }
}
