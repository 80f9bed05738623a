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
} from "./errors.ts";
import { heldFor, holdDuration, retainedUntil, validDuration } from "./event-holds.ts";
import { isLockMode, lockConfiguration, lockOf, type ObjectLock, requireFuture } from "./object-lock.ts";
import { type ObjectInput, type ObjectRow, requireObject } from "./object-rows.ts";
import { planChange } from "./replication-plan.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html */
export const objectRetention = {
  async PutObjectRetention(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    requireIntegrity(ctx);
    const retention = validRetention(input.Retention ?? missingDocument());
    const asked = { operation: "BypassGovernanceRetention", target: input, db: ctx.db };
    const bypass = input.BypassGovernanceRetention === true && (await mayAlso(ctx, bucket, asked));
    await changeLock(ctx, input, (lock) => {
      const { RetainUntilDate } = retention;
      if (RetainUntilDate !== undefined) requireFuture(ctx, RetainUntilDate, "RetainUntilDate");
      const now = ctx.now();
      const changed = changedRetention(now, lock, retention);
      if (!bypass || lock.ObjectLockMode !== "GOVERNANCE") checkRetentionChange(now, lock, changed);
      return changed;
    });
    return {};
  },

  async GetObjectRetention(ctx, input) {
    const lock = lockOf((await lockableObject(ctx, input)).object.attributes);
    const { ObjectLockMode: Mode, ObjectLockEventHold: EventHold } = lock;
    const RetainUntilDate = retainedUntil(lock, ctx.now());
    if (Mode === undefined || RetainUntilDate === undefined) throw noSuchObjectLockConfiguration();
    return {
      Retention: {
        ...{ Mode, RetainUntilDate },
        ...(EventHold !== undefined && { EventHold }),
        ...(EventHold === "ON" && { EventHoldDuration: holdDuration(lock) }),
      },
    };
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

/** @throws MalformedXML for half a retention, and for a hold with too little or too much said of it */
function validRetention(retention: S3.ObjectLockRetention): S3.ObjectLockRetention {
  const { Mode, RetainUntilDate, EventHold, EventHoldDuration } = retention;
  if (Mode !== undefined && !isLockMode(Mode)) throw malformedXml();
  if (EventHold === "ON") {
    if (Mode === undefined) throw malformedXml();
    return { ...retention, EventHoldDuration: validDuration(EventHoldDuration) };
  }
  if (EventHoldDuration !== undefined) throw malformedXml();
  if (EventHold === "OFF" ? Mode === undefined : EventHold !== undefined) throw malformedXml();
  if (EventHold === undefined && (Mode === undefined) !== (RetainUntilDate === undefined)) throw malformedXml();
  return retention;
}

/** The lock with another retention, or with none. A hold that is released leaves the date that it stands for. */
function changedRetention(
  now: Date,
  lock: ObjectLock,
  { Mode, RetainUntilDate, EventHold, EventHoldDuration = {} }: S3.ObjectLockRetention,
): ObjectLock {
  const {
    ObjectLockMode: _mode,
    ObjectLockRetainUntilDate: fixed,
    ObjectLockEventHold: held,
    ObjectLockEventHoldDurationDays: _days,
    ObjectLockEventHoldDurationYears: _years,
    ...others
  } = lock;
  if (Mode === undefined) return others;
  const asked = RetainUntilDate?.toISOString();
  if (EventHold === "ON") {
    const until = asked ?? fixed;
    return {
      ...{ ...others, ObjectLockMode: Mode, ...heldFor(EventHoldDuration) },
      ...(until !== undefined && { ObjectLockRetainUntilDate: until }),
    };
  }
  const released = held === "ON" ? retainedUntil(lock, now)?.toISOString() : undefined;
  const until = asked ?? released;
  if (until === undefined) throw malformedXml();
  return {
    ...{ ...others, ObjectLockMode: Mode, ObjectLockRetainUntilDate: until },
    ...(EventHold !== undefined && { ObjectLockEventHold: EventHold }),
  };
}

/**
 * While a retention lasts anybody may extend it; GOVERNANCE gives way to a bypass, COMPLIANCE to nobody. One that is over is as
 * if it were not there. @throws AccessDenied
 */
function checkRetentionChange(now: Date, current: ObjectLock, changed: ObjectLock): void {
  const until = retainedUntil(current, now);
  if (until === undefined || until <= now) return;
  const isShorter = (retainedUntil(changed, now)?.getTime() ?? 0) < until.getTime();
  if (isShorter || changed.ObjectLockMode !== current.ObjectLockMode) throw accessDeniedByLock();
}

function missingDocument(): never {
  throw missingRequestBody();
}
