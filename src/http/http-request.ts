import type { IncomingMessage } from "node:http";
import type { HttpRequest } from "../aws/http-message.ts";

/** Node's request as the rest of LocalAWS sees it. */
export function toHttpRequest(req: IncomingMessage): HttpRequest {
  const url = req.url ?? "/";
  const question = url.indexOf("?");
  return {
    method: req.method ?? "GET",
    path: pathOf(question === -1 ? url : url.slice(0, question)),
    query: question === -1 ? "" : url.slice(question + 1),
    headers: joinedHeaders(req),
    body: req,
    // Of an IPv4 client at a socket for both families.
    remoteAddress: req.socket.remoteAddress?.replace(/^::ffff:/, ""),
  };
}

/** A request to a proxy names the whole URL. */
function pathOf(target: string): string {
  if (target.startsWith("/")) return target;
  const scheme = target.indexOf("://");
  const slash = scheme === -1 ? -1 : target.indexOf("/", scheme + 3);
  return slash === -1 ? "/" : target.slice(slash);
}

function joinedHeaders(req: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  const raw = req.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? "").toLowerCase();
    const value = decoded(raw[i + 1] ?? "");
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : `${earlier},${value}`;
  }
  return headers;
}

/** Node gives a header's bytes as Latin-1; AWS's clients send UTF-8, and sign that. */
function decoded(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value)) return value;
  const text = Buffer.from(value, "latin1").toString("utf8");
  return text.includes("\ufffd") ? value : text;
}
