import { type ReadonlySignal, signal } from "@preact/signals";
import type { Api } from "../api.ts";
import type { InstanceStats } from "../api-types.ts";

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

/** Milliseconds between two readings, and how many are kept: two minutes. */
const interval = 2000;
const kept = 60;

export function createUsage(api: Api, id: string): Usage {
  const samples = signal<readonly UsageSample[] | undefined>();
  let before: InstanceStats | undefined;

  async function read(): Promise<void> {
    const now = await api.call<InstanceStats>("GET", `/ec2/instances/${encodeURIComponent(id)}/stats`);
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

  return {
    samples,
    watch() {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let ended = false;
      const next = async () => {
        // A reading that fails is a gap: the next one may succeed.
        if (!document.hidden) await read().catch(() => undefined);
        if (!ended) timer = setTimeout(() => void next(), interval);
      };
      void next();
      return () => {
        ended = true;
        clearTimeout(timer);
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
