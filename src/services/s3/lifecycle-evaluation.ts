import type * as S3 from "@aws-sdk/client-s3";

/** What of a version, or an upload, rules look at. */
export interface LifecycleSubject {
  readonly key: string;
  /** Bytes; none for an upload and for a delete marker. */
  readonly size: number | undefined;
  readonly tags: readonly S3.Tag[];
}

/** Something that a rule does, and when. */
export interface Due {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly ruleId: string;
}

/**
 * When days are over: at the midnight (UTC) after they have passed. `day` is a day in milliseconds, which tests shorten.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days
 */
function afterDays(from: number, days: number, day: number): number {
  return Math.min(Math.ceil((from + days * day) / day) * day, lastMoment);
}

/** What takes longer is due then: HTTP's dates have years of four digits. */
export const lastMoment = Date.UTC(9999, 11, 31);

/** A rule about some of a bucket's objects, here or in replication. */
type FilteredRule = Pick<S3.LifecycleRule, "Status" | "Prefix" | "Filter">;

export function matchingRules<Rule extends FilteredRule>(rules: readonly Rule[], subject: LifecycleSubject): Rule[] {
  return rules.filter((rule) => rule.Status === "Enabled" && matches(rule, subject));
}

/** When a current version expires, by the rule that is first; undefined where no rule has it. */
export function expirationOf(rules: readonly S3.LifecycleRule[], lastModified: number, day: number): Due | undefined {
  return earliest(
    rules.flatMap(({ ID = "", Expiration }) => {
      if (Expiration?.Days !== undefined) return [{ time: afterDays(lastModified, Expiration.Days, day), ruleId: ID }];
      return Expiration?.Date === undefined ? [] : [{ time: new Date(Expiration.Date).getTime(), ruleId: ID }];
    }),
  );
}

/** When an upload that has not been completed is aborted. */
export function abortionOf(rules: readonly S3.LifecycleRule[], initiated: number, day: number): Due | undefined {
  return earliest(
    rules.flatMap(({ ID = "", AbortIncompleteMultipartUpload: abort }) =>
      abort?.DaysAfterInitiation === undefined
        ? []
        : [{ time: afterDays(initiated, abort.DaysAfterInitiation, day), ruleId: ID }],
    ),
  );
}

/** Whether a delete marker with nothing behind it goes: by rule, or by its age. */
export function isMarkerExpired(
  rules: readonly S3.LifecycleRule[],
  marker: { lastModified: number; now: number; day: number },
): boolean {
  const { lastModified, now, day } = marker;
  return rules.some(({ Expiration }) => {
    if (Expiration?.ExpiredObjectDeleteMarker === true) return true;
    return Expiration?.Days !== undefined && afterDays(lastModified, Expiration.Days, day) <= now;
  });
}

interface Noncurrent {
  /** When the version that followed was made. */
  readonly since: number;
  /** How many noncurrent versions are newer. */
  readonly newer: number;
  readonly now: number;
  readonly day: number;
}

export function isNoncurrentExpired(rules: readonly S3.LifecycleRule[], version: Noncurrent): boolean {
  return rules.some(
    ({ NoncurrentVersionExpiration: expiration }) => expiration && isNoncurrentDue(expiration, version),
  );
}

/** The class that a current version should have by now; undefined where no transition is due. */
export function transitionOf(
  rules: readonly S3.LifecycleRule[],
  version: { lastModified: number; now: number; day: number },
): string | undefined {
  const { lastModified, now, day } = version;
  return coldest(
    rules.flatMap(({ Transitions = [] }) =>
      Transitions.filter(({ Days, Date: date }) => {
        const time = date === undefined ? afterDays(lastModified, Days ?? 0, day) : new Date(date).getTime();
        return time <= now;
      }),
    ),
  );
}

export function noncurrentTransitionOf(rules: readonly S3.LifecycleRule[], version: Noncurrent): string | undefined {
  return coldest(
    rules.flatMap(({ NoncurrentVersionTransitions = [] }) =>
      NoncurrentVersionTransitions.filter((transition) => isNoncurrentDue(transition, version)),
    ),
  );
}

/**
 * The rules that may move an object of this size: small ones stay where moving them costs more than it saves, unless a rule has
 * a size of its own. https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 */
export function movingRules(
  rules: readonly S3.LifecycleRule[],
  size: number,
  minimum: S3.TransitionDefaultMinimumObjectSize | undefined,
): S3.LifecycleRule[] {
  if (size >= 128 * 1024) return [...rules];
  const staysBelow = ({ StorageClass }: S3.Transition) =>
    minimum === "varies_by_storage_class" && (StorageClass === "GLACIER" || StorageClass === "DEEP_ARCHIVE");
  return rules.map((rule) => {
    if ((rule.Filter?.And ?? rule.Filter)?.ObjectSizeGreaterThan !== undefined) return rule;
    const { Transitions = [], NoncurrentVersionTransitions = [] } = rule;
    return {
      ...rule,
      Transitions: Transitions.filter(staysBelow),
      NoncurrentVersionTransitions: NoncurrentVersionTransitions.filter(staysBelow),
    };
  });
}

function matches({ Prefix, Filter }: FilteredRule, { key, size, tags }: LifecycleSubject): boolean {
  const conditions = Filter?.And ?? Filter ?? {};
  const { ObjectSizeGreaterThan: above, ObjectSizeLessThan: below } = conditions;
  if (!key.startsWith(Prefix ?? conditions.Prefix ?? "")) return false;
  if (above !== undefined && !(size !== undefined && size > above)) return false;
  if (below !== undefined && !(size !== undefined && size < below)) return false;
  const wanted = Filter?.And?.Tags ?? (Filter?.Tag === undefined ? [] : [Filter.Tag]);
  return wanted.every(({ Key, Value }) => tags.some((tag) => tag.Key === Key && tag.Value === Value));
}

function isNoncurrentDue(
  action: { NoncurrentDays?: number | undefined; NewerNoncurrentVersions?: number | undefined },
  { since, newer, now, day }: Noncurrent,
): boolean {
  const { NoncurrentDays = 0, NewerNoncurrentVersions = 0 } = action;
  return newer >= NewerNoncurrentVersions && afterDays(since, NoncurrentDays, day) <= now;
}

function earliest(dues: readonly Due[]): Due | undefined {
  return dues.reduce<Due | undefined>(
    (first, due) => (first === undefined || due.time < first.time ? due : first),
    undefined,
  );
}

/** From the warmest on; objects move in this direction alone. */
const classes: readonly string[] = [
  ...["STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER"],
  "DEEP_ARCHIVE",
];

/** Whether a transition leads on from where the object is. */
export function isColder(target: string, current: string): boolean {
  return classes.indexOf(target) > classes.indexOf(current);
}

function coldest(transitions: readonly { StorageClass?: string | undefined }[]): string | undefined {
  return transitions
    .map(({ StorageClass = "STANDARD" }) => StorageClass)
    .reduce<string | undefined>((last, next) => (last === undefined || isColder(next, last) ? next : last), undefined);
}
