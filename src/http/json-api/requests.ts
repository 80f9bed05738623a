import { z } from "zod";
import type { LoggedRequest } from "../request-log.ts";
import { awsCliCommand } from "./aws-cli-command.ts";
import { type Route, route } from "./route.ts";
import { dateTime, named } from "./schemas.ts";

export const loggedRequestSchema = named(
  "LoggedRequest",
  z.strictObject({
    id: z.string().describe("The request id that the client was given."),
    time: dateTime.describe("When it was answered."),
    service: z.string().describe("`-` where none could be found out."),
    operation: z.string().nullable(),
    region: z.string().nullable(),
    status: z.int(),
    code: z.string().nullable().describe("The error's code."),
    ms: z.number().describe("How long it took."),
    source: z.enum(["aws", "console"]).describe("An AWS client, or this API."),
    input: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe(
        "What was asked, with what AWS calls sensitive as `***`, and without bodies; null where it is not kept.",
      ),
    cli: z.string().nullable().describe("The same as a command of the aws CLI."),
  }),
);

const requestList = named("RequestList", z.strictObject({ requests: z.array(loggedRequestSchema) }));

export const requestRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "GET", path: "/requests", tag: "activity" },
      summary: "List the last requests, the newest first",
      description: "The last 1,000: all of AWS's clients, and of this API's those that may have changed something.",
      query: z.strictObject({
        limit: z.coerce.number().int().min(1).max(1000).default(1000),
        service: z.string().optional(),
        errors: z.enum(["only"]).optional().describe("`only`: those that were refused or failed."),
      }),
      reply: requestList,
    },
    async ({ query, app }) => {
      const requests = app.requests
        .list()
        .filter(({ service }) => query.service === undefined || service === query.service)
        .filter(({ status }) => query.errors === undefined || status >= 400)
        .slice(0, query.limit);
      return { requests: requests.map(toLoggedRequest) };
    },
  ),
];

export function toLoggedRequest(request: LoggedRequest): z.input<typeof loggedRequestSchema> {
  const { requestId, time, service, operation, region, status, code, ms, source } = request;
  const input = request.input === undefined ? null : jsonOf(request.input);
  return {
    ...{ id: requestId, time: new Date(time).toISOString(), service, status, ms, source },
    operation: operation ?? null,
    region: region ?? null,
    code: code ?? null,
    input,
    cli: awsCliCommand(request, input),
  };
}

/** Dates as text, and bytes as base64, as AWS's own JSON has them. */
function jsonOf(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const json = JSON.stringify(input, function bytesAsBase64(this: unknown, key, value: unknown) {
    // A Buffer comes here as what its `toJSON` made of it; its holder still has it.
    const original: unknown = typeof this === "object" && this !== null ? Reflect.get(this, key) : value;
    return original instanceof Uint8Array ? Buffer.from(original).toString("base64") : value;
  });
  return JSON.parse(json) as Record<string, unknown>;
}
