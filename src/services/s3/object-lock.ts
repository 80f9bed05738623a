import type * as S3 from "@aws-sdk/client-s3";
import type { Kysely } from "kysely";
import type { Database } from "../../db/database.ts";
import type { Context } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import { carriesIntegrity } from "./checksum-claims.ts";
import { accessDeniedByLock, invalidArgument, invalidRequest } from "./errors.ts";
import { type EventHold, heldFor, periodEnd, requestedHold, retainedUntil } from "./event-holds.ts";
import { findConfiguration } from "./stored-configurations.ts";

/**
 * What protects a version, among its attributes: the members of the answers, the date in ISO 8601.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export type ObjectLock = Pick<S3.HeadObjectOutput, "ObjectLockMode" | "ObjectLockLegalHoldStatus"> &
  EventHold & { readonly ObjectLockRetainUntilDate?: string };

type LockInput = EventHold &
  Pick<S3.PutObjectRequest, "ObjectLockMode" | "ObjectLockRetainUntilDate" | "ObjectLockLegalHoldStatus">;

/** The element of a document with a date, beside the headers with one. */
export const documentDate = "RetainUntilDate";

const modes: readonly string[] = ["GOVERNANCE", "COMPLIANCE"] satisfies S3.ObjectLockMode[];

export function isLockMode(mode: string | undefined): mode is S3.ObjectLockMode {
  return mode !== undefined && modes.includes(mode);
}

/** The lock that the headers of a write ask for. @throws InvalidArgument, InvalidRequest where the bucket has no Object Lock */
async function requestedLock(ctx: Context, bucket: Bucket, input: LockInput): Promise<ObjectLock> {
  // Each value is looked at before the bucket is.
  const { ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus } = input;
  const eventHold = requestedHold(ctx.now(), input);
  const isDated = ObjectLockRetainUntilDate !== undefined || eventHold.ObjectLockEventHold === "ON";
  if ((ObjectLockMode === undefined) === isDated) {
    const missing = ObjectLockMode === undefined ? "mode" : "retain-until-date";
    const message = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied";
    throw invalidArgument(message, `x-amz-object-lock-${missing}`);
  }
  if (ObjectLockMode !== undefined && !isLockMode(ObjectLockMode)) {
    throw invalidArgument("Unknown wormMode directive.", "x-amz-object-lock-mode", ObjectLockMode);
  }
  if (ObjectLockRetainUntilDate !== undefined) {
    requireFuture(ctx, ObjectLockRetainUntilDate, "x-amz-object-lock-retain-until-date");
  }
  if (ObjectLockLegalHoldStatus !== undefined && !["ON", "OFF"].includes(ObjectLockLegalHoldStatus)) {
    const message = "Legal Hold must be either of 'ON' or 'OFF'";
    throw invalidArgument(message, "x-amz-object-lock-legal-hold", ObjectLockLegalHoldStatus);
  }
  const lock = {
    ...(ObjectLockMode === undefined ? {} : { ObjectLockMode }),
    ...(ObjectLockRetainUntilDate === undefined
      ? {}
      : { ObjectLockRetainUntilDate: ObjectLockRetainUntilDate.toISOString() }),
    ...(ObjectLockLegalHoldStatus === undefined ? {} : { ObjectLockLegalHoldStatus }),
    ...eventHold,
  };
  if (isLock(lock) && (await lockConfiguration(ctx.db, bucket)) === undefined) {
    throw invalidRequest("Bucket is missing ObjectLockConfiguration");
  }
  return lock;
}

/** The same, with the bucket's default retention where the headers ask for nothing: even a legal hold keeps it away. */
export async function newLock(ctx: Context, bucket: Bucket, input: LockInput): Promise<ObjectLock> {
  const lock = await requestedLock(ctx, bucket, input);
  return isLock(lock) ? lock : withDefaultRetention(ctx, ctx.db, bucket, lock);
}

/** A retention of the version's own outranks the bucket's. A default counts from when the version is made. */
export async function withDefaultRetention(
  ctx: Pick<Context, "now">,
  db: Kysely<Database>,
  bucket: Bucket,
  lock: ObjectLock,
): Promise<ObjectLock> {
  if (lock.ObjectLockMode !== undefined) return lock;
  const { Mode, DefaultEventHold, ...period } = (await lockConfiguration(db, bucket))?.Rule?.DefaultRetention ?? {};
  if (Mode === undefined) return lock;
  const until = Object.keys(period).length === 0 ? undefined : periodEnd(ctx.now(), period);
  return {
    ...lock,
    ObjectLockMode: Mode,
    ...(until && { ObjectLockRetainUntilDate: until.toISOString() }),
    ...(DefaultEventHold && heldFor(DefaultEventHold)),
  };
}

/** Only a bucket with versioning has Object Lock: others are not asked. */
export async function lockConfiguration(
  db: Kysely<Database>,
  bucket: Bucket,
): Promise<S3.ObjectLockConfiguration | undefined> {
  return bucket.versioning === "Enabled" ? findConfiguration(db, bucket, "ObjectLock") : undefined;
}

function isLock(lock: ObjectLock): boolean {
  return lock.ObjectLockMode !== undefined || lock.ObjectLockLegalHoldStatus !== undefined;
}

/** What is to be locked must be what was sent. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
export function requireLockIntegrity(ctx: Context, lock: ObjectLock, kind: "Object" | "Part"): void {
  if (!isLock(lock) || carriesIntegrity(ctx)) return;
  throw invalidRequest(
    `Content-MD5 OR x-amz-checksum- HTTP header is required for Put ${kind} requests with Object Lock parameters`,
  );
}

/** A version's lock, with all its other attributes beside it. */
export function lockOf(attributes: string): ObjectLock {
  return JSON.parse(attributes) as ObjectLock;
}

/** @throws AccessDenied for a version that a legal hold or a retention protects; `bypass` lifts GOVERNANCE alone */
export function checkDeletable(ctx: Pick<Context, "now">, attributes: string, bypass: boolean): void {
  const lock = lockOf(attributes);
  if (lock.ObjectLockLegalHoldStatus === "ON") throw accessDeniedByLock();
  if (isRetained(ctx, lock) && !(bypass && lock.ObjectLockMode === "GOVERNANCE")) throw accessDeniedByLock();
}

export function isRetained(ctx: Pick<Context, "now">, lock: ObjectLock): boolean {
  const now = ctx.now();
  const until = retainedUntil(lock, now);
  return until !== undefined && until > now;
}

/** @throws InvalidArgument */
export function requireFuture(ctx: Context, date: Date, argument: string): void {
  if (date > ctx.now()) return;
  const value = argument === documentDate ? pacificTime(date) : date.toISOString();
  throw invalidArgument("The retain until date must be in the future!", argument, value);
}

/** S3 names a document's date as Java writes it, in its own time zone: `Mon Sep 21 00:06:23 PDT 2026`. */
function pacificTime(date: Date): string {
  // Made when it is needed: the first format of a process takes 9 MB.
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: "America/Los_Angeles",
    ...{ weekday: "short", month: "short", day: "2-digit", year: "numeric" },
    ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short" },
  });
  const parts = Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));
  const { weekday, month, day, hour, minute, second, timeZoneName, year } = parts;
  return `${weekday} ${month} ${day} ${hour}:${minute}:${second} ${timeZoneName} ${year}`;
}
