import type { CORSRule } from "@aws-sdk/client-s3";
import type { CrossOriginRequest } from "../service.ts";
import type { ServiceContext } from "../service-context.ts";
import { accessForbidden, badRequest } from "./errors.ts";
import { findConfiguration } from "./stored-configurations.ts";

/**
 * The answer to a preflight request, which is never signed: the headers of the first rule that matches.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
 * @throws BadRequest, AccessForbidden
 */
export async function preflightHeaders(
  ctx: ServiceContext,
  request: CrossOriginRequest,
): Promise<Record<string, string>> {
  const { origin, "access-control-request-method": method = "OPTIONS" } = request.headers;
  if (origin === undefined) throw badRequest("Insufficient information. Origin request header needed.");
  // As a server that was made by probes of S3 has it: https://github.com/radkawar/stackd , internal/services/s3/cors_http.go
  if (!methods.has(method)) throw badRequest(`Invalid Access-Control-Request-Method: ${method}`);
  const headers = headerNames(request.headers["access-control-request-headers"]);
  const unnamable = headers.find((name) => !isHeaderName(name));
  if (unnamable !== undefined) {
    throw badRequest(`Access-Control-Request-Headers "${unnamable}" contains invalid character.`);
  }
  const { bucket, key } = request;
  const refused = (reason: string, ResourceType = "BUCKET") =>
    accessForbidden(`CORSResponse: ${reason}`, { Method: method, ResourceType });
  const row = bucket === undefined ? undefined : await findBucketId(ctx, bucket);
  if (row === undefined) throw refused("Bucket not found");
  const cors = await findConfiguration(ctx.db, row, "CORS");
  if (cors === undefined) throw refused("CORS is not enabled for this bucket.");
  const rule = cors.CORSRules?.find((candidate) => matches(candidate, origin, method, headers));
  if (rule === undefined) {
    throw refused(
      // The spelling is AWS's.
      "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
      key === undefined ? "BUCKET" : "OBJECT",
    );
  }
  return {
    ...ruleHeaders(rule, origin),
    ...(headers.length === 0 ? {} : { "access-control-allow-headers": headers.join(", ") }),
  };
}

/** HTTP's, whether S3 has them or not. */
const methods: ReadonlySet<string> = new Set([
  ...["GET", "HEAD", "PUT", "POST", "DELETE"],
  ...["OPTIONS", "PATCH", "TRACE", "CONNECT"],
]);

/** What the answer to any other request says to the browser that sends it; nothing where no rule matches. */
export async function crossOriginHeaders(
  ctx: ServiceContext,
  request: CrossOriginRequest,
): Promise<Record<string, string>> {
  const { bucket } = request;
  const { origin } = request.headers;
  if (origin === undefined) return {};
  const row = bucket === undefined ? undefined : await findBucketId(ctx, bucket);
  const cors = row && (await findConfiguration(ctx.db, row, "CORS"));
  const method = request.headers["access-control-request-method"] ?? request.method;
  const headers = headerNames(request.headers["access-control-request-headers"]);
  const rule = cors?.CORSRules?.find((candidate) => matches(candidate, origin, method, headers));
  return rule === undefined ? {} : ruleHeaders(rule, origin);
}

async function findBucketId(ctx: ServiceContext, name: string): Promise<{ id: number } | undefined> {
  return ctx.db.selectFrom("buckets").select("id").where("name", "=", name).executeTakeFirst();
}

function headerNames(list: string | undefined): string[] {
  const names = (list ?? "").split(",").map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== "");
}

/** A token of HTTP's. */
export function isHeaderName(text: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]*$/.test(text);
}

function matches(rule: CORSRule, origin: string, method: string, headers: readonly string[]): boolean {
  return (
    (rule.AllowedMethods ?? []).includes(method) &&
    (rule.AllowedOrigins ?? []).some((pattern) => fits(pattern, origin)) &&
    headers.every((name) => (rule.AllowedHeaders ?? []).some((pattern) => fits(pattern.toLowerCase(), name)))
  );
}

/** A pattern has one wildcard at most. */
function fits(pattern: string, text: string): boolean {
  const [start = "", end] = pattern.split("*");
  if (end === undefined) return pattern === text;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}

/** Where the rule is for any origin, the answer is too; else it names the one that asks, and may be used with credentials. */
function ruleHeaders(rule: CORSRule, origin: string): Record<string, string> {
  const forAny = rule.AllowedOrigins?.includes("*") === true;
  const { ExposeHeaders = [], MaxAgeSeconds } = rule;
  return {
    "access-control-allow-origin": forAny ? "*" : origin,
    "access-control-allow-methods": (rule.AllowedMethods ?? []).join(", "),
    ...(forAny ? {} : { "access-control-allow-credentials": "true" }),
    ...(ExposeHeaders.length === 0 ? {} : { "access-control-expose-headers": ExposeHeaders.join(", ") }),
    ...(MaxAgeSeconds === undefined ? {} : { "access-control-max-age": String(MaxAgeSeconds) }),
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
}
