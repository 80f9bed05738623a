import { createHash } from "node:crypto";
import aws4 from "aws4";
import { createChecksum } from "../../src/aws/checksum.ts";
import { type WireRequest, wireRequest } from "./http-load.ts";

const credentials = { accessKeyId: "test", secretAccessKey: "test" };

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** How often `body` is sent. */
  readonly times?: number;
  /** `x-amz-content-sha256`: the digest of the whole body unless it is given. */
  readonly payload?: string;
}

/** A request for S3, signed with Signature Version 4. */
export function signed(port: number, request: SignedRequest): WireRequest {
  const { method, path, body, times = 1 } = request;
  const payload = request.payload ?? sha256(body, times);
  const options = aws4.sign(
    {
      ...{ service: "s3", region: "us-east-1", method, path, host: `127.0.0.1:${port}` },
      headers: { ...request.headers, "x-amz-content-sha256": payload },
    },
    credentials,
  );
  return wireRequest(method, path, options.headers as Record<string, string>, body, times);
}

function sha256(body: Buffer | undefined, times: number): string {
  const hash = createHash("sha256");
  for (let sent = 0; body !== undefined && sent < times; sent++) hash.update(body);
  return hash.digest("hex");
}

/** A PUT as the SDKs send streams: unsigned chunks with a CRC32 behind them. `size` is a multiple of `chunk`'s length. */
export function trailing(port: number, path: string, chunk: Buffer, times: number): WireRequest {
  const checksum = createChecksum("CRC32");
  for (let sent = 0; sent < times; sent++) checksum.update(chunk);
  const framed = Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]);
  const end = Buffer.from(`0\r\nx-amz-checksum-crc32:${checksum.digest()}\r\n\r\n`);
  const { head } = signed(port, {
    ...{ method: "PUT", path, payload: "STREAMING-UNSIGNED-PAYLOAD-TRAILER" },
    headers: {
      "content-encoding": "aws-chunked",
      "content-length": String(framed.length * times + end.length),
      "x-amz-decoded-content-length": String(chunk.length * times),
      "x-amz-trailer": "x-amz-checksum-crc32",
    },
  });
  return { head, body: framed, times, end };
}
