import type { S3Address } from "./s3-addressing.ts";
import { membersOf, type OperationSchema, requiredCount } from "./schemas.ts";

interface Route {
  readonly operation: OperationSchema;
  /** The query of the model's URI: `list-type=2`, `tagging`. */
  readonly static: readonly (readonly [name: string, value: string | undefined])[];
  /** Query parameters that must be there for the route to match, with their value where the model gives one. */
  readonly query: readonly (readonly [name: string, value: string | undefined])[];
  readonly headers: readonly string[];
  /** The `x-id` that the JavaScript SDK sends; it decides where nothing else does. */
  readonly id: string | undefined;
}

export interface RouteRequest {
  readonly method: string;
  readonly address: S3Address;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Compiles the operations' `http` traits into a function that finds the most specific operation of a request: the one
 * with the most required query and header members among those that the request has all of. `undefined`: there is none.
 */
export function compileRoutes(
  operations: Iterable<OperationSchema>,
): (request: RouteRequest) => OperationSchema | undefined {
  const routes = new Map<string, Route[]>();
  const fixed = new Map<string, { readonly operation: OperationSchema; readonly headers: readonly string[] }>();
  for (const operation of operations) {
    if (operation.http === undefined) continue;
    const [method, uri] = operation.http;
    const [path = "/", search = ""] = uri.split("?");
    const members = membersOf(operation.input);
    const required = members.slice(0, requiredCount(operation.input));
    const headers = required.flatMap(({ traits }) => (traits.httpHeader ? [traits.httpHeader.toLowerCase()] : []));
    const labels = members.filter(({ traits }) => traits.httpLabel);
    if (path !== "/" && !path.startsWith("/{")) {
      fixed.set(`${method} ${path}`, { operation, headers });
      continue;
    }
    const parameters = [...new URLSearchParams(search)].map(
      ([name, value]) => [name, value === "" ? undefined : value] as const,
    );
    const route: Route = {
      operation,
      static: parameters.filter(([name]) => name !== "x-id"),
      query: required.flatMap(({ traits }) => (traits.httpQuery ? [[traits.httpQuery, undefined] as const] : [])),
      headers,
      id: parameters.find(([name]) => name === "x-id")?.[1],
    };
    const scope = `${method} ${["account", "bucket", "object"][labels.length]}`;
    routes.set(scope, [...(routes.get(scope) ?? []), route]);
  }
  for (const [scope, all] of routes) {
    const candidates = all.map((route) => withStaticQuery(route, all));
    routes.set(scope, candidates);
    candidates.sort((a, b) => b.query.length + b.headers.length - a.query.length - a.headers.length);
  }
  return ({ method, address, query, headers }) => {
    const { bucket, key } = address;
    // WriteGetObjectResponse: a path of its own, below a host that is taken for a bucket's.
    const own = fixed.get(`${method} /${key ?? bucket ?? ""}`);
    if (own?.headers.every((name) => headers[name] !== undefined)) return own.operation;
    const scope = bucket === undefined ? "account" : key === undefined ? "bucket" : "object";
    let found: Route | undefined;
    for (const route of routes.get(`${method} ${scope}`) ?? []) {
      if (found !== undefined && weight(route) < weight(found)) break;
      if (!matches(route, query, headers)) continue;
      if (route.id !== undefined && route.id === query.get("x-id")) return route.operation;
      found ??= route;
    }
    return found?.operation;
  };
}

/**
 * Required members tell operations of the same URI apart (UploadPart, PutObject). Where the query of the URI is enough, they are
 * not looked at: a request that lacks them is this operation with an error, and not the next best one.
 */
function withStaticQuery(route: Route, all: readonly Route[]): Route {
  const uri = JSON.stringify(route.static);
  const named = route.static.length > 0;
  const alone = named && all.every((other) => other === route || JSON.stringify(other.static) !== uri);
  return {
    ...route,
    query: alone ? route.static : [...route.static, ...route.query],
    headers: alone ? [] : route.headers,
  };
}

function weight(route: Route): number {
  return route.query.length + route.headers.length;
}

function matches(route: Route, query: ReadonlyMap<string, string>, headers: Readonly<Record<string, string>>): boolean {
  for (const [name, value] of route.query) {
    const sent = query.get(name);
    if (sent === undefined || (value !== undefined && value !== sent)) return false;
  }
  for (const name of route.headers) if (headers[name] === undefined) return false;
  return true;
}
