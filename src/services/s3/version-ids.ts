import type { Context } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import { nullVersion } from "./object-rows.ts";

/** The milliseconds since 1970 in base 36, which ids of versions and of uploads both begin with. */
const timeLength = 9;

/**
 * 32 characters as AWS's have them. The first 9 are when the version was begun, so that a listing can go on after a version that
 * was deleted meanwhile.
 */
export function newVersionId(
  ctx: Pick<Context, "randomBytes">,
  { versioning }: Pick<Bucket, "versioning">,
  begun: Date,
): string {
  if (versioning !== "Enabled") return nullVersion;
  return timePrefix(begun) + ctx.randomBytes(18).toString("base64url").replaceAll("-", ".").slice(1);
}

/** Uploads of one key are listed in the order of their start, which is that of their ids. */
export function newUploadId(ctx: Pick<Context, "randomBytes">, begun: Date): string {
  return timePrefix(begun) + ctx.randomBytes(32).toString("hex");
}

export function isUploadId(text: string): boolean {
  return /^[0-9a-z]{9}[0-9a-f]{64}$/.test(text);
}

/** When a version with an id of its own, or an upload, was begun: milliseconds since 1970. */
export function beginningOf(id: string): number {
  return Number.parseInt(id.slice(0, timeLength), 36);
}

function timePrefix(time: Date): string {
  return time.getTime().toString(36).padStart(timeLength, "0");
}
