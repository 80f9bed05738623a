import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { type ApiError, toApiError } from "../api.ts";
import type { Live } from "./live.ts";

/** A long list of what is in a bucket, loaded a page at a time: what is not looked at is not asked for. */
export interface Pages<Item> {
  readonly entries: ReadonlySignal<readonly Item[]>;
  readonly loading: ReadonlySignal<boolean>;
  readonly complete: ReadonlySignal<boolean>;
  readonly error: ReadonlySignal<ApiError | undefined>;
  /** The next page, unless one is under way or there is none. */
  more(): Promise<void>;
  /** Asks again for as many entries as are shown. */
  refresh(): Promise<void>;
  /** Loads the first page, and keeps up to date until the function that it returns is called. */
  watch(): () => void;
}

export interface PagesOptions<Item> {
  readonly bucket: string;
  readonly live: Live;
  /** `token`: of the page; null for the first. */
  readonly load: (token: string | null) => Promise<{ readonly items: readonly Item[]; readonly next: string | null }>;
}

/** Whether an event's data are about a bucket's objects. */
export function isOf(data: unknown, bucket: string): boolean {
  return typeof data === "object" && data !== null && Reflect.get(data, "bucket") === bucket;
}

/** Of more entries than this all are asked for again: while a bucket is being filled, not at each object. */
const many = 1000;
const manyDelayMs = 2000;

export function createPages<Item>({ bucket, live, load }: PagesOptions<Item>): Pages<Item> {
  const entries = signal<readonly Item[]>([]);
  const next = signal<string | null | undefined>(undefined);
  const loading = signal(false);
  const error = signal<ApiError | undefined>();
  let stale = false;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  async function exclusively(work: () => Promise<void>): Promise<void> {
    if (loading.value) return;
    loading.value = true;
    try {
      await work();
      error.value = undefined;
    } catch (caught) {
      error.value = toApiError(caught);
    }
    loading.value = false;
    if (stale) await refresh();
  }

  async function refresh(): Promise<void> {
    stale = loading.value;
    await exclusively(async () => {
      const shown = entries.value.length;
      const found: Item[] = [];
      let token: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof load>> = await load(token);
        found.push(...page.items);
        token = page.next;
      } while (token !== null && found.length < shown);
      entries.value = found;
      next.value = token;
    });
  }

  function refreshSoon(): void {
    clearTimeout(waiting);
    waiting = setTimeout(() => void refresh(), entries.value.length > many ? manyDelayMs : 0);
  }

  return {
    entries,
    loading,
    complete: computed(() => next.value === null),
    error,
    async more() {
      if (next.value === null) return;
      await exclusively(async () => {
        const page = await load(next.value ?? null);
        entries.value = [...entries.value, ...page.items];
        next.value = page.next;
      });
    },
    refresh,
    watch() {
      void refresh();
      const ends = [
        live.on("objects", (data) => {
          if (isOf(data, bucket)) refreshSoon();
        }),
        live.on("reset", refreshSoon),
        live.onConnect(refreshSoon),
      ];
      return () => {
        clearTimeout(waiting);
        for (const end of ends) end();
      };
    },
  };
}
