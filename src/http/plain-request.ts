import { credentialScope } from "../auth/credential-scope.ts";
import { isAccelerated } from "../aws/accelerated-host.ts";
import type { HttpRequest } from "../aws/http-message.ts";
import type { LoadedService } from "../protocol/registry.ts";
import type { Service, SmallObjects } from "../services/service.ts";
import type { App } from "./app.ts";
import { readableAddress } from "./cross-origin.ts";
import { isPageRequest } from "./sandboxed-page.ts";
import { websiteBucket } from "./website.ts";

/** A request for one object, which asks for nothing but what its method says. Nothing of it is verified yet. */
export interface PlainRequest {
  readonly loaded: LoadedService<Service>;
  readonly smallObjects: SmallObjects;
  readonly region: string;
  readonly bucket: string;
  readonly key: string;
}

/** A request with any other header may ask for something else than the whole object. */
const plainHeaders = new Set([
  ...["host", "authorization", "date", "user-agent", "connection", "content-type"],
  ...["accept", "accept-encoding", "accept-language", "amz-sdk-invocation-id", "amz-sdk-request"],
  ...["x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-user-agent", "x-amz-checksum-mode"],
]);

/** `id`: the operation's name, which some SDKs send. Undefined for a request that is to go the long way. */
export function plainRequest(app: App, request: HttpRequest, id: string): PlainRequest | undefined {
  const { query, headers } = request;
  if (query !== "" && query !== `x-id=${id}`) return undefined;
  for (const name in headers) {
    if (!plainHeaders.has(name) && (name !== "content-length" || headers[name] !== "0")) return undefined;
  }
  const { host = "" } = headers;
  if (websiteBucket(host) !== undefined || isAccelerated(host) || isPageRequest({ headers })) return undefined;
  if (app.ready() !== undefined) return undefined;
  const scope = credentialScope(request);
  const service = scope?.service === "s3" ? app.registry.byName("s3") : undefined;
  const loaded = service && app.registry.loaded(service);
  if (scope === undefined || loaded?.smallObjects === undefined) return undefined;
  const { bucket, key } = readableAddress(request);
  if (bucket === undefined || key === undefined) return undefined;
  if (loaded.service.accessLog?.logs(app.serviceContext, () => bucket) === true) return undefined;
  return { loaded, smallObjects: loaded.smallObjects, region: scope.region, bucket, key };
}

const target = { service: "s3", protocol: "restXml", hostBucket: undefined } as const;

/** Whether an account's own credentials have signed the request, which is verified. @throws AwsError where it cannot be */
export function isSignedBy(app: App, request: HttpRequest, accountId: string): boolean {
  const principal = app.authenticator.authenticateAtOnce(request, target)?.principal;
  return principal !== undefined && principal.type !== "anonymous" && principal.accountId === accountId;
}
