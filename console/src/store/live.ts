import { type ReadonlySignal, signal } from "@preact/signals";
import { type Api, ApiError } from "../api.ts";
import { readEvents } from "../event-stream.ts";

export interface Live {
  /** Whether what is shown is kept up to date. */
  readonly state: ReadonlySignal<"connecting" | "live" | "broken">;
  /** Calls back with the data of each event of a type; returns the function that ends it. */
  on(type: string, listener: (data: unknown) => void): () => void;
  /** Calls back when events may have been missed: at each connection. */
  onConnect(listener: () => void): () => void;
  start(): void;
  stop(): void;
}

const firstDelayMs = 500;
const longestDelayMs = 15_000;

/** The server tells what has changed: nothing is polled. A broken connection is made again, ever more slowly. */
export function createLive(api: Api): Live {
  const state = signal<"connecting" | "live" | "broken">("connecting");
  const listeners = new Map<string, Set<(data: unknown) => void>>();
  const connected = new Set<() => void>();
  let running: AbortController | undefined;

  async function follow(signalOfEnd: AbortSignal): Promise<void> {
    let delay = firstDelayMs;
    while (!signalOfEnd.aborted) {
      try {
        const { body } = await api.fetch("GET", "/events", { signal: signalOfEnd });
        if (body === null) throw new ApiError(0, "The answer has no body.");
        delay = firstDelayMs;
        for await (const event of readEvents(body)) {
          if (event.type === "ready") {
            state.value = "live";
            for (const listener of connected) listener();
          }
          const data: unknown = JSON.parse(event.data);
          for (const listener of listeners.get(event.type) ?? []) listener(data);
        }
      } catch {
        // The end of a connection is no error to show: `state` says what matters.
      }
      if (signalOfEnd.aborted) return;
      state.value = "broken";
      await new Promise((resolve) => setTimeout(resolve, delay));
      delay = Math.min(delay * 2, longestDelayMs);
    }
  }

  return {
    state,
    on(type, listener) {
      const ofType = listeners.get(type) ?? new Set();
      listeners.set(type, ofType.add(listener));
      return () => ofType.delete(listener);
    },
    onConnect(listener) {
      connected.add(listener);
      return () => connected.delete(listener);
    },
    start() {
      if (running !== undefined) return;
      running = new AbortController();
      state.value = "connecting";
      void follow(running.signal);
    },
    stop() {
      running?.abort();
      running = undefined;
    },
  };
}
