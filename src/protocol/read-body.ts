import type { Readable } from "node:stream";
import { AwsError } from "../aws/aws-error.ts";

/** A body beyond the limit of what is read into memory. */
export class BodyTooLarge extends Error {
  constructor(limit: number) {
    super(`The body is larger than ${limit} bytes.`);
    this.name = "BodyTooLarge";
  }
}

/** The whole body. The rest of one that is too large is left to the HTTP server. @throws BodyTooLarge, or the stream's error */
export async function readBody(body: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  return await new Promise((resolve, reject) => {
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
    body.once("close", () => reject(new Error("The connection was closed before the body's end.")));
  });
}

/** The whole body of a request to a service whose inputs are small. @throws AwsError RequestEntityTooLarge */
export async function readPayload(body: Readable, limit: number): Promise<Buffer> {
  try {
    return await readBody(body, limit);
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    throw new AwsError("RequestEntityTooLarge", "The request body is too large.", 413, { cause: error });
  }
}
