import type * as S3 from "@aws-sdk/client-s3";
import { invalidArgument, invalidRequest, malformedXml } from "./errors.ts";
import { requireInts } from "./whole-numbers.ts";

/**
 * Variable retention: while a hold is on, the end of the retention stays as far ahead as the hold's duration is long, and it is
 * fixed when the hold is released. docs/decisions/0127-event-holds.md
 */
export type EventHold = Pick<
  S3.HeadObjectOutput,
  "ObjectLockEventHold" | "ObjectLockEventHoldDurationDays" | "ObjectLockEventHoldDurationYears"
>;

const maxDays = 36_500;
const maxYears = 100;
const hold = "x-amz-object-lock-event-hold";

/** The end of a period, whose years are the calendar's. */
export function periodEnd(from: Date, { Days = 0, Years = 0 }: S3.EventHoldDuration): Date {
  const end = new Date(from);
  end.setUTCFullYear(end.getUTCFullYear() + Years);
  end.setUTCDate(end.getUTCDate() + Days);
  return end;
}

/** For policies and reports: a year has 365 days there. */
export function durationDays({ Days, Years }: S3.EventHoldDuration): number | undefined {
  return Days ?? (Years === undefined ? undefined : Years * 365);
}

/** Of a version or a request; none where nothing is held. */
export function holdDuration(lock: EventHold): S3.EventHoldDuration {
  const { ObjectLockEventHoldDurationDays: Days, ObjectLockEventHoldDurationYears: Years } = lock;
  return { ...(Days !== undefined && { Days }), ...(Years !== undefined && { Years }) };
}

/** A hold that is on, as it is stored. */
export function heldFor({ Days, Years }: S3.EventHoldDuration): EventHold {
  return {
    ObjectLockEventHold: "ON",
    ...(Days !== undefined && { ObjectLockEventHoldDurationDays: Days }),
    ...(Years !== undefined && { ObjectLockEventHoldDurationYears: Years }),
  };
}

/** When the retention ends as of `now`, which for a hold that is on is never before a date that was asked for. */
export function retainedUntil(
  lock: EventHold & { readonly ObjectLockRetainUntilDate?: string },
  now: Date,
): Date | undefined {
  const fixed = lock.ObjectLockRetainUntilDate === undefined ? undefined : new Date(lock.ObjectLockRetainUntilDate);
  if (lock.ObjectLockEventHold !== "ON") return fixed;
  const held = periodEnd(now, holdDuration(lock));
  return fixed !== undefined && fixed > held ? fixed : held;
}

/** What the headers of a write ask for. @throws InvalidArgument, InvalidRequest, MalformedXML */
export function requestedHold(
  now: Date,
  input: EventHold & Pick<S3.PutObjectRequest, "ObjectLockMode" | "ObjectLockRetainUntilDate">,
): EventHold {
  const { ObjectLockEventHold: EventHold, ObjectLockMode, ObjectLockRetainUntilDate: RetainUntilDate } = input;
  const duration = holdDuration(input);
  const EventHoldDuration = Object.keys(duration).length === 0 ? undefined : duration;
  if (EventHold === undefined) {
    if (EventHoldDuration === undefined) return {};
    throw invalidRequest(`Event hold duration requires ${hold}:ON.`);
  }
  if (EventHold !== "ON" && EventHold !== "OFF") {
    throw invalidArgument("Event hold must be either of 'ON' or 'OFF'", hold, EventHold);
  }
  if (ObjectLockMode === undefined) {
    throw invalidRequest(`x-amz-object-lock-mode is required when ${hold} is supplied.`);
  }
  if (EventHold === "OFF" && RetainUntilDate === undefined) {
    throw invalidRequest(`x-amz-object-lock-retain-until-date is required when ${hold} is OFF.`);
  }
  checkHold(now, { EventHold, EventHoldDuration, RetainUntilDate });
  return EventHold === "ON" ? heldFor(duration) : { ObjectLockEventHold: EventHold };
}

/** One that is on has one duration, which ends no later than a date beside it. @throws InvalidRequest, MalformedXML, InvalidArgument */
export function checkHold(
  now: Date,
  { EventHold, EventHoldDuration, RetainUntilDate }: Omit<S3.ObjectLockRetention, "Mode">,
): void {
  if (EventHold === "OFF") {
    if (EventHoldDuration === undefined) return;
    throw invalidRequest("EventHoldDuration must not be supplied with EventHold:OFF.");
  }
  if (EventHoldDuration === undefined) {
    throw invalidRequest("EventHold:ON must be supplied with an EventHoldDuration.");
  }
  checkDuration(EventHoldDuration, "Event hold duration");
  if (RetainUntilDate === undefined || RetainUntilDate >= periodEnd(now, EventHoldDuration)) return;
  throw invalidArgument(
    "The retain until date must be equal to or later than the current time plus the event hold duration.",
    "RetainUntilDate",
    RetainUntilDate.toISOString(),
  );
}

/** One duration, in days or in years. @throws MalformedXML, InvalidArgument */
export function checkDuration({ Days, Years }: S3.EventHoldDuration, what: string): void {
  if ((Days === undefined) === (Years === undefined)) throw malformedXml();
  requireInts(Days, Years);
  const value = Days ?? Years ?? 0;
  const [name, max] = Days === undefined ? (["Years", maxYears] as const) : (["Days", maxDays] as const);
  if (value <= 0) throw invalidArgument(`${what} must be a positive integer value.`, name, value);
  if (value > max) throw invalidArgument(`${what} must be at most ${max} ${name.toLowerCase()}.`, name, value);
}
