import type * as S3 from "@aws-sdk/client-s3";
import type { AwsError } from "../../aws/aws-error.ts";
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
const dayMs = 86_400_000;

/** How messages name the transitions of current and those of noncurrent versions. */
interface Action {
  readonly action: "Transition" | "NoncurrentVersionTransition";
  readonly member: "Days" | "NoncurrentDays";
  readonly expiration: "Expiration" | "NoncurrentVersionExpiration";
  readonly filter: string;
}

interface Move {
  readonly days: number | undefined;
  readonly date?: Date | undefined;
  readonly storageClass: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html */
export function validateTransitions(rule: S3.LifecycleRule): void {
  const { Transitions = [], Expiration } = rule;
  const named = { action: "Transition", member: "Days", expiration: "Expiration", filter: filterText(rule) } as const;
  const moves = Transitions.map(({ Days: days, Date: date, StorageClass: storageClass = "" }) => ({
    days,
    date,
    storageClass,
  }));
  for (const { Days, Date: date, StorageClass = "" } of Transitions) {
    if ((Days === undefined) === (date === undefined)) throw malformedXml();
    requireInts(Days);
    validateDate(date);
    if (Days !== undefined && Days < 0) {
      throw invalidArgument("'Days' in Transition action must be nonnegative", "Days", Days);
    }
    requireTarget(StorageClass);
  }
  refuseSameClasses(moves, named);
  if (new Set(Transitions.map(({ Days }) => Days === undefined)).size > 1) {
    throw invalidRequest(
      `Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for filter '${named.filter}'`,
    );
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
    if (days === undefined) throw malformedXml();
    requireInts(days);
    if (days < 0) {
      throw invalidArgument(
        "'NoncurrentDays' in NoncurrentVersionTransition action must be nonnegative",
        "NoncurrentDays",
        days,
      );
    }
    requireTarget(storageClass);
  }
  for (const { NewerNoncurrentVersions } of NoncurrentVersionTransitions) {
    validateNewer(NewerNoncurrentVersions, rule, named.action);
  }
  refuseSameClasses(moves, named);
  validateDays(moves, NoncurrentVersionExpiration?.NoncurrentDays, named);
}

function refuseSameClasses(moves: readonly Move[], { action, filter }: Action): void {
  if (new Set(moves.map(({ storageClass }) => storageClass)).size === moves.length) return;
  throw invalidRequest(
    `'StorageClass' must be different for '${action}' actions in same 'Rule' with filter '${filter}'`,
  );
}

function requireTarget(storageClass: string): void {
  if (leastStays.has(storageClass)) return;
  if (storageClass !== "STANDARD" && storageClass !== "REDUCED_REDUNDANCY") throw malformedXml();
  throw invalidArgument("Invalid target Storage class for Transition action", "StorageClass", storageClass);
}

function validateDays(moves: readonly Move[], end: number | undefined, named: Action): void {
  const { action, member, expiration, filter } = named;
  validateOrder(moves, named);
  for (const { days } of moves) {
    if (days === undefined || end === undefined || end > days) continue;
    throw invalidArgument(
      `'${member}' in the ${expiration} action for filter '${filter}' must be greater than '${member}' in the ${action} action`,
      member,
      end,
    );
  }
}

/** Objects move to colder classes alone, and out of one no earlier than they were there as long as they are paid for. */
function validateOrder(moves: readonly Move[], named: Action): void {
  const order = [...leastStays.keys()];
  for (const [index, second] of moves.entries()) {
    for (const first of moves.slice(0, index)) {
      const forward = order.indexOf(first.storageClass) < order.indexOf(second.storageClass);
      const [warm, cold] = forward ? [first, second] : [second, first];
      const gap = daysOf(cold) - daysOf(warm);
      const stay = leastStays.get(warm.storageClass) ?? 0;
      if (gap <= 0 || !leads(warm, cold)) throw orderError(second, named, { cold, warm });
      if (gap < stay) throw orderError(second, named, { cold, warm, stay });
    }
  }
}

function leads(warm: Move, cold: Move): boolean {
  return warm.storageClass !== "ONEZONE_IA" || cold.storageClass !== "GLACIER_IR";
}

function daysOf({ days, date }: Move): number {
  return days ?? (date?.getTime() ?? 0) / dayMs;
}

/** AWS names the value of whichever of the two comes second in the document. */
function orderError(
  { days, date }: Move,
  { action, member, filter }: Action,
  { cold, warm, stay }: { cold: Move; warm: Move; stay?: number },
): AwsError {
  const named = date === undefined ? member : "Date";
  const of = ({ storageClass }: Move) => `in the '${action}' action for StorageClass '${storageClass}'`;
  const rule =
    stay === undefined
      ? `must be greater than '${named}' ${of(warm)} for filter '${filter}'`
      : `must be ${stay} days more than 'filter '${filter}'' ${of(warm)}`;
  const message = `'${named}' ${of(cold)} for filter '${filter}' ${rule}`;
  return invalidArgument(message, named, days ?? date?.toISOString());
}
