import type { Readable } from "node:stream";

/** A request as it came from the wire: path and query are not decoded, since signatures are over these bytes; headers are UTF-8. */
export interface HttpRequest {
  readonly method: string;
  /** The path, still percent-encoded, without the query. */
  readonly path: string;
  /** The query, still percent-encoded, without `?`; empty when there is none. */
  readonly query: string;
  /** Names in lower case; repeated headers joined with `,`, as signatures have them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
  /** The address of the client, where it came over a network. */
  readonly remoteAddress?: string | undefined;
}

/** A body that can be sent in less time than as a stream. */
export interface DirectBody extends Readable {
  /** `write` resolves when its bytes are no longer needed. */
  sendTo(write: (bytes: Uint8Array) => Promise<void>): Promise<void>;
}

export interface HttpResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body?: string | Uint8Array | Readable;
}
