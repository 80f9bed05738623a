import type * as S3 from "@aws-sdk/client-s3";
import { invalidArgument, invalidRequest, malformedXml } from "./errors.ts";
import { hasSize, hasTags, validateDate, validateFilter, validateNewer } from "./lifecycle-filters.ts";
import { validateNoncurrentTransitions, validateTransitions } from "./lifecycle-transitions.ts";
import { requireInts } from "./whole-numbers.ts";

const maxRules = 1000;
const maxIdLength = 255;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html */
export function validateLifecycleRules(rules: readonly S3.LifecycleRule[]): void {
  if (rules.length > maxRules) throw malformedXml();
  const ids = new Set<string>();
  for (const rule of rules) {
    validateRule(rule);
    const { ID } = rule;
    if (!ID) continue;
    if (ids.has(ID)) {
      throw invalidArgument("Rule ID must be unique. Found same ID for more than one rule", "ID", ID);
    }
    ids.add(ID);
  }
  // The older form names a prefix beside the actions; a document has rules of one form.
  const older = rules.filter(({ Filter }) => Filter === undefined).length;
  if (older > 0 && older < rules.length) {
    throw invalidRequest(
      rules[0]?.Filter === undefined
        ? "Filter element can only be used in Lifecycle V2."
        : "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
    );
  }
}

function validateRule(rule: S3.LifecycleRule): void {
  const { ID = "", Status, Filter, Prefix } = rule;
  if (ID.length > maxIdLength) {
    throw invalidArgument(`ID length should not exceed allowed limit of ${maxIdLength}`, "ID", ID);
  }
  if (Status !== "Enabled" && Status !== "Disabled") throw malformedXml();
  if ((Filter === undefined) === (Prefix === undefined)) throw malformedXml();
  if (Filter !== undefined) validateFilter(Filter);
  const actions = [
    rule.Expiration,
    rule.Transitions?.[0],
    rule.NoncurrentVersionExpiration,
    rule.NoncurrentVersionTransitions?.[0],
    rule.AbortIncompleteMultipartUpload,
  ];
  if (actions.every((action) => action === undefined)) {
    throw invalidRequest("At least one action needs to be specified in a rule");
  }
  validateExpiration(rule);
  validateTransitions(rule);
  validateNoncurrent(rule);
  const abort = rule.AbortIncompleteMultipartUpload;
  if (abort !== undefined) {
    if (abort.DaysAfterInitiation === undefined) throw malformedXml();
    positive(abort.DaysAfterInitiation, "DaysAfterInitiation", "AbortIncompleteMultipartUpload");
    refuseConditions(Filter, "AbortIncompleteMultipartUpload");
  }
}

function validateExpiration({ Expiration, Filter }: S3.LifecycleRule): void {
  if (Expiration === undefined) return;
  const { Days, Date: date, ExpiredObjectDeleteMarker } = Expiration;
  if ([Days, date, ExpiredObjectDeleteMarker].filter((member) => member !== undefined).length !== 1) {
    throw malformedXml();
  }
  if (Days !== undefined) positive(Days, "Days", "Expiration");
  validateDate(date);
  if (ExpiredObjectDeleteMarker !== undefined) refuseConditions(Filter, "ExpiredObjectDeleteMarker");
}

/** What is neither a version with tags nor one with a size. */
function refuseConditions(filter: S3.LifecycleRuleFilter | undefined, action: string): void {
  if (hasTags(filter)) throw invalidRequest(`${action} cannot be specified with Tags.`);
  if (hasSize(filter)) throw invalidRequest(`${action} cannot be specified with Object Size.`);
}

function validateNoncurrent(rule: S3.LifecycleRule): void {
  const expiration = rule.NoncurrentVersionExpiration;
  if (expiration !== undefined) {
    if (expiration.NoncurrentDays === undefined) throw malformedXml();
    positive(expiration.NoncurrentDays, "NoncurrentDays", "NoncurrentVersionExpiration");
    validateNewer(expiration.NewerNoncurrentVersions, rule, "NoncurrentVersionExpiration");
  }
  validateNoncurrentTransitions(rule);
}

function positive(value: number, member: string, action: string): void {
  requireInts(value);
  if (value > 0) return;
  throw invalidArgument(`'${member}' for ${action} action must be a positive integer`, member, value);
}
