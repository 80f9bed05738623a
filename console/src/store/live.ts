import { type ReadonlySignal, signal } from "@preact/signals";
import type { Api } from "../api.ts";
import { followEvents } from "./follow-events.ts";

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

/** The server tells what has changed: nothing is polled. */
export function createLive(api: Api): Live {
  const state = signal<"connecting" | "live" | "broken">("connecting");
  const listeners = new Map<string, Set<(data: unknown) => void>>();
  const connected = new Set<() => void>();
  let running: AbortController | undefined;

  function tell(type: string, data: unknown): void {
    if (type === "ready") {
      state.value = "live";
      for (const listener of connected) listener();
    }
    for (const listener of listeners.get(type) ?? []) listener(data);
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
      const onBreak = () => {
        // What `state` says is all that there is to say of the end of a connection.
        state.value = "broken";
      };
      void followEvents(api, "/events", { signal: running.signal, onEvent: tell, onBreak });
    },
    stop() {
      running?.abort();
      running = undefined;
    },
  };
}
