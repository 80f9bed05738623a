import type { IncomingMessage } from "node:http";
import type { AccessRecord } from "./access-record.ts";
import type { App } from "./app.ts";
import type { LoggedRequest } from "./request-log.ts";

/** What the log line of a request says; never secrets or bodies. */
export interface Served {
  /** As the client sees it. */
  requestId: string;
  service: string;
  operation?: string;
  region?: string;
  code?: string;
}

/** One request on its way, and what is known of it so far. */
export class Exchange {
  readonly requestId: string;
  readonly served: Served;
  readonly message: IncomingMessage;
  /** Where the requests of its bucket are logged. */
  access: AccessRecord | undefined;
  /** What of the input may be shown. */
  input: Readonly<Record<string, unknown>> | undefined;
  aborted = false;
  #controller: AbortController | undefined;

  constructor(requestId: string, served: Served, message: IncomingMessage) {
    this.requestId = requestId;
    this.served = served;
    this.message = message;
  }

  /** Made for the operations that look at it: most do not, and it takes as long as a look-up. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.aborted) this.#controller.abort();
    return this.#controller.signal;
  }

  /** The client is gone. */
  abort(): void {
    this.aborted = true;
    this.#controller?.abort();
  }
}

/** At the end of an answer: a line in the log, and an entry of the console's list. */
export function logRequest(
  app: App,
  served: Served,
  { status, started, input }: { status: number; started: number; input: LoggedRequest["input"] | undefined },
): void {
  const ms = Math.round((performance.now() - started) * 100) / 100;
  const time = Date.now();
  app.requestLine(served, { status, ms, time });
  app.requests.push(loggedRequest(served, { status, ms, time, input }));
}

/** Built member by member, since spreading takes longer than the rest of a small request's log. */
function loggedRequest(
  { requestId, service, operation, region, code }: Served,
  { status, ms, time, input }: { status: number; ms: number; time: number; input: LoggedRequest["input"] | undefined },
): LoggedRequest {
  const logged: { -readonly [Member in keyof LoggedRequest]: LoggedRequest[Member] } = {
    requestId,
    time,
    service,
    status,
    ms,
    source: "aws",
  };
  if (operation !== undefined) logged.operation = operation;
  if (region !== undefined) logged.region = region;
  if (code !== undefined) logged.code = code;
  if (input !== undefined) logged.input = input;
  return logged;
}
