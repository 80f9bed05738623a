import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { eventually } from "./eventually.ts";

export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface WebhookReceiver {
  readonly url: string;
  /** What has arrived, whatever it was answered, in order. */
  readonly deliveries: readonly Delivery[];
  /** The bodies of what has arrived that `matches`, once there are `count` of them. */
  wait<Body>(what: string, count: number, matches: (body: Body) => boolean): Promise<Body[]>;
  close(): Promise<void>;
}

/** A webhook of a test: `statusOf` answers each delivery by its number from 0; undefined: never. */
export async function startWebhookReceiver(
  statusOf: (index: number) => number | undefined = () => 200,
): Promise<WebhookReceiver> {
  const deliveries: Delivery[] = [];
  const server = createServer(async (request, answer) => {
    const body: unknown = JSON.parse(await text(request));
    const status = statusOf(deliveries.push({ headers: request.headers, body }) - 1);
    if (status !== undefined) answer.writeHead(status).end("what a webhook says");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    deliveries,
    wait<Body>(what: string, count: number, matches: (body: Body) => boolean): Promise<Body[]> {
      return eventually(what, () => {
        const found = deliveries.map(({ body }) => body as Body).filter(matches);
        return found.length >= count && found;
      });
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
