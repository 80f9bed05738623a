import type { Signal } from "@preact/signals";
import { type Api, createApi } from "../api.ts";
import { type Compute, createCompute } from "./compute.ts";
import { createDatabases, type Databases } from "./databases.ts";
import { createLive, type Live } from "./live.ts";
import { createNetwork, type Network } from "./network.ts";
import { createRequests, type Requests } from "./requests.ts";
import { createRouter, type Router } from "./router.ts";
import { createServerInfo, type ServerInfo } from "./server-info.ts";
import { createSession, type Session } from "./session.ts";
import { createStorage, type Storage } from "./storage.ts";
import { createTerminals, type Terminals } from "./terminals.ts";
import { createTheme, type Theme } from "./theme.ts";
import { createToasts, type Toasts } from "./toasts.ts";
import { createUploads, type Uploads } from "./uploads.ts";
import { createVolumes, type Volumes } from "./volumes.ts";

/** Everything that the components share. */
export interface Console {
  readonly api: Api;
  readonly session: Session;
  readonly router: Router;
  readonly live: Live;
  readonly toasts: Toasts;
  readonly theme: Signal<Theme>;
  readonly server: ServerInfo;
  readonly compute: Compute;
  readonly network: Network;
  readonly volumes: Volumes;
  readonly storage: Storage;
  readonly databases: Databases;
  readonly uploads: Uploads;
  readonly requests: Requests;
  readonly terminals: Terminals;
}

export function createConsole(window: Window & typeof globalThis): Console {
  const session = createSession(window.sessionStorage);
  const api = createApi({ token: () => session.token.value, onUnauthorized: () => session.end("expired") });
  const live = createLive(api);
  const toasts = createToasts();
  return {
    api,
    session,
    router: createRouter(window),
    live,
    toasts,
    theme: createTheme(window.document.documentElement, window.localStorage),
    server: createServerInfo(api),
    compute: createCompute(api, live),
    network: createNetwork(api, live),
    volumes: createVolumes(api, live),
    storage: createStorage(api, live),
    databases: createDatabases(api, live),
    uploads: createUploads(api),
    requests: createRequests(api, live),
    terminals: createTerminals(api),
  };
}
