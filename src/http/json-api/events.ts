import type { FeedEvent } from "../change-feed.ts";
import { createEventStream } from "./event-stream.ts";
import { toLoggedRequest } from "./requests.ts";
import { type Route, rawRoute } from "./route.ts";

const description = `Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), for as long as the connection stays:
- \`ready\`: what changes from now on will be told; list what you show after it.
- \`resource\`: \`{type, id, region, state, change}\`; type is \`instance\`, \`volume\`, \`vpc\`, \`subnet\`, \`key_pair\`, \`security_group\`, \`bucket\`, \`database\`, \`db_cluster\` or \`db_snapshot\`, change \`created\`, \`updated\` or \`deleted\`.
- \`objects\`: \`{bucket}\`, when objects of it were written or deleted.
- \`requests\`: the requests since the last of these events, as \`GET /requests\` lists them, the oldest first.
- \`settled\`: work in the background has ended. A state such as \`rebooting\` that began and ended within a tenth of a second is told by no \`resource\`: list again what was in one.
- \`reset\`: all state was dropped.

A comment every 15 s keeps the connection alive. An EventSource cannot send a token: it takes \`?ticket=\` from \`POST /auth/ticket\`.`;

export const eventRoute: Route = rawRoute(
  {
    ...{ method: "GET", path: "/events", tag: "activity", access: "ticket", description },
    summary: "Follow what changes",
    reply: { status: 200, contentType: "text/event-stream" },
  },
  async ({ app }) => {
    const stream = createEventStream();
    const unsubscribe = await app.changes.subscribe({
      changed: (events) => stream.send(...events.map(toMessage)),
      ended: () => stream.end(),
    });
    stream.onClose(unsubscribe);
    stream.send(["ready", {}]);
    return stream.response;
  },
);

function toMessage(event: FeedEvent): [type: string, data: unknown] {
  return [event.type, event.type === "requests" ? event.data.map(toLoggedRequest) : event.data];
}
