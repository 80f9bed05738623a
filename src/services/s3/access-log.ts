import type { LoggedAccess } from "../service.ts";
import type { Context, ServiceContext } from "../service-context.ts";
import { accessLine } from "./access-log-line.ts";
import type { Bucket } from "./bucket-access.ts";
import { type AccessLine, accessLogState, isLogged } from "./logged-buckets.ts";

/** Characters: beyond the first all is delivered at once, beyond the second records are dropped. */
const batchSize = 4 * 1024 * 1024;
const capacity = 4 * batchSize;

/** Puts a request down, to be delivered with others. */
export function logAccess(ctx: ServiceContext, access: LoggedAccess): void {
  const state = accessLogState(ctx);
  if (state.size > capacity) {
    if (!state.overflowed) ctx.log.warn("S3 access logs are written too slowly: records are dropped");
    state.overflowed = true;
    return;
  }
  state.overflowed = false;
  const text = accessLine(access);
  const lines = state.waiting.get(access.bucket) ?? [];
  state.waiting.set(access.bucket, lines);
  lines.push({ received: access.received, text });
  state.size += text.length;
  const deliver = () => ctx.background("s3 access logs", () => deliverAccessLogs(ctx));
  if (state.size > batchSize && state.size - text.length <= batchSize) deliver();
  else state.timer ??= setTimeout(deliver, ctx.config.accessLogInterval).unref();
}

/** Puts down what a request does to an object of a bucket beside what its own record says, as S3 has it. */
export function logPart(
  ctx: Context,
  bucket: Bucket,
  part: Pick<LoggedAccess, "key" | "operation" | "status" | "errorCode" | "objectSize" | "versionId">,
): void {
  if (!isLogged(ctx, () => bucket.name)) return;
  const { request, requestId, principal } = ctx;
  const received = ctx.now();
  logAccess(ctx, { ...part, request, requestId, principal, bucket: bucket.name, received, exchange: undefined });
}

/** Puts down what S3 does by itself to an object of a bucket, or an upload, as its rules have it: `S3.EXPIRE.OBJECT`. */
export function logOwnDoing(
  ctx: ServiceContext,
  bucket: Bucket,
  part: Pick<LoggedAccess, "key" | "operation" | "objectSize" | "versionId">,
): void {
  if (!isLogged(ctx, () => bucket.name)) return;
  const requestId = ctx.randomBytes(8).toString("hex").toUpperCase();
  logAccess(ctx, {
    ...part,
    ...{ bucket: bucket.name, requestId, received: ctx.now(), request: undefined, principal: undefined },
    ...{ status: undefined, errorCode: undefined, exchange: undefined },
  });
}

/** Writes all that waits into the buckets where it belongs. */
export async function deliverAccessLogs(ctx: ServiceContext): Promise<void> {
  const state = accessLogState(ctx);
  clearTimeout(state.timer);
  state.timer = undefined;
  // What comes while a delivery goes on is another's.
  await state.delivering;
  if (state.waiting.size === 0) return;
  const batches = [...state.waiting];
  state.waiting.clear();
  state.size = 0;
  state.delivering = deliver(ctx, batches);
  await state.delivering;
}

async function deliver(ctx: ServiceContext, batches: readonly (readonly [string, readonly AccessLine[]])[]) {
  const { writeAccessLog } = await import("./access-log-delivery.ts");
  for (const [bucket, lines] of batches) {
    try {
      await writeAccessLog(ctx, bucket, lines);
    } catch (error) {
      ctx.log.error({ err: error, bucket, lost: lines.length }, "an S3 access log could not be written");
    }
  }
}
