import { z } from "zod";
import type { App } from "../app.ts";
import { createEventStream } from "./event-stream.ts";
import { type Route, rawRoute, route } from "./route.ts";
import { dateTime, named } from "./schemas.ts";

const instanceStats = named(
  "InstanceStats",
  z.strictObject({
    time: dateTime,
    cpu_seconds: z.number().nullable().describe("CPU time since its last start; null where the runtime cannot tell."),
    memory_bytes: z.number().nullable().describe("In use, without file caches; null where the runtime cannot tell."),
  }),
);

type InstanceStats = z.input<typeof instanceStats>;

const facts = { method: "GET", path: "/ec2/instances/{id}/stats", tag: "ec2" } as const;

const description = `Server-sent events: \`stats\` every two seconds, as \`GET /ec2/instances/{id}/stats\` answers. While there is nothing to tell (it does not run, or the runtime cannot tell) that is told once. An EventSource takes \`?ticket=\`, as that of \`/events\` does.`;

const intervalMs = 2000;

export const instanceStatsRoutes: readonly Route[] = [
  route(
    {
      ...{ ...facts, summary: "Read what an instance uses" },
      description: "The CPU time grows: two readings tell the load between them.",
      reply: instanceStats,
      errors: [400, 404],
    },
    async ({ params, call, app }) => {
      // Only for what it refuses: an instance that is not there.
      await call("ec2", "DescribeInstances", { InstanceIds: [params.id] });
      return readStats(app, params.id);
    },
  ),
  rawRoute(
    {
      ...{ ...facts, path: "/ec2/instances/{id}/stats/events", access: "ticket", description },
      summary: "Follow what an instance uses",
      reply: { status: 200, contentType: "text/event-stream" },
      errors: [400, 404],
    },
    async ({ params, call, app }) => {
      await call("ec2", "DescribeInstances", { InstanceIds: [params.id] });
      const stream = createEventStream();
      const unsubscribe = await app.changes.subscribe({ changed() {}, ended: () => stream.end() });
      stream.onClose(unsubscribe);
      stream.onClose(repeat(statsTeller(app, params.id, (stats) => stream.send(["stats", stats]))));
      return stream.response;
    },
  ),
];

async function readStats({ serviceContext: { machines, now } }: App, id: string): Promise<InstanceStats> {
  const stats = await machines.stats(id);
  return {
    time: now().toISOString(),
    cpu_seconds: stats?.cpuSeconds ?? null,
    memory_bytes: stats?.memoryBytes ?? null,
  };
}

/** A reading that fails is a gap: the next one may succeed. */
function statsTeller(app: App, id: string, tell: (stats: InstanceStats) => void): () => Promise<void> {
  let nothingTold = false;
  return async () => {
    const stats = await readStats(app, id).catch((error: unknown) => {
      app.log.debug({ err: error, instance: id }, "what an instance uses could not be read");
      return undefined;
    });
    if (stats === undefined) return;
    const nothing = stats.cpu_seconds === null && stats.memory_bytes === null;
    if (!nothing || !nothingTold) tell(stats);
    nothingTold = nothing;
  };
}

/** Now, and again and again after a pause; returns what ends it. */
function repeat(work: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const next = async () => {
    await work();
    if (ended) return;
    timer = setTimeout(() => void next(), intervalMs);
    timer.unref();
  };
  void next();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
