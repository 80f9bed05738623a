import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { HttpResponse } from "../aws/http-message.ts";

/** Writes an answer. Rejects when the client goes away, or the body fails, before its end. */
export async function send(res: ServerResponse, { status, headers, body }: HttpResponse): Promise<void> {
  if (body instanceof Readable) {
    res.writeHead(status, headers);
    if (res.req.method === "HEAD") {
      body.destroy();
      res.end();
      return;
    }
    await pipeline(body, res);
    return;
  }
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  if (bytes !== undefined) headers["content-length"] ??= String(bytes.byteLength);
  else if (status !== 204 && status !== 304 && res.req.method !== "HEAD") headers["content-length"] ??= "0";
  res.writeHead(status, headers);
  res.end(bytes);
}
