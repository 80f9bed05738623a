import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import {
  CreateBucketCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import aws4 from "aws4";
import type { TestServer } from "../../support/server.ts";

/** A name that no other test uses. */
export function uniqueName(prefix = "test"): string {
  return `${prefix}-${randomBytes(6).toString("hex")}`;
}

/** A new bucket of the default account. */
export async function newBucket(aws: TestServer, prefix?: string): Promise<string> {
  const Bucket = uniqueName(prefix);
  await aws.s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

export async function put(aws: TestServer, Bucket: string, Key: string, more: Partial<PutObjectCommandInput> = {}) {
  return aws.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key, ...more }));
}

interface Refusal {
  readonly code: string;
  readonly status: number | undefined;
  readonly message: string;
  /** Further members of the error: `BucketName`. */
  readonly members: Record<string, unknown>;
}

/** What S3 refuses a call with. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    const { name: code, message, $metadata, ...members } = error;
    return { code, status: $metadata.httpStatusCode, message, members: members as unknown as Record<string, unknown> };
  }
  throw new Error("The call was expected to be refused.");
}

/** `NoSuchKey 404` */
export async function refusalCode(call: Promise<unknown>): Promise<string> {
  const { code, status } = await refusal(call);
  return `${code} ${status}`;
}

interface RawRequest {
  readonly method: string;
  /** As it goes over the wire: percent-encoded, with the query. */
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly region?: string;
}

interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A signed request of what the SDK cannot send; its body goes out as it is, without a content type. */
export async function rawRequest(aws: TestServer, raw: RawRequest): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(aws.endpoint);
  const { method, path, region = "us-east-1" } = raw;
  const body = Buffer.from(raw.body ?? "");
  const signed = aws4.sign(
    {
      ...{ host, method, path, service: "s3", region, doNotEncodePath: true },
      headers: {
        "x-amz-content-sha256": createHash("sha256").update(body).digest("hex"),
        "content-length": String(body.length),
        ...raw.headers,
      },
    },
    { accessKeyId: "test", secretAccessKey: "test" },
  );
  // Node takes each character of a header for a byte.
  const headers = Object.entries(signed.headers ?? {}).map(([name, value]): [string, string] => [
    name,
    Buffer.from(String(value)).toString("latin1"),
  ]);
  const sent = request({ hostname, port, method, path, headers: Object.fromEntries(headers) });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: await text(answer) };
}

/** A presigned URL; `path`: with its query, to which the expiry belongs. */
export function presignedUrl(
  aws: TestServer,
  path: string,
  { method = "GET", credentials = { accessKeyId: "test", secretAccessKey: "test" } } = {},
): string {
  const { host } = new URL(aws.endpoint);
  const request = { host, method, path, service: "s3", region: "us-east-1", signQuery: true };
  return `${aws.endpoint}${aws4.sign(request, credentials).path}`;
}

/** The text of one element of an XML answer. */
export function xmlElement(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}(?: [^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1];
}
