import type { AwsError } from "../../aws/aws-error.ts";
import { invalidArgument, noSuchKey, notImplementedHeader, notModified, preconditionFailed } from "./errors.ts";
import type { ObjectRow } from "./object-rows.ts";

interface ReadConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

/** The first condition that does not hold. An ETag outranks the date beside it, as in RFC 9110, 13.2.2. */
function failedCondition(conditions: ReadConditions, object: ObjectRow): keyof ReadConditions | undefined {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  if (IfMatch !== undefined) {
    if (!matches(IfMatch, object)) return "IfMatch";
  } else if (IfUnmodifiedSince !== undefined && object.last_modified > seconds(IfUnmodifiedSince)) {
    return "IfUnmodifiedSince";
  }
  if (IfNoneMatch !== undefined) {
    if (matches(IfNoneMatch, object)) return "IfNoneMatch";
  } else if (IfModifiedSince !== undefined && object.last_modified <= seconds(IfModifiedSince)) {
    return "IfModifiedSince";
  }
  return undefined;
}

/** A date of the future is no condition (RFC 9110, 13.1.3). */
function notOfFuture(since: Date | undefined, now: Date): Date | undefined {
  return since !== undefined && since > now ? undefined : since;
}

/** @throws PreconditionFailed, or NotModified (304) with the headers that a cache renews */
export function checkReadConditions(input: ReadConditions, object: ObjectRow, now: Date): void {
  const { IfMatch, IfNoneMatch, IfUnmodifiedSince } = input;
  const IfModifiedSince = notOfFuture(input.IfModifiedSince, now);
  const failed = failedCondition({ IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince }, object);
  if (failed === undefined) return;
  if (failed === "IfMatch") throw preconditionFailed("If-Match");
  if (failed === "IfUnmodifiedSince") throw preconditionFailed("If-Unmodified-Since");
  throw notModified({
    etag: `"${object.etag}"`,
    "last-modified": new Date(object.last_modified).toUTCString(),
    "accept-ranges": "bytes",
  });
}

interface CopySourceConditions {
  readonly CopySourceIfMatch?: string | undefined;
  readonly CopySourceIfNoneMatch?: string | undefined;
  readonly CopySourceIfModifiedSince?: Date | undefined;
  readonly CopySourceIfUnmodifiedSince?: Date | undefined;
}

/** @throws PreconditionFailed, also where a read would give 304 */
export function checkCopyConditions(input: CopySourceConditions, source: ObjectRow, now: Date): void {
  const failed = failedCondition(
    {
      IfMatch: input.CopySourceIfMatch,
      IfNoneMatch: input.CopySourceIfNoneMatch,
      IfModifiedSince: notOfFuture(input.CopySourceIfModifiedSince, now),
      IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince,
    },
    source,
  );
  if (failed !== undefined) throw preconditionFailed(copySourceHeaders[failed]);
}

const copySourceHeaders: Readonly<Record<keyof ReadConditions, string>> = {
  IfMatch: "x-amz-copy-source-If-Match",
  IfNoneMatch: "x-amz-copy-source-If-None-Match",
  IfModifiedSince: "x-amz-copy-source-If-Modified-Since",
  IfUnmodifiedSince: "x-amz-copy-source-If-Unmodified-Since",
};

export interface WriteConditions {
  readonly Key?: string | undefined;
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

/** A write takes one condition: `If-None-Match: *` or `If-Match` with an ETag. */
export function validateWriteConditions({ IfMatch, IfNoneMatch }: WriteConditions): void {
  if (IfMatch !== undefined && IfNoneMatch !== undefined) {
    throw notImplementedHeader("If-Match,If-None-Match", "Multiple conditional request headers present in the request");
  }
  if (IfNoneMatch !== undefined && IfNoneMatch !== "*") throw unacceptedValue("If-None-Match");
  if (IfMatch === "*") throw unacceptedValue("If-Match");
}

function unacceptedValue(header: string): AwsError {
  return notImplementedHeader(header, `We don't accept the provided value of ${header} header for this API`);
}

/** Within the transaction that writes: whether `current`, the version to be replaced, allows it. */
export function checkWriteConditions(input: WriteConditions, current: ObjectRow | undefined): void {
  const existing = current?.is_delete_marker === 0 ? current : undefined;
  if (input.IfNoneMatch !== undefined && existing !== undefined) throw preconditionFailed("If-None-Match");
  if (input.IfMatch === undefined) return;
  if (existing === undefined) throw noSuchKey(input.Key ?? "");
  if (!matches(input.IfMatch, existing)) throw preconditionFailed("If-Match");
}

/** A delete also takes `If-Match: *`, for an object that must be there. */
export function checkDeleteCondition(input: { Key: string; IfMatch: string }, current: ObjectRow | undefined): void {
  if (input.IfMatch === "") throw invalidArgument("The ETag you specified is not valid", "If-Match", input.IfMatch);
  // Behind a delete marker there is none: https://github.com/ministackorg/ministack/issues/1475
  if (current === undefined || current.is_delete_marker !== 0) throw noSuchKey(input.Key);
  if (!matches(input.IfMatch, current)) throw preconditionFailed("If-Match");
}

/** A list of ETags, each with or without its quotes; `*` is every object. */
function matches(etags: string, object: ObjectRow): boolean {
  return etags.split(",").some((etag) => {
    const bare = etag.trim().replace(/^W\//, "").replaceAll('"', "");
    return bare === "*" || bare === object.etag;
  });
}

/** Milliseconds, without what HTTP dates cannot say. */
function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}
