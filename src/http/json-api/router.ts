import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import { AwsError } from "../../aws/aws-error.ts";
import type { HttpResponse } from "../../aws/http-message.ts";
import { BodyTooLarge, readBody } from "../../aws/read-body.ts";
import type { App } from "../app.ts";
import { callOperation } from "../call-operation.ts";
import { toHttpRequest } from "../http-request.ts";
import { send } from "../send.ts";
import { authenticate } from "./authentication.ts";
import { invalidFields, problemResponse, refusal } from "./problem.ts";
import type { Route } from "./route.ts";
import { regionName } from "./schemas.ts";

interface CompiledRoute {
  readonly route: Route;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/** Bytes of a JSON body. */
const bodyLimit = 1 << 20;

/** Answers what one of the routes is for; `next` gets the rest. Never rejects. */
export function createRouter(app: App, routes: readonly Route[]) {
  const compiled = routes.map(compile);
  return (req: IncomingMessage, res: ServerResponse, next: () => void): void => {
    const path = (req.url ?? "/").split("?", 1)[0] ?? "/";
    const found = compiled.filter(({ pattern }) => pattern.test(path));
    if (found.length === 0) next();
    else void answer(app, found, path, { req, res });
  };
}

async function answer(
  app: App,
  found: readonly CompiledRoute[],
  path: string,
  { req, res }: { req: IncomingMessage; res: ServerResponse },
): Promise<void> {
  const started = performance.now();
  const requestId = randomUUID();
  const aborted = new AbortController();
  res.once("close", () => {
    if (!res.writableFinished) aborted.abort();
    const operation = `${req.method} ${found[0]?.route.facts.path}`;
    const ms = Math.round((performance.now() - started) * 100) / 100;
    app.log.info({ requestId, service: "json-api", operation, status: res.statusCode, ms }, "request");
  });
  try {
    await send(res, await respond(app, found, path, { req, requestId, signal: aborted.signal }));
  } catch (error) {
    if (!aborted.signal.aborted) app.log.error({ err: error, requestId }, "the answer could not be sent");
    res.destroy();
  }
}

async function respond(
  app: App,
  found: readonly CompiledRoute[],
  path: string,
  exchange: { req: IncomingMessage; requestId: string; signal: AbortSignal },
): Promise<HttpResponse> {
  const { req, requestId, signal } = exchange;
  try {
    const match = ofMethod(found, req.method ?? "GET");
    const { route } = match;
    const { query: search, headers } = toHttpRequest(req);
    const parameters = new URLSearchParams(search);
    await authenticate(app, route, req, parameters);
    const { region, query } = readQuery(app, route, parameters);
    const body = route.body === undefined ? undefined : check(route.body, await readJson(req), "body");
    const caller = { requestId, region, signal };
    const host = { host: headers.host ?? "" };
    return await route.respond({
      ...{ params: paramsOf(match, path), app, req, requestId, region, signal },
      query: query as never,
      body: body as never,
      call: callOperation(app, { ...caller, headers: host }),
      callWith: (own) => callOperation(app, { ...caller, ...own, headers: { ...host, ...own.headers } }),
    });
  } catch (error) {
    return problemResponse(toAwsError(app, error, exchange), requestId);
  }
}

/** `key` takes slashes. */
function compile(route: Route): CompiledRoute {
  const names: string[] = [];
  const source = route.facts.path.replace(/\{(\w+)\}|[.]/g, (part, name: string | undefined) => {
    if (name === undefined) return `\\${part}`;
    names.push(name);
    return name === "key" ? "(.+)" : "([^/]+)";
  });
  return { route, names, pattern: new RegExp(`^${source}$`) };
}

function ofMethod(found: readonly CompiledRoute[], method: string): CompiledRoute {
  const wanted = method === "HEAD" ? "GET" : method;
  const match = found.find(({ route }) => route.facts.method === wanted);
  if (match !== undefined) return match;
  const allow = [...new Set(found.map(({ route }) => route.facts.method))].join(", ");
  throw refusal(405, "MethodNotAllowed", `This path takes ${allow}, not ${method}.`, { allow });
}

function paramsOf({ pattern, names }: CompiledRoute, path: string): Record<string, string> {
  const values = pattern.exec(path)?.slice(1) ?? [];
  try {
    return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index] ?? "")]));
  } catch {
    throw refusal(400, "InvalidPath", "The path holds a % that begins no escape: encode it as %25.");
  }
}

/** Every route of a service takes `region`. */
function readQuery(app: App, route: Route, parameters: URLSearchParams) {
  const given: Record<string, string> = {};
  for (const [name, value] of parameters) {
    if (Object.hasOwn(given, name)) throw invalidFields([{ field: `query.${name}`, message: "is given twice" }]);
    given[name] = value;
  }
  const { region, ticket, ...rest } = given;
  const query: Record<string, string> = rest;
  if (ticket !== undefined && route.facts.access !== "ticket") query.ticket = ticket;
  const checkedRegion = region === undefined ? app.config.region : check(regionName, region, "query.region");
  if (route.query === undefined) {
    const [unknown] = Object.keys(query);
    if (unknown !== undefined) throw invalidFields([{ field: `query.${unknown}`, message: "is not known here" }]);
  }
  return {
    region: checkedRegion,
    query: route.query === undefined ? {} : check(route.query, query, "query"),
  };
}

async function readJson(req: IncomingMessage): Promise<unknown> {
  const type = req.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase();
  const bytes = await readBody(req, bodyLimit).catch((error: unknown) => {
    if (!(error instanceof BodyTooLarge)) throw error;
    throw refusal(413, "PayloadTooLarge", `A JSON body has at most ${bodyLimit} bytes.`);
  });
  if (bytes.length === 0) return {};
  // A form of another origin's page can send text, and never this type unasked.
  if (type !== "application/json") {
    throw refusal(415, "UnsupportedMediaType", "Send the body as JSON, with Content-Type: application/json.");
  }
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw refusal(400, "InvalidJson", `The body is not JSON: ${error instanceof Error ? error.message : ""}`);
  }
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, at: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidFields(
    result.error.issues.flatMap((issue) => {
      const field = [at, ...issue.path].join(".");
      if (issue.code !== "unrecognized_keys") return [{ field, message: issue.message }];
      return issue.keys.map((key) => ({ field: `${field}.${key}`, message: "is not known here" }));
    }),
  );
}

/** What is no AwsError is a bug: the client gets a 500 without its text, and the log its stack. */
function toAwsError(app: App, error: unknown, exchange: { requestId: string; signal: AbortSignal }): AwsError {
  if (error instanceof AwsError) return error;
  if (!exchange.signal.aborted) {
    app.log.error({ err: error, requestId: exchange.requestId }, "a route failed unexpectedly");
  }
  return new AwsError("InternalFailure", "LocalAWS failed to answer; its log says why.", 500, { cause: error });
}
