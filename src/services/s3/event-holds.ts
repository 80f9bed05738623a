import type * as S3 from "@aws-sdk/client-s3";
import { invalidArgument, malformedXml } from "./errors.ts";
import { requireInts } from "./whole-numbers.ts";

/**
 * Variable retention: while a hold is on, the end of the retention stays as far ahead as the hold's duration is long, and it is
 * fixed when the hold is released. docs/decisions/0127-event-holds.md
 */
export type EventHold = Pick<
  S3.HeadObjectOutput,
  "ObjectLockEventHold" | "ObjectLockEventHoldDurationDays" | "ObjectLockEventHoldDurationYears"
>;

const dayMilliseconds = 24 * 60 * 60 * 1000;
const maxDays = 36_500;
const maxYears = 100;
const hold = "x-amz-object-lock-event-hold";

/** A year has 365 days. */
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
  const held = now.getTime() + (durationDays(holdDuration(lock)) ?? 0) * dayMilliseconds;
  return new Date(Math.max(held, fixed?.getTime() ?? 0));
}

/** What the headers of a write ask for. @throws InvalidArgument */
export function requestedHold(
  input: EventHold & Pick<S3.PutObjectRequest, "ObjectLockMode" | "ObjectLockRetainUntilDate">,
): EventHold {
  const { ObjectLockEventHold, ObjectLockMode, ObjectLockRetainUntilDate } = input;
  const duration = holdDuration(input);
  const isOne = (duration.Days === undefined) !== (duration.Years === undefined);
  const isNone = duration.Days === undefined && duration.Years === undefined;
  if (ObjectLockEventHold === undefined && isNone) return {};
  if (ObjectLockEventHold !== "ON" && ObjectLockEventHold !== "OFF") {
    throw invalidArgument("Event Hold must be either of 'ON' or 'OFF'", hold, ObjectLockEventHold);
  }
  if (ObjectLockMode === undefined) {
    throw invalidArgument("An event hold requires a retention mode.", "x-amz-object-lock-mode");
  }
  if (ObjectLockEventHold === "OFF") {
    if (!isNone) throw invalidArgument("An event hold that is OFF must not have a duration.", `${hold}-duration-days`);
    if (ObjectLockRetainUntilDate !== undefined) return { ObjectLockEventHold };
    throw invalidArgument(
      "An event hold that is OFF requires a retain until date.",
      "x-amz-object-lock-retain-until-date",
    );
  }
  if (!isOne) {
    throw invalidArgument("An event hold requires a duration in either days or years.", `${hold}-duration-days`);
  }
  checkDuration(duration);
  return heldFor(duration);
}

/** Of a document: one duration, in days or in years. @throws MalformedXML, InvalidArgument */
export function validDuration(duration: S3.EventHoldDuration | undefined): S3.EventHoldDuration {
  const { Days, Years } = duration ?? {};
  if ((Days === undefined) === (Years === undefined)) throw malformedXml();
  requireInts(Days, Years);
  checkDuration({ Days, Years });
  return Days === undefined ? { Years } : { Days };
}

function checkDuration({ Days, Years }: S3.EventHoldDuration): void {
  const [name, value, max] = Days === undefined ? ["Years", Years ?? 0, maxYears] : ["Days", Days, maxDays];
  if (value > 0 && value <= max) return;
  throw invalidArgument(`Event hold duration must be a positive integer value, up to ${max}.`, name, value);
}
