import type { IncomingMessage } from "node:http";

/**
 * Whether a request comes from this machine and from no web page of another origin: a page anywhere can make the
 * browser of this machine's user send a POST here, and can have its own name resolve to 127.0.0.1.
 */
export function isLocalCaller(req: IncomingMessage): boolean {
  const { host, origin } = req.headers;
  if (!isLoopbackAddress(req.socket.remoteAddress ?? "") || host === undefined || !isLoopbackName(host)) return false;
  return origin === undefined || origin === `http://${host}`;
}

function isLoopbackAddress(address: string): boolean {
  return address === "::1" || /^(?:::ffff:)?127\./.test(address);
}

export function isLoopbackName(host: string): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name);
}
