import type { Logger } from "pino";
import { changesState, type LoggedRequest, type RequestLog } from "./request-log.ts";
import { changesBetween, type ResourceChange, type ResourceReader, type Snapshot } from "./resource-snapshot.ts";

export type FeedEvent =
  | { readonly type: "resource"; readonly data: ResourceChange }
  /** Objects of a bucket were written or deleted. */
  | { readonly type: "objects"; readonly data: { readonly bucket: string } }
  /** Requests that have been answered since the last of these events, the oldest first. */
  | { readonly type: "requests"; readonly data: readonly LoggedRequest[] }
  /** Background work has ended: a state that was in between may be over without having been told. */
  | { readonly type: "settled"; readonly data: Record<string, never> }
  /** All state was dropped. */
  | { readonly type: "reset"; readonly data: Record<string, never> };

interface FeedListener {
  changed(events: readonly FeedEvent[]): void;
  /** No more is to come. */
  ended(): void;
}

/**
 * Tells who listens what has changed. Services know nothing of it: after each request that may have changed something, and
 * after each background task, the states are compared with those of the last time. While nobody listens nothing is done.
 */
export interface ChangeFeed {
  /** Background work has ended. */
  settled(): void;
  /** All state was dropped. */
  reset(): void;
  /** Resolves when what changes from now on will be told; the function ends it. */
  subscribe(listener: FeedListener): Promise<() => void>;
  /** Ends it for all who listen. */
  close(): void;
}

/** Listeners hear of changes this late: what happens within it is told at once. */
const intervalMs = 100;
/** And by this many times what the last comparison took: thousands of resources are not compared all the time. */
const pauseFactor = 5;
/** S3's operations on buckets themselves; objects are none of the resources that are compared. */
const changesBucket = /Bucket|PublicAccessBlock|ObjectLockConfiguration/;
/** More requests than this within the interval are not told one by one. */
const maxRequests = 200;

export function createChangeFeed(options: { read: ResourceReader; requests: RequestLog; log: Logger }): ChangeFeed {
  const listeners = new Set<FeedListener>();
  let known: Promise<Snapshot> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let touched = false;
  let comparisonMs = 0;
  let hasSettled = false;
  let wasReset = false;
  let requests: LoggedRequest[] = [];
  let buckets = new Set<string>();
  let closed = false;

  options.requests.onPush((request) => {
    if (listeners.size === 0) return;
    requests.push(request);
    const { service, operation = "", status, input } = request;
    if (status < 400 && changesState(operation)) {
      if (service !== "s3" || changesBucket.test(operation)) touched = true;
      if (service === "s3" && typeof input?.Bucket === "string") buckets.add(input.Bucket);
    }
    schedule();
  });

  function schedule(): void {
    timer ??= setTimeout(
      () => {
        void tell();
      },
      Math.max(intervalMs, pauseFactor * comparisonMs),
    );
    timer.unref();
  }

  async function tell(): Promise<void> {
    const events: FeedEvent[] = [];
    try {
      if (wasReset) events.push({ type: "reset", data: {} });
      if (requests.length > 0) events.push({ type: "requests", data: requests.slice(-maxRequests) });
      const [toCompare, written] = [touched, buckets];
      const settled = hasSettled;
      [requests, buckets, touched, hasSettled, wasReset] = [[], new Set(), false, false, false];
      const began = performance.now();
      if (toCompare && listeners.size > 0)
        events.push(...(await compare()).map((data) => ({ type: "resource", data }) as const));
      comparisonMs = performance.now() - began;
      for (const bucket of written) events.push({ type: "objects", data: { bucket } });
      // Who has listed what was there between two comparisons that are the same would never hear of its end.
      if (settled) events.push({ type: "settled", data: {} });
    } catch (error) {
      options.log.error({ err: error }, "changes could not be found out");
    }
    timer = undefined;
    if (touched || requests.length > 0) schedule();
    if (events.length > 0) for (const listener of listeners) listener.changed(events);
  }

  async function compare(): Promise<ResourceChange[]> {
    const before = known;
    const now = options.read();
    known = now;
    return before === undefined ? [] : changesBetween(await before, await now);
  }

  return {
    settled() {
      if (listeners.size === 0) return;
      touched = true;
      hasSettled = true;
      schedule();
    },
    reset() {
      if (listeners.size === 0) return;
      touched = true;
      wasReset = true;
      schedule();
    },
    async subscribe(listener) {
      known ??= options.read();
      await known.catch((error: unknown) => {
        known = undefined;
        throw error;
      });
      if (closed) listener.ended();
      else listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) known = undefined;
      };
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const listener of listeners) listener.ended();
      listeners.clear();
    },
  };
}
