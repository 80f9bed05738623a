import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Config } from "../config.ts";
import { isLoopbackName } from "./local-caller.ts";

/** Why a browser's request is refused, as a problem's code and sentence. */
export interface GuardRefusal {
  readonly status: 403;
  readonly code: "HostNotAllowed" | "OriginNotAllowed";
  readonly detail: string;
}

type GuardConfig = Pick<Config, "listen" | "allowedHosts" | "corsOrigins">;

/**
 * What keeps other web pages away from the console, the JSON API and the terminal. A page anywhere can have its own name
 * resolve to this machine (DNS rebinding): the `Host` header tells. A page of another origin tells by `Origin`.
 */
export function refuseForeign(
  config: GuardConfig,
  { headers }: Pick<IncomingMessage, "headers">,
): GuardRefusal | undefined {
  const { host, origin } = headers;
  if (host === undefined || !isAllowedHost(config, host)) {
    const detail = `LocalAWS does not answer to the name ${host ?? ""}. Use localhost, or add the name to LOCALAWS_ALLOWED_HOSTS.`;
    return { status: 403, code: "HostNotAllowed", detail };
  }
  if (origin !== undefined && !isOwnOrigin(origin, host) && !isCorsOrigin(config, origin)) {
    const detail = `Pages of ${origin} may not use this API. LOCALAWS_CORS_ORIGINS lists the origins that may.`;
    return { status: 403, code: "OriginNotAllowed", detail };
  }
  return undefined;
}

/** Headers of every answer to a browser, and those by which a page of a configured origin may read it. */
export function setSecurityHeaders(config: GuardConfig, { headers }: IncomingMessage, res: ServerResponse): void {
  for (const [name, value] of Object.entries(securityHeaders)) res.setHeader(name, value);
  if (config.corsOrigins.length === 0) return;
  res.setHeader("vary", "origin");
  const { origin } = headers;
  if (origin === undefined || !isCorsOrigin(config, origin)) return;
  res.setHeader("access-control-allow-origin", origin);
  res.setHeader("access-control-expose-headers", "content-disposition, content-range, etag, retry-after");
  res.setHeader("cross-origin-resource-policy", "cross-origin");
}

/** Answers a browser that asks whether a page may send a request; false for any other request. */
export function answerPreflight({ method, headers }: IncomingMessage, res: ServerResponse): boolean {
  if (method !== "OPTIONS" || headers["access-control-request-method"] === undefined) return false;
  res.writeHead(204, {
    "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE",
    "access-control-allow-headers": "authorization, content-type, range, if-none-match",
    "access-control-max-age": "600",
  });
  res.end();
  return true;
}

/** No inline script, no frame around it, nothing from elsewhere. */
const securityHeaders = {
  "content-security-policy": [
    "default-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

function isAllowedHost({ listen, allowedHosts }: GuardConfig, host: string): boolean {
  if (isLoopbackName(host) || allowedHosts.includes("*")) return true;
  const name = host.replace(/:\d+$/, "").toLowerCase();
  const address = name.replace(/^\[|\]$/g, "");
  if (allowedHosts.includes(name) || listen.some((listening) => listening.host.toLowerCase() === address)) return true;
  // An address is no name that could be made to point here; at a wildcard address all of this machine's are listened at.
  return isIP(address) !== 0 && listen.some((listening) => listening.host === "0.0.0.0" || listening.host === "::");
}

/** The scheme may differ: a proxy before LocalAWS may speak TLS. */
function isOwnOrigin(origin: string, host: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase().replace(/:80$/, "");
}

function isCorsOrigin({ corsOrigins }: GuardConfig, origin: string): boolean {
  return corsOrigins.includes(origin) || corsOrigins.includes("*");
}
