import { createHash, createHmac } from "node:crypto";

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const hmac = (key: string | Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();

/** A client's side of an aws-chunked body, written from the documentation and not from our code. */
export interface ChunkSigner {
  secretAccessKey: string;
  timestamp: string;
  region: string;
  /** The signature of the request's head. */
  seed: string;
}

export function unsignedChunks(chunks: readonly Uint8Array[], trailers: readonly string[] = []): Buffer {
  const parts = [...chunks, Buffer.alloc(0)].flatMap((bytes) => [
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from(bytes.length > 0 ? "\r\n" : ""),
  ]);
  return Buffer.concat([...parts, ...trailers.map((line) => Buffer.from(`${line}\r\n`)), Buffer.from("\r\n")]);
}

export function signedChunks(
  signer: ChunkSigner,
  chunks: readonly Uint8Array[],
  trailers: readonly string[] = [],
): Buffer {
  const date = signer.timestamp.slice(0, 8);
  let key = hmac(`AWS4${signer.secretAccessKey}`, date);
  for (const part of [signer.region, "s3", "aws4_request"]) key = hmac(key, part);
  let previous = signer.seed;
  const sign = (algorithm: string, ...last: string[]) => {
    const scope = `${date}/${signer.region}/s3/aws4_request`;
    previous = hmac(key, [algorithm, signer.timestamp, scope, previous, ...last].join("\n")).toString("hex");
    return previous;
  };
  const parts = [...chunks, Buffer.alloc(0)].flatMap((bytes) => {
    const signature = sign("AWS4-HMAC-SHA256-PAYLOAD", sha256(""), sha256(bytes));
    return [
      Buffer.from(`${bytes.length.toString(16)};chunk-signature=${signature}\r\n`),
      bytes,
      Buffer.from(bytes.length > 0 ? "\r\n" : ""),
    ];
  });
  if (trailers.length > 0) {
    const signature = sign("AWS4-HMAC-SHA256-TRAILER", sha256(trailers.map((line) => `${line}\n`).join("")));
    parts.push(...[...trailers, `x-amz-trailer-signature:${signature}`].map((line) => Buffer.from(`${line}\r\n`)));
  }
  return Buffer.concat([...parts, Buffer.from("\r\n")]);
}
