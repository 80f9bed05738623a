import type { Logger } from "pino";
import type { Authenticator } from "../auth/authenticate.ts";
import type { OneTimeTickets } from "../auth/one-time-tickets.ts";
import type { SessionTokens } from "../auth/session-token.ts";
import type { Config } from "../config.ts";
import type { Registry } from "../protocol/registry.ts";
import type { Service } from "../services/service.ts";
import type { ServiceContext } from "../services/service-context.ts";
import type { ChangeFeed } from "./change-feed.ts";
import type { RequestLine } from "./request-line.ts";
import type { RequestLog } from "./request-log.ts";

/** LocalAWS without its door: what answers requests, over the drivers that the configuration chose. */
export interface App {
  readonly config: Config;
  readonly log: Logger;
  readonly registry: Registry<Service>;
  readonly authenticator: Authenticator;
  readonly serviceContext: ServiceContext;
  /** Sessions of the console and the JSON API. */
  readonly sessions: SessionTokens;
  readonly tickets: OneTimeTickets;
  readonly requests: RequestLog;
  readonly requestLine: RequestLine;
  readonly changes: ChangeFeed;
  /** Where the SSH gateway to the instances listens. */
  readonly ssh: { readonly host: string; readonly port: number } | undefined;
  /** Undefined, but while a reset is under way: then what resolves when it has ended. */
  ready(): Promise<void> | undefined;
  /** Drops all state: rows, objects, machines, databases. */
  reset(): Promise<void>;
  /** Ends what goes on in the background, and lets go of the drivers. */
  close(): Promise<void>;
}
