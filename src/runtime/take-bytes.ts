import type { Readable } from "node:stream";

/**
 * The first bytes of a stream, as many as `lengthOf` says when it knows; the rest is left to be read. The stream does not flow
 * meanwhile. @throws Error where it ends before that, or what `lengthOf` throws
 */
export async function takeBytes(stream: Readable, lengthOf: (bytes: Buffer) => number | undefined): Promise<Buffer> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const chunk: Buffer | null = stream.read();
    if (chunk === null) {
      await readable(stream);
      continue;
    }
    bytes = Buffer.concat([bytes, chunk]);
    const length = lengthOf(bytes);
    if (length === undefined || length > bytes.length) continue;
    if (length < bytes.length) stream.unshift(bytes.subarray(length));
    return bytes.subarray(0, length);
  }
}

function readable(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    const events = ["readable", "end", "close", "error"] as const;
    const settle = () => {
      for (const event of events) stream.off(event, settle);
      if (stream.destroyed || stream.readableEnded) reject(new Error("The connection ended."));
      else resolve();
    };
    for (const event of events) stream.on(event, settle);
    if (stream.destroyed || stream.readableEnded) settle();
  });
}
