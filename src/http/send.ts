import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { DirectBody, HttpResponse } from "../aws/http-message.ts";

/** Writes an answer. Rejects when the client goes away, or the body fails, before its end. */
export async function send(res: ServerResponse, { status, headers, body }: HttpResponse): Promise<void> {
  if (body instanceof Readable) {
    res.writeHead(status, headers);
    if (res.req.method === "HEAD") {
      body.destroy();
      res.end();
      return;
    }
    await ("sendTo" in body ? sendDirectly(body as DirectBody, res) : pipeline(body, res));
    return;
  }
  const bytes = typeof body === "string" ? Buffer.from(body, "utf8") : body;
  if (bytes !== undefined) headers["content-length"] ??= String(bytes.byteLength);
  else if (status !== 204 && status !== 304 && res.req.method !== "HEAD") headers["content-length"] ??= "0";
  res.writeHead(status, headers);
  res.end(bytes);
}

function sendDirectly(body: DirectBody, res: ServerResponse): Promise<void> {
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      res.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  return new Promise<void>((resolve, reject) => {
    res.once("finish", resolve);
    res.once("error", reject);
    res.once("close", () => reject(new Error("The client went away.")));
    body.sendTo(write).then(() => res.end(), reject);
  }).finally(() => body.destroy());
}
