import { Readable } from "node:stream";
import type { HttpResponse } from "../../aws/http-message.ts";

/** Proxies and browsers give up on a connection that is silent for a minute. */
const heartbeatMs = 15_000;
/** Characters that wait for a client that does not read, before it is let go of. */
const maxWaiting = 4 * 1024 * 1024;

/** Server-sent events, for as long as the client stays. */
export interface EventStream {
  readonly response: HttpResponse;
  /** Events in one piece: `[type, data]`. */
  send(...events: readonly (readonly [type: string, data: unknown])[]): void;
  /** No more is to come. */
  end(): void;
  /** Calls back when the client has gone, or everything has been sent to it. */
  onClose(listener: () => void): void;
}

export function createEventStream(): EventStream {
  const body = new Readable({ read() {} });
  let ended = false;
  const write = (text: string) => {
    if (body.readableLength > maxWaiting) body.destroy();
    else if (!ended) body.push(text);
  };
  const heartbeat = setInterval(() => write(": still here\n\n"), heartbeatMs);
  heartbeat.unref();
  body.once("close", () => clearInterval(heartbeat));
  return {
    response: {
      status: 200,
      headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
      body,
    },
    send: (...events) => write(events.map(message).join("")),
    end() {
      ended = true;
      body.push(null);
    },
    onClose: (listener) => body.once("close", listener),
  };
}

/** JSON has no line breaks of its own. */
function message([type, data]: readonly [type: string, data: unknown]): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
