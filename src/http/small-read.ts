import { credentialScope } from "../auth/credential-scope.ts";
import { isAccelerated } from "../aws/accelerated-host.ts";
import type { HttpRequest } from "../aws/http-message.ts";
import type { LoadedService } from "../protocol/registry.ts";
import type { Service, SmallObject } from "../services/service.ts";
import type { App } from "./app.ts";
import { readableAddress } from "./cross-origin.ts";
import { isPageRequest } from "./sandboxed-page.ts";
import { websiteBucket } from "./website.ts";

/** An answer that was found on the short way, and what the log says of its request. */
export interface SmallRead {
  readonly operation: "GetObject" | "HeadObject";
  readonly region: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Names and values by turns, as `writeHead` takes them in the least time. */
  readonly headers: (requestId: string) => string[];
  readonly body: Uint8Array | undefined;
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
export function smallRead(app: App, request: HttpRequest): SmallRead | undefined {
  if (!isPlainRead(request) || app.ready() !== undefined) return undefined;
  const scope = credentialScope(request);
  const service = scope?.service === "s3" ? app.registry.byName("s3") : undefined;
  const loaded = service && app.registry.loaded(service);
  if (scope === undefined || loaded?.smallObjects === undefined) return undefined;
  const { bucket, key } = readableAddress(request);
  if (bucket === undefined || key === undefined) return undefined;
  const { serviceContext } = app;
  if (loaded.service.accessLog?.logs(serviceContext, () => bucket) === true) return undefined;
  try {
    // Before the signature is looked at, which would be done twice on the long way.
    const object = loaded.smallObjects.find(serviceContext, bucket, key);
    if (object === undefined) return undefined;
    const principal = app.authenticator.authenticateAtOnce(request, target)?.principal;
    if (principal === undefined || principal.type === "anonymous") return undefined;
    if (principal.accountId !== object.accountId) return undefined;
    const operation = request.method === "HEAD" ? "HeadObject" : "GetObject";
    const body = operation === "GetObject" ? object.read() : undefined;
    if (operation === "GetObject" ? body === undefined : !object.isThere()) return undefined;
    const { headers, input } = preparedAnswer(loaded, object, request, { Bucket: bucket, Key: key });
    return {
      operation,
      region: scope.region,
      input,
      headers(requestId) {
        headers[1] = requestId;
        return headers;
      },
      body,
    };
  } catch {
    return undefined;
  }
}

const target = { service: "s3", protocol: "restXml", hostBucket: undefined } as const;

function isPlainRead({ method, query, headers }: HttpRequest): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  // Some SDKs send the operation's name.
  if (query !== "" && query !== "x-id=GetObject") return false;
  for (const name in headers) if (!plainHeaders.has(name)) return false;
  const { host = "" } = headers;
  return websiteBucket(host) === undefined && !isAccelerated(host) && !isPageRequest({ headers });
}

/** What is the same of all answers to one kind of request. */
interface PreparedAnswer {
  /** The second is the id of the request, and each answer's own. */
  readonly headers: string[];
  readonly input: Readonly<Record<string, unknown>>;
}

const plainAnswers = new WeakMap<SmallObject, PreparedAnswer>();
const answersWithChecksum = new WeakMap<SmallObject, PreparedAnswer>();

function preparedAnswer(
  { protocol }: LoadedService<Service>,
  object: SmallObject,
  request: HttpRequest,
  input: Readonly<Record<string, unknown>>,
): PreparedAnswer {
  const checksum = request.headers["x-amz-checksum-mode"] === "ENABLED";
  const answers = checksum ? answersWithChecksum : plainAnswers;
  let answer = answers.get(object);
  if (answer === undefined) {
    const output = checksum ? { ...object.output, ...object.checksum } : object.output;
    const { "x-amz-request-id": id = "", ...headers } = protocol.serialize("GetObject", output, "").headers;
    answer = {
      headers: ["x-amz-request-id", id, ...Object.entries(headers).flat()],
      input: checksum ? { ...input, ChecksumMode: "ENABLED" } : input,
    };
    answers.set(object, answer);
  }
  return answer;
}
