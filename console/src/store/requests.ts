import { type ReadonlySignal, signal } from "@preact/signals";
import { type Api, type ApiError, toApiError } from "../api.ts";
import type { LoggedRequest, RequestList } from "../api-types.ts";
import type { Live } from "./live.ts";

/** The last calls, the newest first. */
export interface Requests {
  readonly list: ReadonlySignal<readonly LoggedRequest[]>;
  readonly loading: ReadonlySignal<boolean>;
  readonly error: ReadonlySignal<ApiError | undefined>;
  watch(): () => void;
}

const kept = 1000;

export function createRequests(api: Api, live: Live): Requests {
  const list = signal<readonly LoggedRequest[]>([]);
  const loading = signal(true);
  const error = signal<ApiError | undefined>();

  async function load(): Promise<void> {
    try {
      const { requests } = await api.call<RequestList>("GET", "/requests");
      list.value = requests;
      error.value = undefined;
    } catch (caught) {
      error.value = toApiError(caught);
    }
    loading.value = false;
  }

  return {
    list,
    loading,
    error,
    watch() {
      void load();
      const ends = [
        live.on("requests", (data) => {
          // The members are those of the list, in the order in which they were answered.
          const added = data as readonly LoggedRequest[];
          list.value = [...added.toReversed(), ...list.value].slice(0, kept);
        }),
        live.on("reset", () => void load()),
        live.onConnect(() => void load()),
      ];
      return () => {
        for (const end of ends) end();
      };
    },
  };
}
