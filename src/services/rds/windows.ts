import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const minutesOfDay = 24 * 60;
const minutesOfWeek = 7 * minutesOfDay;

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
  const maintenance = (request.PreferredMaintenanceWindow ?? maintenanceAt(byDay, byMaintenance, asked)).toLowerCase();
  const maintained = parseMaintenance(maintenance);
  if (asked !== undefined && overlap(asked, maintained)) {
    throw invalidParameterCombination("The backup window and maintenance window must not overlap.");
  }
  return {
    PreferredBackupWindow: request.PreferredBackupWindow ?? backupAt(byBackup, maintained),
    PreferredMaintenanceWindow: maintenance,
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

interface Window {
  /** Minutes since midnight, or since Monday's. */
  readonly start: number;
  readonly length: number;
}

function parseBackup(text: string): Window {
  const [, from, to] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(text) ?? [];
  const window = windowOf(minutesOf(from), minutesOf(to), minutesOfDay);
  if (window === undefined) {
    throw invalidParameterValue(
      `The parameter PreferredBackupWindow is not valid: ${text}. It must be in the format hh24:mi-hh24:mi and at least 30 minutes long.`,
    );
  }
  return window;
}

function parseMaintenance(text: string): Window {
  const [, fromDay = "", from, toDay = "", to] = /^([a-z]{3}):(\d\d:\d\d)-([a-z]{3}):(\d\d:\d\d)$/.exec(text) ?? [];
  const window = windowOf(minutesOf(from, fromDay), minutesOf(to, toDay), minutesOfWeek);
  if (window === undefined || window.length >= minutesOfDay) {
    throw invalidParameterValue(
      `The parameter PreferredMaintenanceWindow is not valid: ${text}. It must be in the format ddd:hh24:mi-ddd:hh24:mi, at least 30 minutes and less than 24 hours long.`,
    );
  }
  return window;
}

function minutesOf(time: string | undefined, day = "mon"): number | undefined {
  const [hours, minutes] = (time ?? "").split(":").map(Number);
  if (hours === undefined || minutes === undefined || hours > 23 || minutes > 59) return undefined;
  return days.includes(day) ? days.indexOf(day) * minutesOfDay + hours * 60 + minutes : undefined;
}

function windowOf(start: number | undefined, end: number | undefined, cycle: number): Window | undefined {
  if (start === undefined || end === undefined) return undefined;
  const length = (end - start + cycle) % cycle;
  return length < 30 ? undefined : { start, length };
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
