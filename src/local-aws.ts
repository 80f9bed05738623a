import type { Config, ListenAddress } from "./config.ts";

/** A running LocalAWS. */
export interface LocalAws {
  readonly config: Config;
  /** Where it listens, with the ports that it got where the configuration says 0. */
  readonly addresses: readonly ListenAddress[];
  /** For an SDK's `endpoint`: `http://127.0.0.1:4566`. */
  readonly endpoint: string;
  /** Where the SSH gateway to the instances listens; none where it is off or its port is taken. */
  readonly ssh: { readonly host: string; readonly port: number } | undefined;
  readonly runtime: string;
  readonly limitations: readonly string[];
  /** Drops all state. */
  reset(): Promise<void>;
  /** Lets requests under way end, and stops. The state stays on disk. */
  close(): Promise<void>;
}
