import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import type { HttpResponse } from "../../aws/http-message.ts";
import type { App } from "../app.ts";
import type { CallOperation } from "../call-operation.ts";

/** The names between braces in a path. */
type ParameterName<Path> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | ParameterName<Rest> : never;

export interface RouteCall<Path, Query, Body> {
  readonly params: Readonly<Record<ParameterName<Path>, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly app: App;
  readonly requestId: string;
  readonly region: string;
  readonly signal: AbortSignal;
  /** For what no schema says: the body of an upload, the headers of a download. */
  readonly req: IncomingMessage;
  /** Runs an operation, as AWS's clients have it run. */
  readonly call: CallOperation;
  /** The same in another region, or with headers of its own for the few operations that look at them. */
  callWith(own: { region?: string; headers?: Readonly<Record<string, string>> }): CallOperation;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** What of a route is said before it is asked: the router, the checks and the OpenAPI document are made of this. */
interface RouteFacts<Path extends string> {
  readonly method: Method;
  /** As in OpenAPI. A parameter named `key` takes slashes, encoded or not. */
  readonly path: Path;
  readonly tag: "auth" | "ec2" | "s3" | "rds" | "activity";
  readonly summary: string;
  readonly description?: string;
  /** `token` unless it says otherwise; `ticket`: a token, or a one-time ticket in the query. */
  readonly access?: "open" | "token" | "ticket";
  /** The statuses of errors of its own, for the document. */
  readonly errors?: readonly (400 | 404 | 409 | 411 | 412 | 413 | 415 | 416 | 429)[];
}

interface Input<Query extends z.ZodObject, Body extends z.ZodType> {
  readonly query?: Query;
  readonly body?: Body;
}

/** A body that is no JSON: the handler reads it. */
interface RawInput {
  readonly contentType: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** What comes of `route` and `rawRoute`. */
export interface Route {
  readonly facts: RouteFacts<string>;
  readonly query: z.ZodObject | undefined;
  readonly body: z.ZodType | undefined;
  readonly rawBody: RawInput | undefined;
  readonly reply: { readonly status: number; readonly schema?: z.ZodType; readonly contentType?: string };
  /** `query` and `body` are what the schemas made of the request. */
  respond(call: RouteCall<string, never, never>): Promise<HttpResponse>;
}

/** A route that answers with JSON, or with 204 when it has no reply. */
export function route<
  const Path extends string,
  Reply extends z.ZodType = z.ZodVoid,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
>(
  facts: RouteFacts<Path> & Input<Query, Body> & { readonly status?: number; readonly reply?: Reply },
  handle: (call: RouteCall<Path, z.output<Query>, z.output<Body>>) => Promise<z.input<Reply>>,
): Route {
  const status = facts.status ?? (facts.reply === undefined ? 204 : 200);
  return {
    facts,
    query: facts.query,
    body: facts.body,
    rawBody: undefined,
    reply: { status, ...(facts.reply && { schema: facts.reply, contentType: "application/json" }) },
    async respond(call) {
      const reply = await handle(checked(call));
      const headers = { "cache-control": "no-store" };
      if (reply === undefined) return { status, headers };
      return { status, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(reply) };
    },
  };
}

/** A route that writes its answer, reads its body, or both, by itself. */
export function rawRoute<const Path extends string, Query extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  facts: RouteFacts<Path> & {
    readonly query?: Query;
    readonly rawBody?: RawInput;
    readonly reply: Route["reply"];
  },
  respond: (call: RouteCall<Path, z.output<Query>, undefined>) => Promise<HttpResponse>,
): Route {
  return {
    facts,
    query: facts.query,
    body: undefined,
    rawBody: facts.rawBody,
    reply: facts.reply,
    respond: (call) => respond(checked(call)),
  };
}

/** The router has matched the path and run the schemas: the call has the types that they say. */
function checked<Path, Query, Body>(call: RouteCall<string, never, never>): RouteCall<Path, Query, Body> {
  return call as RouteCall<Path, Query, Body>;
}
