import { type ReadonlySignal, signal } from "@preact/signals";
import { type Api, type ApiError, toApiError } from "../api.ts";

/** `/_localaws/health` */
export interface Health {
  readonly version: string;
  /** Of requests that name none. */
  readonly region: string;
  readonly runtime: string;
  readonly limitations: readonly string[];
  readonly services: Readonly<Record<string, string>>;
}

export interface ServerInfo {
  readonly health: ReadonlySignal<Health | undefined>;
  readonly error: ReadonlySignal<ApiError | undefined>;
  /** For AWS's clients: where this page came from. */
  readonly endpoint: string;
  load(): Promise<void>;
}

export function createServerInfo(api: Api, endpoint = window.location.origin): ServerInfo {
  const health = signal<Health | undefined>();
  const error = signal<ApiError | undefined>();
  return {
    health,
    error,
    endpoint,
    async load() {
      try {
        health.value = await api.call<Health>("GET", "/_localaws/health");
        error.value = undefined;
      } catch (caught) {
        error.value = toApiError(caught);
      }
    },
  };
}
