import { z } from "zod";
import { version } from "../health.ts";
import { problemSchema } from "./problem-schema.ts";
import type { Route } from "./route.ts";
import { components, regionName } from "./schemas.ts";

type Json = Readonly<Record<string, unknown>>;

/** Of whom `key` is: https://spec.openapis.org/oas/v3.1.1.html has no path parameters with slashes. */
const parameterDescriptions: Readonly<Record<string, string>> = {
  key: "The object's key. Encode it as one segment (`a%2Fb.txt`); slashes are taken as they are too.",
};

const tagDescriptions = {
  auth: "Log in: `admin` and the configured password.",
  ec2: "Instances, and what they need.",
  s3: "Buckets and objects.",
  rds: "PostgreSQL, MariaDB and MySQL databases.",
  activity: "What happens now.",
} satisfies Record<Route["facts"]["tag"], string>;

/** The OpenAPI 3.1 document of the routes: https://spec.openapis.org/oas/v3.1.1.html */
export function openApiDocument(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const { path, method } = route.facts;
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "LocalAWS JSON API",
      version,
      description:
        "The console's API, for a person's programs: the same operations that AWS's clients call, as plain JSON. Times are UTC, sizes bytes. An error is a problem of RFC 9457 with AWS's code.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    tags: Object.entries(tagDescriptions).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        ticket: { type: "apiKey", in: "query", name: "ticket", description: "Of `POST /auth/ticket`; good once." },
      },
      schemas: componentSchemas(),
    },
  };
}

function operation(route: Route): Json {
  const { facts, body, rawBody } = route;
  const { method, path, tag, summary, description, access = "token" } = facts;
  const content = body === undefined ? rawContent(rawBody) : { "application/json": { schema: reference(body) } };
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    ...(description && { description }),
    ...(access === "open" && { security: [] }),
    ...(access === "ticket" && { security: [{ token: [] }, { ticket: [] }] }),
    parameters: [...pathParameters(path), ...queryParameters(route)],
    ...(content && { requestBody: { required: body === undefined || !body.safeParse({}).success, content } }),
    responses: responses(route),
  };
}

function rawContent(rawBody: Route["rawBody"]): Json | undefined {
  return rawBody && { [rawBody.contentType]: { schema: rawBody.schema } };
}

/** `postEc2InstancesIdStart` */
function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return method.toLowerCase() + words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("");
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    ...(parameterDescriptions[name] && { description: parameterDescriptions[name] }),
    schema: { type: "string", minLength: 1 },
  }));
}

function queryParameters({ facts, query }: Route): Json[] {
  const { properties = {}, required = [] } = query === undefined ? {} : jsonSchema(query);
  const own = Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = property as { description?: string };
    return { name, in: "query", required: required.includes(name), ...(description && { description }), schema };
  });
  if (!["ec2", "s3", "rds"].includes(facts.tag)) return own;
  const description = "The region; the server's own where none is given.";
  return [...own, { name: "region", in: "query", required: false, description, schema: jsonSchema(regionName) }];
}

function responses({ facts, query, body, rawBody, reply }: Route): Json {
  const { access = "token", errors = [], path } = facts;
  const statuses = new Set<number>([...errors, 403, 500]);
  if (access !== "open" || path === "/auth/login") statuses.add(401);
  if (body !== undefined) for (const status of [400, 413, 415]) statuses.add(status);
  if (body !== undefined || rawBody !== undefined || query !== undefined || facts.tag !== "auth") statuses.add(422);
  const problem = { "application/problem+json": { schema: reference(problemSchema) } };
  const failures = [...statuses]
    .sort()
    .map((status) => [status, { description: statusWords(status), content: problem }]);
  const { contentType, schema } = reply;
  const content = contentType && { [contentType]: { schema: schema ? reference(schema) : { type: "string" } } };
  const success = { description: statusWords(reply.status), ...(content && { content }) };
  const others = { description: "Any other error.", content: problem };
  return { [reply.status]: success, ...Object.fromEntries(failures), default: others };
}

const statusDescriptions: Readonly<Record<number, string>> = {
  200: "Done.",
  201: "Created.",
  204: "Done; there is nothing to say.",
  400: "The request cannot be done as it is.",
  401: "Not logged in, or no longer.",
  403: "The host name or the origin of the request is not allowed, or AWS denies it.",
  404: "It is not there.",
  409: "Its state, or another of its name, stands in the way.",
  411: "The request does not say how long its body is.",
  412: "A condition of the request is not met.",
  413: "The body is too large.",
  415: "The body is of another type than this route takes.",
  416: "The object has no such bytes.",
  422: "A field of the request cannot be used: `errors` names it.",
  429: "Too many tries: wait for as long as Retry-After says.",
  500: "A mistake of LocalAWS.",
};

function statusWords(status: number): string {
  return statusDescriptions[status] ?? String(status);
}

function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(components, { uri: (id) => `#/components/schemas/${id}`, io: "input" });
  return Object.fromEntries(
    Object.entries(schemas)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, schema]) => [name, withoutIdentity(schema)]),
  );
}

/** Within the document a schema is known by its place. */
function withoutIdentity({ $schema: _, $id: __, ...schema }: Json): Json {
  return schema;
}

function reference(schema: z.ZodType): Json {
  const id = components.get(schema)?.id;
  if (id === undefined) throw new Error("A body's schema has no name.");
  return { $ref: `#/components/schemas/${id}` };
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

function jsonSchema(schema: z.ZodType): ObjectSchema {
  return withoutIdentity(z.toJSONSchema(schema, { io: "input" })) as ObjectSchema;
}
