import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, mayAlso, requireBucket } from "./bucket-access.ts";
import { requireIntegrity } from "./checksum-claims.ts";
import {
  accessDeniedByLock,
  invalidRequest,
  malformedXml,
  missingRequestBody,
  noSuchObjectLockConfiguration,
  notImplementedEventHold,
} from "./errors.ts";
import { isLockMode, isRetained, lockConfiguration, lockOf, type ObjectLock, requireFuture } from "./object-lock.ts";
import { type ObjectInput, type ObjectRow, requireObject } from "./object-rows.ts";
import { planChange } from "./replication-plan.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html */
export const objectRetention = {
  async PutObjectRetention(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    requireIntegrity(ctx);
    const { Mode, RetainUntilDate, EventHold, EventHoldDuration } = input.Retention ?? missingDocument();
    if (EventHold !== undefined || EventHoldDuration !== undefined) throw notImplementedEventHold();
    if ((Mode === undefined) !== (RetainUntilDate === undefined)) throw malformedXml();
    if (Mode !== undefined && !isLockMode(Mode)) throw malformedXml();
    const asked = { operation: "BypassGovernanceRetention", target: input, db: ctx.db };
    const bypass = input.BypassGovernanceRetention === true && (await mayAlso(ctx, bucket, asked));
    await changeLock(ctx, input, (lock) => {
      const { ObjectLockMode: _mode, ObjectLockRetainUntilDate: _until, ...others } = lock;
      if (Mode === undefined || RetainUntilDate === undefined) {
        checkRetentionChange(ctx, lock, others, bypass);
        return others;
      }
      requireFuture(ctx, RetainUntilDate, "RetainUntilDate");
      const changed = { ...others, ObjectLockMode: Mode, ObjectLockRetainUntilDate: RetainUntilDate.toISOString() };
      checkRetentionChange(ctx, lock, changed, bypass);
      return changed;
    });
    return {};
  },

  async GetObjectRetention(ctx, input) {
    const { ObjectLockMode, ObjectLockRetainUntilDate } = lockOf((await lockableObject(ctx, input)).object.attributes);
    if (ObjectLockMode === undefined || ObjectLockRetainUntilDate === undefined) throw noSuchObjectLockConfiguration();
    return { Retention: { Mode: ObjectLockMode, RetainUntilDate: new Date(ObjectLockRetainUntilDate) } };
  },

  async PutObjectLegalHold(ctx, input) {
    await requireBucket(ctx, input);
    requireIntegrity(ctx);
    const { Status } = input.LegalHold ?? missingDocument();
    if (Status !== "ON" && Status !== "OFF") throw malformedXml();
    await changeLock(ctx, input, (lock) => ({ ...lock, ObjectLockLegalHoldStatus: Status }));
    return {};
  },

  async GetObjectLegalHold(ctx, input) {
    const { ObjectLockLegalHoldStatus: Status } = lockOf((await lockableObject(ctx, input)).object.attributes);
    if (Status === undefined) throw noSuchObjectLockConfiguration();
    return { LegalHold: { Status } };
  },
} satisfies Operations<typeof S3, Context>;

interface LockInput extends ObjectInput {
  readonly Bucket: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

async function lockableObject(
  ctx: Context,
  input: LockInput,
  db = ctx.db,
): Promise<{ readonly bucket: Bucket; readonly object: ObjectRow }> {
  const bucket = await requireBucket(ctx, input, db);
  if ((await lockConfiguration(db, bucket)) === undefined) {
    throw invalidRequest("Bucket is missing Object Lock Configuration");
  }
  return { bucket, object: await requireObject(ctx, bucket, input, db) };
}

async function changeLock(ctx: Context, input: LockInput, change: (lock: ObjectLock) => ObjectLock): Promise<void> {
  await ctx.db.transaction().execute(async (trx) => {
    const { bucket, object } = await lockableObject(ctx, input, trx);
    const attributes = JSON.stringify(change(lockOf(object.attributes)));
    await planChange(ctx, trx, bucket, object);
    await trx.updateTable("s3_objects").set({ attributes }).where("id", "=", object.id).execute();
  });
}

/**
 * While a retention lasts anybody may extend it; GOVERNANCE gives way to a bypass, COMPLIANCE to nobody. One that is over is as
 * if it were not there. @throws AccessDenied
 */
function checkRetentionChange(ctx: Context, current: ObjectLock, changed: ObjectLock, bypass: boolean): void {
  if (!isRetained(ctx, current) || (bypass && current.ObjectLockMode === "GOVERNANCE")) return;
  // Both are of one form, so that their order is that of the dates.
  const until = changed.ObjectLockRetainUntilDate ?? "";
  const sameMode = changed.ObjectLockMode === current.ObjectLockMode;
  if (!sameMode || until < (current.ObjectLockRetainUntilDate ?? "")) throw accessDeniedByLock();
}

function missingDocument(): never {
  throw missingRequestBody();
}
