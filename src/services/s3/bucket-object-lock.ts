import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { requireIntegrity } from "./checksum-claims.ts";
import {
  invalidArgument,
  invalidBucketState,
  invalidRequest,
  malformedXml,
  missingRequestBody,
  objectLockConfigurationNotFound,
} from "./errors.ts";
import { checkDuration } from "./event-holds.ts";
import { isLockMode, lockConfiguration } from "./object-lock.ts";
import { storeConfiguration } from "./stored-configurations.ts";

/** A hundred years of 365 days. */
const maxDays = 36_500;
const maxYears = 100;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html */
export const bucketObjectLock = {
  async PutObjectLockConfiguration(ctx, input) {
    await requireBucket(ctx, input);
    requireIntegrity(ctx);
    if (input.ObjectLockConfiguration === undefined) throw missingRequestBody();
    const configuration = validConfiguration(input.ObjectLockConfiguration);
    await ctx.db.transaction().execute(async (trx) => {
      const bucket = await requireBucket(ctx, input, trx);
      if (bucket.versioning !== "Enabled") {
        throw invalidBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
      }
      await storeConfiguration(trx, bucket, "ObjectLock", configuration);
    });
    return {};
  },

  async GetObjectLockConfiguration(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const configuration = await lockConfiguration(ctx.db, bucket);
    if (configuration === undefined) throw objectLockConfigurationNotFound(bucket.name);
    return { ObjectLockConfiguration: configuration };
  },
} satisfies Operations<typeof S3, Context>;

/** Object Lock cannot be turned off again; without a rule it has no default retention. */
function validConfiguration({ ObjectLockEnabled, Rule }: S3.ObjectLockConfiguration): S3.ObjectLockConfiguration {
  if (ObjectLockEnabled !== "Enabled") throw malformedXml();
  if (Rule === undefined) return { ObjectLockEnabled };
  const { Mode, Days, Years, DefaultEventHold } = Rule.DefaultRetention ?? {};
  if (!isLockMode(Mode) || (Days !== undefined && Years !== undefined)) throw malformedXml();
  if (DefaultEventHold !== undefined) checkDuration(DefaultEventHold, "Default event hold duration");
  checkPeriod("Days", Days, maxDays);
  checkPeriod("Years", Years, maxYears);
  if (Days === undefined && Years === undefined && DefaultEventHold === undefined) {
    const message = "DefaultRetention must specify a fixed retention (Days or Years) or a DefaultEventHold.";
    throw invalidRequest(message);
  }
  const period = Days === undefined ? Years !== undefined && { Years } : { Days };
  const hold = DefaultEventHold !== undefined && { DefaultEventHold };
  return { ObjectLockEnabled, Rule: { DefaultRetention: { Mode, ...period, ...hold } } };
}

/** Of the 32 bits that the schema has for numbers. */
const largestInteger = 2 ** 31 - 1;

function checkPeriod(name: "Days" | "Years", value: number | undefined, max: number): void {
  if (value === undefined) return;
  if (value <= 0) throw invalidArgument("Default retention period must be a positive integer value.", name, value);
  if (value > largestInteger) throw malformedXml();
  if (value > max) throw invalidArgument("Default retention period too large.", name, value);
}
