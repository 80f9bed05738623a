import type * as S3 from "@aws-sdk/client-s3";
import { invalidArgument, invalidRequest, malformedXml } from "./errors.ts";

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
      "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
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
    positive(abort.DaysAfterInitiation, "DaysAfterInitiation", "AbortIncompleteMultipartUpload");
    if (hasTags(Filter)) throw invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Tags.");
    if (hasSize(Filter)) throw invalidRequest("AbortIncompleteMultipartUpload cannot be specified with Object Size.");
  }
}

/** One condition, or several in an `And`. */
function validateFilter(filter: S3.LifecycleRuleFilter): void {
  if (Object.keys(filter).length > 1) throw malformedXml();
  const { And } = filter;
  if (And !== undefined) {
    const { Tags = [], ...others } = And;
    if (Object.keys(others).length + Tags.length < 2) throw malformedXml();
    if (new Set(Tags.map(({ Key }) => Key)).size < Tags.length) {
      throw invalidRequest("Duplicate Tag Keys are not allowed.");
    }
  }
  const { ObjectSizeGreaterThan: above, ObjectSizeLessThan: below } = And ?? filter;
  if (above !== undefined && below !== undefined && above >= below) {
    throw invalidRequest("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.");
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
  if (ExpiredObjectDeleteMarker !== undefined && (hasTags(Filter) || hasSize(Filter))) throw malformedXml();
}

const transitionClasses: readonly string[] = [
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER_IR",
  "GLACIER",
  "DEEP_ARCHIVE",
];
/** Days that an object has to be in STANDARD before. */
const leastDays = 30;

function validateTransitions({ Transitions = [], Expiration, Filter, Prefix }: S3.LifecycleRule): void {
  const prefix = Prefix ?? Filter?.Prefix ?? Filter?.And?.Prefix ?? "";
  for (const { Days, Date: date, StorageClass = "" } of Transitions) {
    if (!transitionClasses.includes(StorageClass)) throw malformedXml();
    if ((Days === undefined) === (date === undefined)) throw malformedXml();
    validateDate(date);
    if (Days === undefined) continue;
    if (Days < 0) {
      throw invalidArgument("'Days' for Transition action must be nonnegative", "Days", Days);
    }
    if (StorageClass.endsWith("_IA") && Days < leastDays) {
      throw invalidArgument(
        `'Days' in Transition action must be greater than or equal to ${leastDays} for storageClass '${StorageClass}'`,
        "Days",
        Days,
      );
    }
    if (Expiration?.Days !== undefined && Expiration.Days <= Days) {
      throw invalidArgument(
        `'Days' in the Expiration action for filter '(prefix=${prefix})' must be greater than 'Days' in the Transition action`,
        "Days",
        Expiration.Days,
      );
    }
  }
  if (new Set(Transitions.map(({ StorageClass }) => StorageClass)).size < Transitions.length) {
    throw invalidRequest("Found duplicate transition storage class in a rule.");
  }
  if (new Set(Transitions.map(({ Days }) => Days === undefined)).size > 1) {
    throw invalidRequest("Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule.");
  }
  const [first] = Transitions;
  const other = first?.Days === undefined ? Expiration?.Days : Expiration?.Date;
  if (first !== undefined && other !== undefined) {
    throw invalidRequest(
      `Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter '(prefix=${prefix})'`,
    );
  }
}

function validateNoncurrent(rule: S3.LifecycleRule): void {
  const expiration = rule.NoncurrentVersionExpiration;
  if (expiration !== undefined) {
    if (expiration.NoncurrentDays === undefined) throw malformedXml();
    positive(expiration.NoncurrentDays, "NoncurrentDays", "NoncurrentVersionExpiration");
    validateNewer(expiration.NewerNoncurrentVersions, rule);
  }
  for (const { NoncurrentDays, StorageClass = "", NewerNoncurrentVersions } of rule.NoncurrentVersionTransitions ??
    []) {
    if (NoncurrentDays === undefined || !transitionClasses.includes(StorageClass)) throw malformedXml();
    if (StorageClass.endsWith("_IA") && NoncurrentDays < leastDays) {
      throw invalidArgument(
        `'NoncurrentDays' in NoncurrentVersionTransition action must be greater than or equal to ${leastDays} for storageClass '${StorageClass}'`,
        "NoncurrentDays",
        NoncurrentDays,
      );
    }
    validateNewer(NewerNoncurrentVersions, rule);
  }
}

function validateNewer(versions: number | undefined, { Filter }: S3.LifecycleRule): void {
  if (versions === undefined) return;
  if (Filter === undefined) {
    throw invalidRequest("NewerNoncurrentVersions element can only be used in Lifecycle V2.");
  }
  if (versions < 1 || versions > 100) {
    throw invalidArgument(
      "'NewerNoncurrentVersions' must be a positive integer no greater than 100",
      "NewerNoncurrentVersions",
      versions,
    );
  }
}

function positive(value: number | undefined, member: string, action: string): void {
  if (value !== undefined && value > 0) return;
  throw invalidArgument(`'${member}' for ${action} action must be a positive integer`, member, value);
}

function validateDate(date: Date | undefined): void {
  if (date === undefined || date.getTime() % 86_400_000 === 0) return;
  throw invalidArgument("'Date' must be at midnight GMT", "Date", date.toISOString());
}

function hasTags(filter: S3.LifecycleRuleFilter | undefined): boolean {
  return filter?.Tag !== undefined || (filter?.And?.Tags ?? []).length > 0;
}

function hasSize(filter: S3.LifecycleRuleFilter | undefined): boolean {
  const { ObjectSizeGreaterThan, ObjectSizeLessThan } = filter?.And ?? filter ?? {};
  return ObjectSizeGreaterThan !== undefined || ObjectSizeLessThan !== undefined;
}
