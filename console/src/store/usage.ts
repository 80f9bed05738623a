import { type ReadonlySignal, signal } from "@preact/signals";
import type { Api } from "../api.ts";
import type { InstanceStats } from "../api-types.ts";
import { followEvents } from "./follow-events.ts";

export interface UsageSample {
  /** Of one CPU: 1 is a CPU that does nothing else. None at first, since it takes two readings. */
  readonly cpu: number | undefined;
  readonly memoryBytes: number;
}

/** What an instance uses, as long as somebody looks. */
export interface Usage {
  /** The oldest first. Undefined before the first answer; empty where the runtime cannot tell. */
  readonly samples: ReadonlySignal<readonly UsageSample[] | undefined>;
  /** Returns what ends it. */
  watch(): () => void;
}

/** How many readings are kept: they come every two seconds, so that these are two minutes. */
const kept = 60;

export function createUsage(api: Api, id: string): Usage {
  const samples = signal<readonly UsageSample[] | undefined>();
  let before: InstanceStats | undefined;

  function add(now: InstanceStats): void {
    if (now.cpu_seconds === null || now.memory_bytes === null) {
      samples.value = [];
      before = undefined;
      return;
    }
    samples.value = [
      ...(samples.value ?? []).slice(1 - kept),
      { cpu: load(before, now), memoryBytes: now.memory_bytes },
    ];
    before = now;
  }

  function follow(): AbortController {
    const ended = new AbortController();
    void followEvents(api, `/ec2/instances/${encodeURIComponent(id)}/stats/events`, {
      signal: ended.signal,
      onEvent(type, data) {
        // The route's schema on the server gives the type.
        if (type === "stats") add(data as InstanceStats);
      },
    });
    return ended;
  }

  return {
    samples,
    watch() {
      let following: AbortController | undefined;
      // A browser opens six connections to one server, for all tabs together: a tab that cannot be seen needs none for this.
      const update = () => {
        if (document.hidden) following?.abort();
        else if (following === undefined || following.signal.aborted) following = follow();
      };
      update();
      document.addEventListener("visibilitychange", update);
      return () => {
        document.removeEventListener("visibilitychange", update);
        following?.abort();
      };
    },
  };
}

function load(before: InstanceStats | undefined, now: InstanceStats): number | undefined {
  if (before === undefined || before.cpu_seconds === null || now.cpu_seconds === null) return undefined;
  const seconds = (Date.parse(now.time) - Date.parse(before.time)) / 1000;
  // It counts anew with each start of the machine.
  if (seconds <= 0 || now.cpu_seconds < before.cpu_seconds) return undefined;
  return (now.cpu_seconds - before.cpu_seconds) / seconds;
}
