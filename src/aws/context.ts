import type { HttpRequest } from "./http-message.ts";
import type { Principal } from "./principal.ts";

/** What an operation knows of the request that it answers, and its only source of time and of names. */
export interface RequestContext {
  readonly requestId: string;
  /** Its AWS name: `RunInstances`. */
  readonly operation: string;
  readonly accountId: string;
  readonly region: string;
  readonly principal: Principal;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** The raw request, for the few headers that no SDK schema has (`host`, `x-amz-trailer`); its body belongs to the protocol. */
  readonly request: Omit<HttpRequest, "body">;
  now(): Date;
  /** A new resource id such as `i-0123456789abcdef0`: the prefix, a hyphen, 17 hexadecimal digits. */
  newId(prefix: string): string;
  /** Cryptographically random bytes. */
  randomBytes(length: number): Buffer;
}
