import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, mayAlso, requireBucket } from "./bucket-access.ts";
import { requireIntegrity } from "./checksum-claims.ts";
import {
  accessDeniedByLock,
  invalidRequest,
  malformedXml,
  methodNotAllowedForDeleteMarker,
  missingRequestBody,
  noSuchObjectLockConfiguration,
} from "./errors.ts";
import { checkHold, heldFor, holdDuration, retainedUntil } from "./event-holds.ts";
import { documentDate, isLockMode, lockConfiguration, lockOf, type ObjectLock, requireFuture } from "./object-lock.ts";
import { deleteMarkerHeaders, findVersion, type ObjectInput, type ObjectRow, requireObject } from "./object-rows.ts";
import { planChange } from "./replication-plan.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html */
export const objectRetention = {
  async PutObjectRetention(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    requireIntegrity(ctx);
    const retention = input.Retention ?? missingDocument();
    checkRetention(ctx.now(), retention);
    const asked = { operation: "BypassGovernanceRetention", target: input, db: ctx.db };
    const bypass = input.BypassGovernanceRetention === true && (await mayAlso(ctx, bucket, asked));
    return changeLock(ctx, input, (lock) => {
      const { RetainUntilDate } = retention;
      if (RetainUntilDate !== undefined) requireFuture(ctx, RetainUntilDate, documentDate);
      const now = ctx.now();
      const mayShorten = bypass && lock.ObjectLockMode === "GOVERNANCE";
      if (mayShorten) refuseHeldShorter(now, lock, retention);
      const changed = changedRetention(now, lock, retention);
      if (!mayShorten) checkRetentionChange(now, lock, changed);
      return changed;
    });
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
    return changeLock(ctx, input, (lock) => ({ ...lock, ObjectLockLegalHoldStatus: Status }));
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
  const row = await findVersion(db, bucket, input);
  if (row !== undefined && row.is_delete_marker !== 0 && input.VersionId === undefined) {
    // Of a current delete marker S3 does not say which version it is.
    const headers = { ...deleteMarkerHeaders(row), "x-amz-version-id": "null" };
    throw methodNotAllowedForDeleteMarker(ctx.request.method, headers);
  }
  return { bucket, object: await requireObject(ctx, bucket, input, db) };
}

/** The answer names the version that it is of, in a header that the model lacks. */
async function changeLock(ctx: Context, input: LockInput, change: (lock: ObjectLock) => ObjectLock) {
  return ctx.db.transaction().execute(async (trx) => {
    const { bucket, object } = await lockableObject(ctx, input, trx);
    const attributes = JSON.stringify(change(lockOf(object.attributes)));
    await planChange(ctx, trx, bucket, object);
    await trx.updateTable("s3_objects").set({ attributes }).where("id", "=", object.id).execute();
    return { $metadata: { httpHeaders: { "x-amz-version-id": object.version_id } } };
  });
}

/** @throws MalformedXML for half a retention, and what `checkHold` throws */
function checkRetention(now: Date, retention: S3.ObjectLockRetention): void {
  const { Mode, RetainUntilDate, EventHold, EventHoldDuration } = retention;
  if (Mode !== undefined && !isLockMode(Mode)) throw malformedXml();
  if (EventHold !== undefined && EventHold !== "ON" && EventHold !== "OFF") throw malformedXml();
  if (Mode === undefined) {
    if ([RetainUntilDate, EventHold, EventHoldDuration].some((value) => value !== undefined)) throw malformedXml();
  } else if (EventHold === undefined) {
    if (RetainUntilDate === undefined || EventHoldDuration !== undefined) throw malformedXml();
  } else checkHold(now, retention);
}

/** A date alone lets a hold that is on go on, so that it cannot shorten it. @throws InvalidRequest */
function refuseHeldShorter(now: Date, lock: ObjectLock, { EventHold, RetainUntilDate }: S3.ObjectLockRetention): void {
  if (EventHold !== undefined || RetainUntilDate === undefined || lock.ObjectLockEventHold !== "ON") return;
  if (RetainUntilDate >= (retainedUntil(lock, now) ?? now)) return;
  throw invalidRequest(
    "Using the governance mode bypass to shorten the retain-until-date of a retention period in governance mode with an ON event hold requires the providing of a new ON event hold or a new OFF event hold.",
  );
}

/**
 * The lock with another retention, or with none. Without a date it ends no earlier than it did as of now; without a word of a hold
 * it keeps the one that it has. @throws InvalidRequest
 */
function changedRetention(
  now: Date,
  lock: ObjectLock,
  { Mode, RetainUntilDate, EventHold, EventHoldDuration = {} }: S3.ObjectLockRetention,
): ObjectLock {
  const {
    ObjectLockMode: _mode,
    ObjectLockRetainUntilDate: _until,
    ObjectLockEventHold: held,
    ObjectLockEventHoldDurationDays: _days,
    ObjectLockEventHoldDurationYears: _years,
    ...others
  } = lock;
  if (Mode === undefined) return others;
  const until = RetainUntilDate ?? retainedUntil(lock, now);
  if (EventHold === "OFF" && (until === undefined || until <= now)) {
    throw invalidRequest(
      "To turn off an event hold, either provide a retain-until-date in the future in the request or the object version must already have a retain-until-date in the future.",
    );
  }
  const kept = held === "ON" ? heldFor(holdDuration(lock)) : held !== undefined && { ObjectLockEventHold: held };
  const asked = EventHold === "ON" ? heldFor(EventHoldDuration) : { ObjectLockEventHold: EventHold };
  return {
    ...{ ...others, ObjectLockMode: Mode, ...(EventHold === undefined ? kept : asked) },
    ...(until !== undefined && { ObjectLockRetainUntilDate: until.toISOString() }),
  };
}

/**
 * While a retention lasts anybody may extend it; GOVERNANCE gives way to a bypass, COMPLIANCE to nobody. One that is over is as
 * if it were not there. @throws AccessDenied
 */
function checkRetentionChange(now: Date, current: ObjectLock, changed: ObjectLock): void {
  const until = retainedUntil(current, now);
  if (until === undefined || until <= now) return;
  const fixed = changed.ObjectLockRetainUntilDate;
  const isShorter = fixed === undefined || new Date(fixed) < until;
  if (isShorter || changed.ObjectLockMode !== current.ObjectLockMode) throw accessDeniedByLock();
}

function missingDocument(): never {
  throw missingRequestBody();
}
