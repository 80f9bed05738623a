import { Readable } from "node:stream";
import { z } from "zod";
import { rawRoute } from "./route.ts";

/** What a browser shows without running anything; all else is bytes to it. */
const shownTypes =
  /^(?:image\/(?!svg)[\w.+-]+|audio\/[\w.+-]+|video\/[\w.+-]+|font\/[\w.+-]+|application\/(?:json|pdf|zip|gzip)|text\/(?:plain|csv|markdown))$/;

/** A stored page must never run as one of this origin's: whatever asks for it gets a file, not a document. */
const asFile = {
  "content-security-policy": "sandbox; default-src 'none'",
  "x-content-type-options": "nosniff",
  "cache-control": "private, no-cache",
};

export const objectDownload = rawRoute(
  {
    ...{ method: "GET", path: "/s3/buckets/{name}/objects/{key}", tag: "s3" },
    summary: "Download an object",
    description:
      "Takes Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since; HEAD gives the headers alone.",
    query: z.strictObject({ filename: z.string().max(1024).optional().describe("The name to save it under.") }),
    reply: { status: 200, contentType: "application/octet-stream" },
    errors: [404, 412, 416],
  },
  async ({ params, query, req, call }) => {
    const asked = {
      Bucket: params.name,
      Key: params.key,
      Range: req.headers.range,
      IfMatch: req.headers["if-match"],
      IfNoneMatch: req.headers["if-none-match"],
      IfModifiedSince: dateOf(req.headers["if-modified-since"]),
      IfUnmodifiedSince: dateOf(req.headers["if-unmodified-since"]),
    };
    const isHead = req.method === "HEAD";
    const found = isHead ? await call("s3", "HeadObject", asked) : await call("s3", "GetObject", asked);
    const filename = query.filename ?? params.key.split("/").findLast((part) => part !== "") ?? "object";
    const headers: Record<string, string> = {
      ...asFile,
      "content-type": safeType(found.ContentType),
      "content-length": String(found.ContentLength ?? 0),
      "content-disposition": `attachment; filename="${asciiName(filename)}"; filename*=UTF-8''${rfc8187(filename)}`,
      "accept-ranges": "bytes",
      etag: found.ETag ?? "",
      ...(found.LastModified && { "last-modified": found.LastModified.toUTCString() }),
      ...(found.ContentEncoding && { "content-encoding": found.ContentEncoding }),
      ...(found.ContentRange && { "content-range": found.ContentRange }),
    };
    const status = found.ContentRange === undefined ? 200 : 206;
    if (isHead || !("Body" in found) || found.Body === undefined) return { status, headers };
    return { status, headers, body: found.Body instanceof Readable ? found.Body : Buffer.from(found.Body) };
  },
);

function safeType(stored = ""): string {
  const type = stored.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!shownTypes.test(type)) return "application/octet-stream";
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}

/** A date that is none is no condition (RFC 9110, 13.1.3). */
function dateOf(header: string | undefined): Date | undefined {
  const date = new Date(header ?? "");
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** For the clients that know no `filename*`. */
function asciiName(name: string): string {
  return name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
}

/** https://www.rfc-editor.org/rfc/rfc8187#section-3.2 */
function rfc8187(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
