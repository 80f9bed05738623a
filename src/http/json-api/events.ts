import { Readable } from "node:stream";
import type { App } from "../app.ts";
import type { FeedEvent } from "../change-feed.ts";
import { toLoggedRequest } from "./requests.ts";
import { type Route, rawRoute } from "./route.ts";

const description = `Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), for as long as the connection stays:
- \`ready\`: what changes from now on will be told; list what you show after it.
- \`resource\`: \`{type, id, region, state, change}\`; type is \`instance\`, \`bucket\`, \`database\`, \`db_snapshot\`, \`key_pair\` or \`security_group\`, change \`created\`, \`updated\` or \`deleted\`.
- \`objects\`: \`{bucket}\`, when objects of it were written or deleted.
- \`requests\`: the requests since the last of these events, as \`GET /requests\` lists them, the oldest first.
- \`reset\`: all state was dropped.

A comment every 15 s keeps the connection alive. An EventSource cannot send a token: it takes \`?ticket=\` from \`POST /auth/ticket\`.`;

/** Proxies and browsers give up on a connection that is silent for a minute. */
const heartbeatMs = 15_000;
/** Characters that wait for a client that does not read, before it is let go of. */
const maxWaiting = 4 * 1024 * 1024;

export const eventRoute: Route = rawRoute(
  {
    ...{ method: "GET", path: "/events", tag: "activity", access: "ticket", description },
    summary: "Follow what changes",
    reply: { status: 200, contentType: "text/event-stream" },
  },
  async ({ app }) => ({
    status: 200,
    headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
    body: await eventStream(app),
  }),
);

/** Ends when LocalAWS stops; it is destroyed when the client goes away. */
async function eventStream(app: App): Promise<Readable> {
  const stream = new Readable({ read() {} });
  let ended = false;
  const write = (text: string) => {
    if (stream.readableLength > maxWaiting) stream.destroy();
    else if (!ended) stream.push(text);
  };
  const unsubscribe = await app.changes.subscribe({
    changed: (events) => write(events.map(eventText).join("")),
    ended() {
      ended = true;
      stream.push(null);
    },
  });
  const heartbeat = setInterval(() => write(": still here\n\n"), heartbeatMs);
  heartbeat.unref();
  stream.once("close", () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
  write(message("ready", {}));
  return stream;
}

function eventText(event: FeedEvent): string {
  return message(event.type, event.type === "requests" ? event.data.map(toLoggedRequest) : event.data);
}

/** JSON has no line breaks of its own. */
function message(type: string, data: unknown): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
