import type { HttpRequest } from "../aws/http-message.ts";

/** A query parameter in canonical form: decoded, then encoded as SigV4 does. */
export interface CanonicalParameter {
  readonly name: string;
  readonly value: string;
}

/**
 * The canonical request of Signature Version 4. `path` and `query` are as they came from the wire.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function canonicalRequest(
  request: Pick<HttpRequest, "method" | "headers">,
  parts: { path: string; query: string; signedHeaders: readonly string[]; payloadHash: string },
): string {
  let headers = "";
  for (const name of parts.signedHeaders) headers += `${name}:${canonicalValue(request.headers[name] ?? "")}\n`;
  return `${request.method}\n${parts.path}\n${parts.query}\n${headers}\n${parts.signedHeaders.join(";")}\n${parts.payloadHash}`;
}

/**
 * S3 takes the path as it is, encoded once. Every other service removes dot segments and empty segments, and encodes
 * what came from the wire a second time.
 */
export function canonicalPath(path: string, service: string): string {
  if (path === "" || path === "/") return "/";
  return service === "s3" ? encoded(path, "path") : encoded(withoutDotSegments(path), "path again");
}

/** The parameters in the order that is signed: by name, then by value, as bytes. */
export function canonicalParameters(query: string): CanonicalParameter[] {
  if (query === "") return [];
  const parameters: CanonicalParameter[] = [];
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    parameters.push(
      equals < 0
        ? { name: encoded(pair, "query"), value: "" }
        : { name: encoded(pair.slice(0, equals), "query"), value: encoded(pair.slice(equals + 1), "query") },
    );
  }
  return parameters.sort((a, b) => order(a.name, b.name) || order(a.value, b.value));
}

/** `X-Amz-Signature` cannot sign itself. */
export function canonicalQuery(parameters: readonly CanonicalParameter[]): string {
  let query = "";
  for (const { name, value } of parameters) {
    if (name === "X-Amz-Signature") continue;
    query += query === "" ? `${name}=${value}` : `&${name}=${value}`;
  }
  return query;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Trimmed, runs of spaces made one. */
function canonicalValue(value: string): string {
  const trimmed = value.trim();
  if (!trimmed.includes("  ")) return trimmed;
  return trimmed
    .split(" ")
    .filter((word) => word !== "")
    .join(" ");
}

function withoutDotSegments(path: string): string {
  if (!path.includes("//") && !path.includes("/.")) return path;
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  return kept.length === 0 ? "/" : `/${kept.join("/")}${path.endsWith("/") ? "/" : ""}`;
}

const slash = 0x2f;
const plus = 0x2b;
const percent = 0x25;

/** A-Z a-z 0-9 - . _ ~ are never encoded. */
const unreserved = new Uint8Array(256);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~") {
  unreserved[character.charCodeAt(0)] = 1;
}

const escapes = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`);

/**
 * Encodes text from the wire. Its own escapes are read first, so that `%7e`, `%7E` and `~` come out alike; in a query
 * `+` is a space. `path again` takes `%` for a character like any other. Text from the wire is one character a byte.
 */
function encoded(text: string, as: "path" | "path again" | "query"): string {
  let at = 0;
  while (at < text.length && isPlain(text.charCodeAt(at), as)) at++;
  if (at === text.length) return text;
  let out = text.slice(0, at);
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isPlain(code, as)) {
      out += text[at];
    } else if (code === percent && as !== "path again") {
      const byte = hexByte(text.charCodeAt(at + 1), text.charCodeAt(at + 2));
      if (byte < 0) {
        out += "%25";
      } else {
        out += unreserved[byte] === 1 ? String.fromCharCode(byte) : escapes[byte];
        at += 2;
      }
    } else if (code === plus && as === "query") {
      out += "%20";
    } else {
      out += code < 256 ? escapes[code] : encodeURIComponent(String.fromCodePoint(text.codePointAt(at) ?? code));
      if (code >= 0xd800 && code <= 0xdbff) at++;
    }
  }
  return out;
}

function isPlain(code: number, as: "path" | "path again" | "query"): boolean {
  return unreserved[code] === 1 || (code === slash && as !== "query");
}

/** -1 where there are no two hexadecimal digits. */
function hexByte(high: number, low: number): number {
  const h = hexDigit(high);
  const l = hexDigit(low);
  return h < 0 || l < 0 ? -1 : h * 16 + l;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x46) return code - 0x37;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return -1;
}
