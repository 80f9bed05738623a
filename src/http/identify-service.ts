import { Readable } from "node:stream";
import { credentialScope } from "../auth/credential-scope.ts";
import type { HttpRequest } from "../aws/http-message.ts";
import { readBody } from "../aws/read-body.ts";
import { parseForm } from "../protocol/query-form.ts";
import type { Registry } from "../protocol/registry.ts";
import type { Service } from "../services/service.ts";

export interface Identified {
  readonly service: Service | undefined;
  /** The name that the request gives, for a service that is not emulated. */
  readonly name: string;
  readonly region: string | undefined;
  /** The request, readable from its start. */
  readonly request: HttpRequest;
}

const FORM_LIMIT = 1 << 20;

/**
 * Which service is meant: the credential scope names it. An unsigned request is S3's (public buckets, presigned POST),
 * but for a query service's form, whose `Version` says whose it is, and a JSON service's, whose `X-Amz-Target` does.
 */
export async function identifyService(registry: Registry<Service>, request: HttpRequest): Promise<Identified> {
  const scope = credentialScope(request);
  // S3 Control signs as S3 does, and every request of it, and none of S3, names the account in this header. Without it, its paths are keys.
  if (scope?.service === "s3" && request.headers["x-amz-account-id"] !== undefined) {
    return { service: undefined, name: "s3control", region: scope.region, request };
  }
  if (scope !== undefined) {
    return { service: registry.byName(scope.service), name: scope.service, region: scope.region, request };
  }
  const unsigned = { name: "s3", region: undefined };
  if (request.path === "/" && request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    const body = await readBody(request.body, FORM_LIMIT);
    const rewound = { ...request, body: Readable.from([body]) };
    const service = registry.byVersion(versionOf(request.query, body.toString("utf8")));
    if (service !== undefined) return { service, name: service.name, region: undefined, request: rewound };
    return { ...unsigned, service: registry.byName("s3"), request: rewound };
  }
  const byTarget = registry.byTarget(request.headers["x-amz-target"] ?? "");
  if (byTarget !== undefined) return { service: byTarget, name: byTarget.name, region: undefined, request };
  const byQuery = request.query.includes("Version=") ? registry.byVersion(versionOf(request.query)) : undefined;
  const service = byQuery ?? registry.byName("s3");
  return { ...unsigned, name: service?.name ?? "s3", service, request };
}

function versionOf(...forms: string[]): string {
  try {
    return parseForm(...forms).children?.get("Version")?.value ?? "";
  } catch {
    return "";
  }
}
