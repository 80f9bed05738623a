import type * as S3 from "@aws-sdk/client-s3";
import { invalidArgument, invalidRequest } from "./errors.ts";
import { validateConditions } from "./filter-conditions.ts";
import { requireInts } from "./whole-numbers.ts";

/** The largest size, in bytes, that a filter may name. */
const largestSize = 1_099_511_627_776_000;

/** @throws MalformedXML, InvalidTag, InvalidRequest: https://github.com/hashicorp/terraform-provider-aws/issues/41521 */
export function validateFilter(filter: S3.LifecycleRuleFilter): void {
  validateConditions(filter);
  const { And } = filter;
  const { Tags = [] } = And ?? {};
  if (new Set(Tags.map(({ Key }) => Key)).size < Tags.length) {
    throw invalidRequest("Duplicate Tag Keys are not allowed.");
  }
  const { ObjectSizeGreaterThan: above, ObjectSizeLessThan: below } = And ?? filter;
  requireSize(above, "ObjectSizeGreaterThan", 0);
  requireSize(below, "ObjectSizeLessThan", 1);
  if (above !== undefined && below !== undefined && above >= below) {
    throw invalidRequest("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.");
  }
}

function requireSize(size: number | undefined, member: string, least: number): void {
  if (size === undefined || (size >= least && size <= largestSize)) return;
  throw invalidRequest(`'${member}' should be between ${least} and ${largestSize}.`);
}

/** What a rule applies to, as messages name it: `(prefix=logs/ and tag={key=a, value=b})`, or `()` for everything. */
export function filterText({ Filter, Prefix }: S3.LifecycleRule): string {
  const { And, Tag, ...one } = Filter ?? { Prefix };
  const { Prefix: prefix, ObjectSizeGreaterThan: above, ObjectSizeLessThan: below } = And ?? one;
  const tags = And?.Tags ?? (Tag === undefined ? [] : [Tag]);
  const conditions = [
    ...(prefix === undefined ? [] : [`prefix=${prefix}`]),
    ...tags.map(({ Key, Value }) => `tag={key=${Key}, value=${Value}}`),
    ...(above === undefined ? [] : [`objectsizegreaterthan=${above}`]),
    ...(below === undefined ? [] : [`objectsizelessthan=${below}`]),
  ];
  return `(${conditions.join(" and ")})`;
}

export function hasTags(filter: S3.LifecycleRuleFilter | undefined): boolean {
  return filter?.Tag !== undefined || (filter?.And?.Tags ?? []).length > 0;
}

export function hasSize(filter: S3.LifecycleRuleFilter | undefined): boolean {
  const { ObjectSizeGreaterThan, ObjectSizeLessThan } = filter?.And ?? filter ?? {};
  return ObjectSizeGreaterThan !== undefined || ObjectSizeLessThan !== undefined;
}

export function validateDate(date: Date | undefined): void {
  if (date === undefined || date.getTime() % 86_400_000 === 0) return;
  throw invalidArgument("'Date' must be at midnight GMT", "Date", date.toISOString());
}

/** The user guide says 100 at most; S3 takes more (decision 0150). */
export function validateNewer(versions: number | undefined, { Filter }: S3.LifecycleRule, action: string): void {
  requireInts(versions);
  if (versions === undefined) return;
  if (Filter === undefined) {
    throw invalidRequest("NewerNoncurrentVersions element can only be used in Lifecycle V2.");
  }
  if (versions < 1) {
    throw invalidArgument(
      `'NewerNoncurrentVersions' for ${action} action must be a positive integer`,
      "NewerNoncurrentVersions",
      versions,
    );
  }
}
