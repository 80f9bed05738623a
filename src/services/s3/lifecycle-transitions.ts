import type * as S3 from "@aws-sdk/client-s3";
import { invalidArgument, invalidRequest, malformedXml } from "./errors.ts";
import { filterText, validateDate, validateNewer } from "./lifecycle-filters.ts";
import { requireInts } from "./whole-numbers.ts";

/** In the order in which objects may move through them, each with the days that an object has to stay there at least. */
const leastStays: ReadonlyMap<string, number> = new Map([
  ["STANDARD_IA", 30],
  ["INTELLIGENT_TIERING", 0],
  ["ONEZONE_IA", 30],
  ["GLACIER_IR", 90],
  ["GLACIER", 90],
  ["DEEP_ARCHIVE", 0],
]);
/** Days that an object has to be in STANDARD before. */
const leastDays = 30;

/** How messages name the transitions of current and those of noncurrent versions. */
interface Action {
  readonly action: "Transition" | "NoncurrentVersionTransition";
  readonly member: "Days" | "NoncurrentDays";
  readonly expiration: "Expiration" | "NoncurrentVersionExpiration";
  readonly filter: string;
}

interface Move {
  readonly days: number | undefined;
  readonly storageClass: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html */
export function validateTransitions(rule: S3.LifecycleRule): void {
  const { Transitions = [], Expiration } = rule;
  const named = { action: "Transition", member: "Days", expiration: "Expiration", filter: filterText(rule) } as const;
  const moves = Transitions.map(({ Days: days, StorageClass: storageClass = "" }) => ({ days, storageClass }));
  for (const { Days, Date: date, StorageClass = "" } of Transitions) {
    if (!leastStays.has(StorageClass)) throw malformedXml();
    if ((Days === undefined) === (date === undefined)) throw malformedXml();
    requireInts(Days);
    validateDate(date);
    if (Days !== undefined && Days < 0) {
      throw invalidArgument("'Days' for Transition action must be nonnegative", "Days", Days);
    }
  }
  refuseSameClasses(moves, named);
  if (new Set(Transitions.map(({ Days }) => Days === undefined)).size > 1) {
    throw invalidRequest("Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule.");
  }
  const [first] = Transitions;
  const other = first?.Days === undefined ? Expiration?.Days : Expiration?.Date;
  if (first !== undefined && other !== undefined) {
    throw invalidRequest(
      `Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter '${named.filter}'`,
    );
  }
  validateDays(moves, Expiration?.Days, named);
  const end = Expiration?.Date;
  if (end !== undefined && Transitions.some(({ Date: date }) => date !== undefined && date >= end)) {
    throw invalidArgument(
      `'Date' in the Expiration action for filter '${named.filter}' must be greater than 'Date' in the Transition action`,
      "Date",
      end.toISOString(),
    );
  }
}

export function validateNoncurrentTransitions(rule: S3.LifecycleRule): void {
  const { NoncurrentVersionTransitions = [], NoncurrentVersionExpiration } = rule;
  const named = {
    action: "NoncurrentVersionTransition",
    member: "NoncurrentDays",
    expiration: "NoncurrentVersionExpiration",
    filter: filterText(rule),
  } as const;
  const moves = NoncurrentVersionTransitions.map(({ NoncurrentDays: days, StorageClass: storageClass = "" }) => ({
    days,
    storageClass,
  }));
  for (const { days, storageClass } of moves) {
    if (days === undefined || !leastStays.has(storageClass)) throw malformedXml();
    requireInts(days);
    if (days < 0) {
      throw invalidArgument(
        "'NoncurrentDays' in NoncurrentVersionTransition action must be nonnegative",
        "NoncurrentDays",
        days,
      );
    }
  }
  for (const { NewerNoncurrentVersions } of NoncurrentVersionTransitions) validateNewer(NewerNoncurrentVersions, rule);
  refuseSameClasses(moves, named);
  validateDays(moves, NoncurrentVersionExpiration?.NoncurrentDays, named);
}

function refuseSameClasses(moves: readonly Move[], { action, filter }: Action): void {
  if (new Set(moves.map(({ storageClass }) => storageClass)).size === moves.length) return;
  throw invalidRequest(
    `'StorageClass' must be different for '${action}' actions in same 'Rule' with filter '${filter}'`,
  );
}

function validateDays(moves: readonly Move[], end: number | undefined, named: Action): void {
  const { action, member, expiration, filter } = named;
  for (const { days, storageClass } of moves) {
    if (days === undefined) continue;
    if (storageClass.endsWith("_IA") && days < leastDays) {
      throw invalidArgument(
        `'${member}' in ${action} action must be greater than or equal to ${leastDays} for storageClass '${storageClass}'`,
        member,
        days,
      );
    }
    if (end !== undefined && end <= days) {
      throw invalidArgument(
        `'${member}' in the ${expiration} action for filter '${filter}' must be greater than '${member}' in the ${action} action`,
        member,
        end,
      );
    }
  }
  validateStays(moves, named);
}

/** An object stays in a class as long as it is paid for there, before it moves on. */
function validateStays(moves: readonly Move[], { action, member, filter }: Action): void {
  const order = [...leastStays.keys()];
  for (const { days, storageClass } of moves) {
    for (const former of moves) {
      const stay = leastStays.get(former.storageClass) ?? 0;
      if (days === undefined || former.days === undefined || stay === 0) continue;
      if (order.indexOf(former.storageClass) >= order.indexOf(storageClass) || days - former.days >= stay) continue;
      throw invalidArgument(
        `'${member}' in the '${action}' action for StorageClass '${storageClass}' for filter '${filter}' must be ${stay} days more than 'filter '${filter}'' in the '${action}' action for StorageClass '${former.storageClass}'`,
        member,
        days,
      );
    }
  }
}
