import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { requireIntegrity } from "./checksum-claims.ts";
import { invalidRequest, malformedXml, missingRequestBody, noSuchLifecycleConfiguration } from "./errors.ts";
import { forgetConfiguration } from "./known-configurations.ts";
import { validateLifecycleRules } from "./lifecycle-rules.ts";
import { runSoon } from "./lifecycle-schedule.ts";
import { findConfiguration, removeConfiguration, storeConfiguration } from "./stored-configurations.ts";

export const bucketLifecycle = {
  async PutBucketLifecycleConfiguration(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    requireIntegrity(ctx);
    const size = input.TransitionDefaultMinimumObjectSize ?? "all_storage_classes_128K";
    if (size !== "all_storage_classes_128K" && size !== "varies_by_storage_class") {
      throw invalidRequest(`Invalid TransitionDefaultMinimumObjectSize found: ${String(size)}`);
    }
    if (input.LifecycleConfiguration === undefined) throw missingRequestBody();
    const rules = input.LifecycleConfiguration.Rules ?? [];
    if (rules.length === 0) throw malformedXml();
    validateLifecycleRules(rules);
    // S3 gives rules without an id one.
    const Rules = rules.map((rule) => ({ ...rule, ID: rule.ID || ctx.randomBytes(36).toString("base64") }));
    await storeConfiguration(ctx.db, bucket, "Lifecycle", { Rules, TransitionDefaultMinimumObjectSize: size });
    forgetConfiguration(ctx, bucket, "Lifecycle");
    runSoon(ctx);
    return { TransitionDefaultMinimumObjectSize: size };
  },

  async GetBucketLifecycleConfiguration(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const stored = await findConfiguration(ctx.db, bucket, "Lifecycle");
    if (stored === undefined) throw noSuchLifecycleConfiguration(bucket.name);
    return { ...stored, Rules: (stored.Rules ?? []).map(withDates) };
  },

  async DeleteBucketLifecycle(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    await removeConfiguration(ctx.db, bucket, "Lifecycle");
    forgetConfiguration(ctx, bucket, "Lifecycle");
    return {};
  },
} satisfies Operations<typeof S3, Context>;

/** JSON has no dates. */
function withDates(rule: S3.LifecycleRule): S3.LifecycleRule {
  const { Expiration, Transitions } = rule;
  return {
    ...rule,
    ...(Expiration && { Expiration: withDate(Expiration) }),
    ...(Transitions && { Transitions: Transitions.map(withDate) }),
  };
}

function withDate<T extends { Date?: Date | undefined }>(action: T): T {
  return action.Date === undefined ? action : { ...action, Date: new Date(action.Date) };
}
