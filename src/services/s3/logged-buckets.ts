import type * as S3 from "@aws-sdk/client-s3";
import type { ServiceContext } from "../service-context.ts";

/** A record that waits to be delivered. */
export interface AccessLine {
  readonly received: Date;
  /** Without the bucket's owner. */
  readonly text: string;
}

export interface AccessLogState {
  /** The names of the buckets whose requests are logged. */
  readonly buckets: Set<string>;
  /** Where those went that are logged no more: what arrived before that is delivered there. */
  readonly former: Map<string, S3.LoggingEnabled>;
  readonly waiting: Map<string, AccessLine[]>;
  /** Characters of all that waits. */
  size: number;
  timer: NodeJS.Timeout | undefined;
  delivering: Promise<void> | undefined;
  overflowed: boolean;
}

const states = new WeakMap<ServiceContext["blobs"], AccessLogState>();

/** `former`: where the records of a bucket went whose requests are not logged any more. */
export function setLogged(ctx: ServiceContext, bucket: string, logged: boolean, former?: S3.LoggingEnabled): void {
  const state = accessLogState(ctx);
  if (logged) state.buckets.add(bucket);
  else state.buckets.delete(bucket);
  if (former === undefined) state.former.delete(bucket);
  else state.former.set(bucket, former);
}

/** Whether requests to a bucket are logged: a look into a set, on the way of every request. */
export function isLogged(ctx: ServiceContext, bucket: () => string | undefined): boolean {
  const { buckets } = accessLogState(ctx);
  return buckets.size > 0 && buckets.has(bucket() ?? "");
}

/** Before a reset. */
export function forgetAccessLogs({ blobs }: ServiceContext): void {
  clearTimeout(states.get(blobs)?.timer);
  states.delete(blobs);
}

export function accessLogState({ blobs }: ServiceContext): AccessLogState {
  let state = states.get(blobs);
  if (state === undefined) {
    state = {
      buckets: new Set(),
      former: new Map(),
      waiting: new Map(),
      size: 0,
      timer: undefined,
      delivering: undefined,
      overflowed: false,
    };
    states.set(blobs, state);
  }
  return state;
}
