import type { Readable } from "node:stream";
import type { BodyStream, TakeChunk } from "./operations.ts";

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
      if (!body.readableEnded) reject(prematureClose());
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

/**
 * Hands over a body chunk by chunk, which costs less than iterating over it. The source is not destroyed on failure: a request's
 * socket has to stay for the answer. Rejects with the stream's error, or that of `take`.
 */
export function eachChunk(body: Readable & Pick<BodyStream, "each">, take: TakeChunk): Promise<void> {
  return body.each === undefined ? flow(body, take) : body.each(take);
}

function flow(body: Readable, take: TakeChunk): Promise<void> {
  return new Promise((resolve, reject) => {
    let pending: Promise<void> | undefined;
    const fail = (error: unknown) => {
      body.off("data", onData);
      body.pause();
      reject(error);
    };
    const onData = (chunk: Buffer) => {
      try {
        pending = take(chunk);
      } catch (error) {
        fail(error);
        return;
      }
      if (pending === undefined) return;
      body.pause();
      pending.then(() => body.resume(), fail);
    };
    const cut = () => {
      if (!body.readableEnded) reject(prematureClose());
    };
    if (body.destroyed) cut();
    body.once("error", reject);
    body.once("close", cut);
    // It may come while the last chunk is still being taken.
    body.once("end", () => (pending === undefined ? resolve() : pending.then(resolve, reject)));
    body.on("data", onData);
  });
}

function prematureClose(): Error {
  return new Error("Premature close: the connection ended before the body did.");
}
