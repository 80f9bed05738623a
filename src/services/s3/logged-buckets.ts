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
  readonly waiting: Map<string, AccessLine[]>;
  /** Characters of all that waits. */
  size: number;
  timer: NodeJS.Timeout | undefined;
  delivering: Promise<void> | undefined;
  overflowed: boolean;
}

const states = new WeakMap<ServiceContext["blobs"], AccessLogState>();

export function setLogged(ctx: ServiceContext, bucket: string, logged: boolean): void {
  const { buckets } = accessLogState(ctx);
  if (logged) buckets.add(bucket);
  else buckets.delete(bucket);
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
