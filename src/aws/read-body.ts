import type { Readable } from "node:stream";
import type { BodyStream } from "./operations.ts";

/** A body beyond the limit of what is read into memory. */
export class BodyTooLarge extends Error {
  constructor(limit: number) {
    super(`The body is larger than ${limit} bytes.`);
    this.name = "BodyTooLarge";
  }
}

/** The whole body. The rest of one that is too large is left to the HTTP server. @throws BodyTooLarge, or the stream's error */
export function readBody(body: Readable & Pick<BodyStream, "whole">, limit: number): Promise<Buffer> {
  return body.whole === undefined ? gather(body, limit) : body.whole(limit);
}

function gather(body: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const cut = () => {
      if (!body.readableEnded) reject(new Error("The connection was closed before the body's end."));
    };
    if (body.destroyed) cut();
    body.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        body.removeAllListeners("data");
        reject(new BodyTooLarge(limit));
      }
    });
    body.once("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    body.once("error", reject);
    body.once("close", cut);
  });
}
