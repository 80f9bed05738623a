import { invalidParameterValue } from "./errors.ts";

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const minutesOfDay = 24 * 60;
const minutesOfWeek = 7 * minutesOfDay;

/** Minutes. */
const shortest = 30;

/** The start of RDS's eight hours for us-east-1, 03:00 UTC; within them it chooses by lot. */
const blockStart = 3 * 60;

/**
 * The windows of an instance, in UTC: `03:51-04:21` each day for backups, `sun:08:12-sun:08:42` for maintenance. What is
 * not asked for is made of three random bytes, apart from the other window.
 */
export function resolveWindows(
  request: { PreferredBackupWindow?: string | undefined; PreferredMaintenanceWindow?: string | undefined },
  random: Uint8Array,
): { PreferredBackupWindow: string; PreferredMaintenanceWindow: string } {
  const [byDay = 0, byBackup = 0, byMaintenance = 0] = random;
  const asked = request.PreferredBackupWindow === undefined ? undefined : parseBackup(request.PreferredBackupWindow);
  const maintenance = request.PreferredMaintenanceWindow ?? maintenanceAt(byDay, byMaintenance, asked);
  const maintained = parseMaintenance(maintenance);
  if (asked !== undefined && overlap(asked, maintained)) {
    if (request.PreferredMaintenanceWindow === undefined) throw noRoom("backup", "maintenance");
    throw invalidParameterValue("The backup window and maintenance window must not overlap.");
  }
  const backup = request.PreferredBackupWindow ?? backupAt(byBackup, maintained);
  if (asked === undefined && overlap(parseBackup(backup), maintained)) throw noRoom("maintenance", "backup");
  return {
    PreferredBackupWindow: backup,
    PreferredMaintenanceWindow: maintenance.toLowerCase(),
  };
}

/** Whether a time is in a maintenance window, as `resolveWindows` gives them. */
export function isMaintenanceTime(window: string, now: Date): boolean {
  const { start, length } = parseMaintenance(window);
  const minute = ((now.getUTCDay() + 6) % 7) * minutesOfDay + now.getUTCHours() * 60 + now.getUTCMinutes();
  return (minute - start + minutesOfWeek) % minutesOfWeek < length;
}

/** When a backup window, as `resolveWindows` gives them, began last: at this time or before. */
export function lastWindowStart(window: string, now: Date): Date {
  const { start } = parseBackup(window);
  const today = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()) + start * 60_000;
  return new Date(today > now.getTime() ? today - minutesOfDay * 60_000 : today);
}

function noRoom(given: string, other: string) {
  return invalidParameterValue(
    `The specified ${given} window overlaps all available default ${other} windows. Shrink the ${given} window or specify a non-overlapping ${other} window.`,
  );
}

interface Window {
  /** Minutes since midnight, or since Monday's. */
  readonly start: number;
  readonly length: number;
}

function parseBackup(text: string): Window {
  const [start = 0, end = 0] = partsOf(text).map((time) => {
    const minute = minutesOf(time);
    if (minute !== undefined) return minute;
    throw invalidTime("backup", time, "hh24:mi (24H Clock UTC). Example: 03:15");
  });
  const length = (end - start + minutesOfDay) % minutesOfDay;
  if (length < shortest) throw invalidParameterValue(`Backup window must be at least ${shortest} minutes.`);
  return { start, length };
}

function parseMaintenance(text: string): Window {
  const [start = 0, end = 0] = partsOf(text).map((time) => {
    const minute = minutesOf(time.slice(4));
    const day = days.indexOf(time.slice(0, 3).toLowerCase());
    if (minute !== undefined && day >= 0 && time[3] === ":") return day * minutesOfDay + minute;
    throw invalidTime("maintenance", time, "ddd:hh24:mi (24H Clock UTC). Example: Mon:00:15");
  });
  const length = (end - start + minutesOfWeek) % minutesOfWeek;
  if (length < shortest) throw invalidParameterValue(`Maintenance window must be at least ${shortest} minutes.`);
  if (length >= minutesOfDay) throw invalidParameterValue("Maintenance window must be less than 24 hours.");
  return { start, length };
}

/** Of what has no hyphen, or two, the whole is the wrong time. */
function partsOf(text: string): [string, string] {
  const [from = "", to, ...others] = text.split("-");
  return to === undefined || others.length > 0 ? [text, text] : [from, to];
}

function minutesOf(time: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

/** docs/decisions/0173-recorded-refusals.md */
function invalidTime(kind: "backup" | "maintenance", time: string, example: string) {
  return invalidParameterValue(
    `Invalid ${kind} window time '${time}' specified. Should be specified as a time ${example}`,
  );
}

/** On some day of the week. */
function overlap(backup: Window, maintenance: Window): boolean {
  const start = maintenance.start % minutesOfDay;
  const apart = (start - backup.start + minutesOfDay) % minutesOfDay;
  return apart < backup.length || minutesOfDay - apart < maintenance.length;
}

/** Chosen by lot, or half an hour after the other window where that is in the way. */
function maintenanceAt(byDay: number, byMinute: number, backup: Window | undefined): string {
  const day = days[byDay % days.length] ?? "sun";
  const preferred = { start: blockStart + byMinute, length: 30 };
  const inTheWay = backup !== undefined && overlap(backup, preferred);
  const start = (inTheWay ? backup.start + backup.length + 30 : preferred.start) % minutesOfDay;
  // A window that begins before midnight and ends after it is moved back to end with its day.
  const from = Math.min(start, minutesOfDay - 31);
  return `${day}:${timeAt(from)}-${day}:${timeAt(from + 30)}`;
}

function backupAt(byMinute: number, maintenance: Window): string {
  const preferred = { start: blockStart + byMinute, length: 30 };
  const start = overlap(preferred, maintenance) ? maintenance.start + maintenance.length + 30 : preferred.start;
  return `${timeAt(start)}-${timeAt(start + 30)}`;
}

function timeAt(minutes: number): string {
  const ofDay = minutes % minutesOfDay;
  return [Math.floor(ofDay / 60), ofDay % 60].map((part) => String(part).padStart(2, "0")).join(":");
}
