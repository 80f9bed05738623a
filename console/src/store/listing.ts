import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { type Api, type ApiError, toApiError } from "../api.ts";
import type { ObjectList } from "../api-types.ts";
import type { Live } from "./live.ts";

export interface Entry {
  /** The whole key, or the prefix of a folder. */
  readonly key: string;
  readonly folder: boolean;
  /** Bytes. */
  readonly size?: number;
  readonly lastModified?: string | null;
  readonly storageClass?: string;
}

/** One folder of a bucket, loaded a page at a time: what is not looked at is not asked for. */
export interface Listing {
  readonly bucket: string;
  readonly prefix: string;
  readonly entries: ReadonlySignal<readonly Entry[]>;
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

const pageSize = 1000;
const manyPagesDelayMs = 2000;

export function createListing(api: Api, options: { bucket: string; prefix: string; live: Live }): Listing {
  const { bucket, prefix, live } = options;
  const entries = signal<readonly Entry[]>([]);
  const next = signal<string | null | undefined>(undefined);
  const loading = signal(false);
  const error = signal<ApiError | undefined>();
  let stale = false;
  let waiting: ReturnType<typeof setTimeout> | undefined;

  async function page(token: string | null | undefined) {
    const query = { prefix, delimiter: "/", limit: pageSize, next_token: token ?? undefined };
    return api.call<ObjectList>("GET", `/s3/buckets/${encodeURIComponent(bucket)}/objects`, { query });
  }

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
      const found: Entry[] = [];
      let token: string | null = null;
      do {
        const list: ObjectList = await page(token);
        found.push(...entriesOf(list, prefix));
        token = list.next_token;
      } while (token !== null && found.length < shown);
      entries.value = found;
      next.value = token;
    });
  }

  /** Of many pages all are asked for again: while a bucket is being filled, not at each object. */
  function refreshSoon(): void {
    clearTimeout(waiting);
    waiting = setTimeout(() => void refresh(), entries.value.length > pageSize ? manyPagesDelayMs : 0);
  }

  return {
    bucket,
    prefix,
    entries,
    loading,
    complete: computed(() => next.value === null),
    error,
    async more() {
      if (next.value === null) return;
      await exclusively(async () => {
        const list = await page(next.value);
        entries.value = [...entries.value, ...entriesOf(list, prefix)];
        next.value = list.next_token;
      });
    },
    refresh,
    watch() {
      void refresh();
      const ends = [
        live.on("objects", (data) => {
          if (typeof data === "object" && data !== null && Reflect.get(data, "bucket") === bucket) refreshSoon();
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

/** Folders and objects in one order, which is that of their keys within a page. */
function entriesOf({ objects, prefixes }: ObjectList, prefix: string): Entry[] {
  const folders = prefixes.map((key): Entry => ({ key, folder: true }));
  const files = objects
    // The empty object by which some clients mark a folder.
    .filter(({ key }) => key !== prefix)
    .map(({ key, size, last_modified, storage_class }): Entry => {
      return { key, folder: false, size, lastModified: last_modified, storageClass: storage_class };
    });
  return [...folders, ...files];
}
