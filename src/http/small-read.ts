import { credentialScope } from "../auth/credential-scope.ts";
import { isAccelerated } from "../aws/accelerated-host.ts";
import type { HttpRequest, HttpResponse } from "../aws/http-message.ts";
import type { LoadedService } from "../protocol/registry.ts";
import type { Service, SmallObject } from "../services/service.ts";
import type { App } from "./app.ts";
import { readableAddress } from "./cross-origin.ts";
import { websiteBucket } from "./website.ts";

/** An answer that was found on the short way, and what the log says of its request. */
export interface SmallRead {
  readonly response: (requestId: string) => HttpResponse;
  readonly operation: "GetObject" | "HeadObject";
  readonly region: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A request with any other header may ask for something else than the whole object. */
const plainHeaders = new Set([
  ...["host", "authorization", "date", "user-agent", "connection", "content-type"],
  ...["accept", "accept-encoding", "accept-language", "amz-sdk-invocation-id", "amz-sdk-request"],
  ...["x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-user-agent", "x-amz-checksum-mode"],
]);

/**
 * The short way of the most frequent request, the plain read of a small object by its owner: its signature is verified, and
 * its bytes are read, as on the long one, but what is between is known from the time before. Undefined where the long way is
 * to be gone, on which also every error is told: docs/decisions/0002-aws-requests-before-express.md
 */
export async function smallRead(app: App, request: HttpRequest): Promise<SmallRead | undefined> {
  if (!isPlainRead(request)) return undefined;
  const scope = credentialScope(request);
  const service = scope?.service === "s3" ? app.registry.byName("s3") : undefined;
  const loaded = service && app.registry.loaded(service);
  if (scope === undefined || loaded?.smallObjects === undefined) return undefined;
  const { bucket, key } = readableAddress(request);
  if (bucket === undefined || key === undefined) return undefined;
  const { serviceContext } = app;
  if (loaded.service.accessLog?.logs(serviceContext, () => bucket) === true) return undefined;
  await app.ready();
  // Before the signature is looked at, which would be done twice on the long way.
  if (loaded.smallObjects.find(serviceContext, bucket, key) === undefined) return undefined;
  try {
    const { principal } = await app.authenticator.authenticate(request, {
      service: "s3",
      protocol: "restXml",
      hostBucket: undefined,
    });
    const object = loaded.smallObjects.find(serviceContext, bucket, key);
    if (object === undefined || principal.type === "anonymous" || principal.accountId !== object.accountId) {
      return undefined;
    }
    const operation = request.method === "HEAD" ? "HeadObject" : "GetObject";
    const body = operation === "GetObject" ? object.read() : undefined;
    if (operation === "GetObject" && body === undefined) return undefined;
    const checksum = request.headers["x-amz-checksum-mode"] === "ENABLED";
    const headers = headersOf(loaded, object, checksum);
    return {
      operation,
      region: scope.region,
      input: checksum ? { Bucket: bucket, Key: key, ChecksumMode: "ENABLED" } : { Bucket: bucket, Key: key },
      response: (requestId) => ({
        status: 200,
        headers: { ...headers, "x-amz-request-id": requestId },
        ...(body && { body }),
      }),
    };
  } catch {
    return undefined;
  }
}

function isPlainRead({ method, query, headers }: HttpRequest): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  // Some SDKs send the operation's name.
  if (query !== "" && query !== "x-id=GetObject") return false;
  for (const name in headers) if (!plainHeaders.has(name)) return false;
  const { host = "" } = headers;
  return websiteBucket(host) === undefined && !isAccelerated(host);
}

interface Headers {
  readonly plain: Readonly<Record<string, string>>;
  readonly withChecksum: Readonly<Record<string, string>>;
}

const prepared = new WeakMap<SmallObject, Headers>();

/** As the protocol writes them, once for all answers. */
function headersOf(
  { protocol }: LoadedService<Service>,
  object: SmallObject,
  checksum: boolean,
): Readonly<Record<string, string>> {
  let headers = prepared.get(object);
  if (headers === undefined) {
    const write = (output: object) => protocol.serialize("GetObject", output, "").headers;
    headers = { plain: write(object.output), withChecksum: write({ ...object.output, ...object.checksum }) };
    prepared.set(object, headers);
  }
  return checksum ? headers.withChecksum : headers.plain;
}
