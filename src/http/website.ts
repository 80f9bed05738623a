import { Readable } from "node:stream";
import type * as S3 from "@aws-sdk/client-s3";
import { AwsError } from "../aws/aws-error.ts";
import type { HttpRequest, HttpResponse } from "../aws/http-message.ts";
import { anonymous } from "../aws/principal.ts";
import type { LoadedService } from "../protocol/registry.ts";
import { escapeXml } from "../protocol/xml-writer.ts";
import type { Service } from "../services/service.ts";
import type { App } from "./app.ts";
import { contextOf } from "./operation-context.ts";

interface WebsiteExchange {
  readonly requestId: string;
  readonly region: string;
  readonly signal: AbortSignal;
  readonly served: { code?: string };
}

const hostPattern =
  /^(.+)\.s3-website(?:[.-][a-z]{2}(?:-[a-z]+)+-\d)?\.(?:localhost(?:\.localstack\.cloud)?|amazonaws\.com(?:\.cn)?)$/;

/** The bucket whose website a host name is: `bucket.s3-website.localhost:4566`, `bucket.s3-website-us-east-1.amazonaws.com`. */
export function websiteBucket(host: string): string | undefined {
  if (!host.includes(".s3-website")) return undefined;
  return hostPattern.exec(host.replace(/:\d+$/, "").toLowerCase())?.[1];
}

/**
 * A bucket as a website: objects as pages for anybody whom the bucket lets read, with index and error documents, redirects and
 * routing rules. https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
 */
export async function answerWebsite(
  app: App,
  loaded: LoadedService<Service>,
  bucket: string,
  request: HttpRequest,
  exchange: WebsiteExchange,
): Promise<HttpResponse> {
  const site: Site = { app, loaded, bucket, request, exchange };
  let website: S3.WebsiteConfiguration | undefined;
  try {
    if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed(request.method);
    website = await loaded.service.website?.configuration(app.serviceContext, bucket);
    return await answer(site, website ?? {});
  } catch (error) {
    if (!(error instanceof AwsError) || error.status === 304) throw error;
    exchange.served.code = error.code;
    return await answerError(site, website, error);
  }
}

interface Site {
  readonly app: App;
  readonly loaded: LoadedService<Service>;
  readonly bucket: string;
  readonly request: HttpRequest;
  readonly exchange: WebsiteExchange;
}

async function answer(site: Site, website: S3.WebsiteConfiguration): Promise<HttpResponse> {
  const { request } = site;
  const { RedirectAllRequestsTo: all, RoutingRules = [], IndexDocument } = website;
  if (all !== undefined) {
    const target = `${all.Protocol ?? "http"}://${all.HostName}${request.path}${question(request)}`;
    return redirect(site, 301, target);
  }
  const key = keyOf(request);
  const rule = RoutingRules.find(
    ({ Condition }) =>
      Condition?.HttpErrorCodeReturnedEquals === undefined && key.startsWith(Condition?.KeyPrefixEquals ?? ""),
  );
  if (rule !== undefined) return routed(site, rule, key);
  const suffix = IndexDocument?.Suffix ?? "";
  try {
    return await page(site, key === "" || key.endsWith("/") ? key + suffix : key);
  } catch (error) {
    // A folder without its slash.
    const missing = error instanceof AwsError && (error.status === 404 || error.status === 403);
    if (!missing || key.endsWith("/") || key === "" || !(await isReadable(site, `${key}/${suffix}`))) throw error;
    return errorPage(site, foundElsewhere(`${request.path}/`));
  }
}

async function answerError(
  site: Site,
  website: S3.WebsiteConfiguration | undefined,
  error: AwsError,
): Promise<HttpResponse> {
  const { RoutingRules = [], ErrorDocument } = website ?? {};
  if (website?.RedirectAllRequestsTo === undefined) {
    const key = keyOf(site.request);
    const rule = RoutingRules.find(
      ({ Condition }) =>
        Condition?.HttpErrorCodeReturnedEquals === String(error.status) &&
        key.startsWith(Condition.KeyPrefixEquals ?? ""),
    );
    if (rule !== undefined) return routed(site, rule, key);
    if (ErrorDocument?.Key !== undefined && error.status < 500) {
      try {
        const document = await page(site, ErrorDocument.Key);
        return { ...document, status: error.status, headers: { ...document.headers, ...errorHeaders(error) } };
      } catch (second) {
        if (!(second instanceof AwsError)) throw second;
        return errorPage(site, error, second);
      }
    }
  }
  return errorPage(site, error);
}

/** An object as anybody reads it. @throws AwsError as GetObject does */
async function page(site: Site, key: string): Promise<HttpResponse> {
  const { loaded, request, exchange } = site;
  const { output, operation } = await read(site, key, request.method === "HEAD" ? "HeadObject" : "GetObject");
  if (output.WebsiteRedirectLocation !== undefined) {
    if (output.Body instanceof Readable) output.Body.destroy();
    return redirect(site, 301, output.WebsiteRedirectLocation);
  }
  return loaded.protocol.serialize(operation, output, exchange.requestId);
}

async function isReadable(site: Site, key: string): Promise<boolean> {
  try {
    await read(site, key, "HeadObject");
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

const passedOn = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "range"];

async function read(
  { app, loaded, bucket, request, exchange }: Site,
  key: string,
  operation: "GetObject" | "HeadObject",
) {
  const kept = passedOn.flatMap((name): [string, string][] => {
    const value = request.headers[name];
    return value === undefined ? [] : [[name, value]];
  });
  const method = operation === "GetObject" ? "GET" : "HEAD";
  const asked: HttpRequest = {
    ...{ ...request, method, query: "", path: `/${bucket}/${encodeURIComponent(key)}` },
    headers: Object.fromEntries(kept),
  };
  const input = await (await loaded.protocol.match(asked)).parse(Readable.from([]));
  const ctx = contextOf(app, { ...exchange, operation, principal: anonymous, request: { ...request, method } });
  const output = (await loaded.operations[operation]?.(ctx, input as never)) as S3.GetObjectOutput & { Body?: unknown };
  return { output, operation };
}

function routed(site: Site, { Condition, Redirect = {} }: S3.RoutingRule, key: string): HttpResponse {
  const { HostName, Protocol, ReplaceKeyWith, ReplaceKeyPrefixWith, HttpRedirectCode } = Redirect;
  const prefix = Condition?.KeyPrefixEquals ?? "";
  const target =
    ReplaceKeyWith ?? (ReplaceKeyPrefixWith === undefined ? key : ReplaceKeyPrefixWith + key.slice(prefix.length));
  const host = HostName ?? site.request.headers.host ?? "";
  const path = target.split("/").map(encodeURIComponent).join("/");
  const location = `${Protocol ?? "http"}://${host}/${path}${question(site.request)}`;
  return redirect(site, Number(HttpRedirectCode ?? 301), location);
}

function redirect({ loaded, exchange }: Site, status: number, location: string): HttpResponse {
  const { headers } = loaded.protocol.serializeEmpty({ location }, exchange.requestId);
  return { status, headers };
}

/** `second` is what kept the error document from being shown. */
function errorPage({ loaded, exchange, request }: Site, error: AwsError, second?: AwsError): HttpResponse {
  const title = `${error.status} ${titles[error.status] ?? "Error"}`;
  const facts = (of: AwsError, more: Record<string, unknown>) =>
    Object.entries({ Code: of.code, Message: of.message, ...of.members, ...more })
      .map(([name, value]) => `<li>${name}: ${escapeXml(String(value))}</li>`)
      .join("\n");
  const { headers } = loaded.protocol.serializeEmpty({}, exchange.requestId);
  const ids = { RequestId: exchange.requestId, HostId: headers["x-amz-id-2"] };
  const nested =
    second === undefined
      ? ""
      : `<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n${facts(second, {})}\n</ul>\n`;
  const body = `<html>\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n<ul>\n${facts(error, ids)}\n</ul>\n${nested}<hr/>\n</body>\n</html>\n`;
  return {
    status: error.status,
    headers: {
      ...headers,
      ...error.headers,
      ...errorHeaders(error),
      "content-type": "text/html; charset=utf-8",
      "content-length": String(Buffer.byteLength(body)),
    },
    ...(request.method === "HEAD" ? {} : { body }),
  };
}

/** What an answer says of an error beside its page, or beside the error document. */
function errorHeaders({ code, message, members }: AwsError): Record<string, string> {
  const details = Object.entries(members).map(
    ([name, value]) => [`detail-${name.toLowerCase()}`, String(value)] as const,
  );
  const all = [["code", code], ["message", message], ...details] as const;
  return Object.fromEntries(
    all.map(([name, value]) => [`x-amz-error-${name}`, value.replaceAll(/[^\x20-\x7e]/g, "?")]),
  );
}

/** The page of a folder that was asked for without its slash. */
function foundElsewhere(location: string): AwsError {
  return new AwsError("Found", "Resource Found", 302, { headers: { location } });
}

const titles: Readonly<Record<number, string>> = {
  302: "Found",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  412: "Precondition Failed",
  416: "Requested Range Not Satisfiable",
  500: "Internal Server Error",
};

function methodNotAllowed(Method: string): AwsError {
  const message = "The specified method is not allowed against this resource.";
  const headers = { allow: "GET, HEAD, OPTIONS" };
  return new AwsError("MethodNotAllowed", message, 405, { members: { Method, ResourceType: "OBJECT" }, headers });
}

function question({ query }: HttpRequest): string {
  return query === "" ? "" : `?${query}`;
}

function keyOf({ path }: HttpRequest): string {
  try {
    return decodeURIComponent(path.slice(1));
  } catch (error) {
    throw new AwsError("InvalidURI", "Couldn't parse the specified URI.", 400, { cause: error });
  }
}
