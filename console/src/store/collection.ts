import { type ReadonlySignal, signal } from "@preact/signals";
import { type ApiError, toApiError } from "../api.ts";
import type { Live } from "./live.ts";

/** What there is of one kind, kept up to date while somebody looks. */
export interface Collection<Item> {
  readonly items: ReadonlySignal<readonly Item[]>;
  /** Nothing has been loaded yet. */
  readonly loading: ReadonlySignal<boolean>;
  readonly error: ReadonlySignal<ApiError | undefined>;
  refresh(): Promise<void>;
  /** Loads now, and again when the server says that something changed, until the function that it returns is called. */
  watch(): () => void;
}

export interface CollectionOptions<Item> {
  readonly load: () => Promise<readonly Item[]>;
  readonly live: Live;
  /** Whether an event of the server's is about these items. */
  readonly concerns: (type: string, data: unknown) => boolean;
}

const eventTypes = ["resource", "objects", "reset", "settled"];

/** Of what has a state: those in which it stays by itself. */
const lasting = new Set(["running", "stopped", "terminated", "available", "in-use", "failed"]);

/** Whether something is on its way from one state to another. */
function isBetween(item: unknown): boolean {
  if (typeof item !== "object" || item === null) return false;
  const state: unknown = Reflect.get(item, "state") ?? Reflect.get(item, "status");
  return typeof state === "string" && !lasting.has(state);
}

export function createCollection<Item>({ load, live, concerns }: CollectionOptions<Item>): Collection<Item> {
  const items = signal<readonly Item[]>([]);
  const loading = signal(true);
  const error = signal<ApiError | undefined>();
  let watchers = 0;
  let underWay: Promise<void> | undefined;
  let again = false;

  async function loadOnce(): Promise<void> {
    try {
      items.value = await load();
      error.value = undefined;
    } catch (caught) {
      error.value = toApiError(caught);
    }
    loading.value = false;
  }

  /** One load at a time: what changes during one is in the next. */
  function refresh(): Promise<void> {
    again = true;
    underWay ??= (async () => {
      while (again) {
        again = false;
        await loadOnce();
      }
    })().finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  /** What is being loaded may have been read before. */
  const mayBeBetween = () => underWay !== undefined || items.value.some(isBetween);
  const refreshIfWatched = () => {
    if (watchers > 0) void refresh();
  };
  for (const type of eventTypes) {
    live.on(type, (data) => {
      if (type === "settled" ? mayBeBetween() : type === "reset" || concerns(type, data)) refreshIfWatched();
    });
  }
  live.onConnect(refreshIfWatched);

  return {
    items,
    loading,
    error,
    refresh,
    watch() {
      watchers += 1;
      void refresh();
      return () => {
        watchers -= 1;
      };
    },
  };
}

/** For `concerns`: resources of a type. */
export function ofResourceType(wanted: string) {
  return (type: string, data: unknown): boolean =>
    type === "resource" && typeof data === "object" && data !== null && Reflect.get(data, "type") === wanted;
}
