import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { AwsError } from "../aws/aws-error.ts";
import { checksumAlgorithms, createChecksum } from "../aws/checksum.ts";
import { compareContentMd5, validateContentMd5 } from "../aws/content-md5.ts";
import type { HttpRequest } from "../aws/http-message.ts";
import type { BodyStream } from "../aws/operations.ts";
import { BodyTooLarge, readBody } from "../aws/read-body.ts";
import { type Bindings, MalformedBinding } from "./http-bindings.ts";
import { membersOf, type OperationSchema, requiredCount, type Schema } from "./schemas.ts";
import { rootName } from "./xml-document.ts";
import { MalformedXml, readXml } from "./xml-reader.ts";

/** Bytes. CompleteMultipartUpload with 10,000 parts and all their checksums is below. */
const DOCUMENT_LIMIT = 8 << 20;

/**
 * Adds to `input` what the body holds: the stream itself for a streamed member, otherwise the member's or the
 * structure's document, read whole and checked against the digests in the headers.
 * @throws AwsError with S3's codes
 */
export async function readPayload(
  operation: OperationSchema,
  { payload, bodyMembers }: Bindings,
  input: Record<string, unknown>,
  headers: HttpRequest["headers"],
  body: BodyStream,
): Promise<void> {
  if (payload?.traits.streaming || payload?.schema.isStreaming()) {
    input[payload.name] = body;
    return;
  }
  // Objects and parts alone come in chunks that nobody signs: https://github.com/versity/versitygw/issues/1601
  if (headers["x-amz-content-sha256"] === "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
    throw new AwsError("InvalidRequest", "The value of x-amz-content-sha256 header is invalid.", 400);
  }
  if (payload === undefined && bodyMembers.length === 0) return;
  const bytes = await readBody(body, DOCUMENT_LIMIT);
  verifyDigests(headers, bytes, operation.bodyChecksum);
  if (payload === undefined) {
    if (bytes.length > 0) Object.assign(input, readXml(bytes, operation.input, rootName(operation.input)));
  } else if (bytes.length === 0) {
    if (!isRequired(operation.input, payload.name)) return;
    // Empty text is still text: an empty policy is one that is no JSON.
    if (!payload.schema.isStringSchema()) {
      throw new AwsError("MissingRequestBodyError", "Request Body is empty", 400);
    }
    input[payload.name] = "";
  } else if (payload.schema.isStructSchema()) {
    input[payload.name] = readXml(bytes, payload.schema, rootName(payload.schema));
  } else {
    input[payload.name] = payload.schema.isBlobSchema() ? new Uint8Array(bytes) : bytes.toString("utf8");
  }
}

function isRequired(schema: Schema, name: string): boolean {
  return membersOf(schema)
    .slice(0, requiredCount(schema))
    .some((member) => member.name === name);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html */
function verifyDigests(headers: HttpRequest["headers"], bytes: Uint8Array, bodyChecksum: boolean): void {
  const md5 = headers["content-md5"];
  if (md5 !== undefined) {
    validateContentMd5(md5);
    compareContentMd5(md5, createHash("md5").update(bytes).digest("base64"));
  }
  // CompleteMultipartUpload's checksum headers are those of the object that it makes.
  if (!bodyChecksum) return;
  const isClaimed = md5 !== undefined || checksumAlgorithms.some(({ header }) => headers[header] !== undefined);
  if (headers["x-amz-sdk-checksum-algorithm"] !== undefined && !isClaimed) throw missingChecksum();
  for (const { name, header } of checksumAlgorithms) {
    const expected = headers[header];
    if (expected === undefined) continue;
    const checksum = createChecksum(name);
    checksum.update(bytes);
    if (checksum.digest() !== expected) {
      throw new AwsError("BadDigest", `The ${name} you specified did not match the calculated checksum.`, 400);
    }
  }
}

function missingChecksum(): AwsError {
  const message =
    "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.";
  return new AwsError("InvalidRequest", message, 400);
}

/** S3's own errors for what the parsers refuse; anything else is passed on. `operation`: its name. */
export function toS3Error(error: unknown, operation: string): unknown {
  if (error instanceof MalformedXml) {
    const message = "The XML you provided was not well-formed or did not validate against our published schema";
    const code = operation.endsWith("Acl") ? "MalformedACLError" : "MalformedXML";
    return new AwsError(code, message, 400, { cause: error });
  }
  if (error instanceof BodyTooLarge) {
    return new AwsError("MaxMessageLengthExceeded", "Your request was too big.", 400, {
      members: { MaxMessageLengthBytes: DOCUMENT_LIMIT },
    });
  }
  if (error instanceof MalformedBinding && error.bindingName === "x-amz-mp-object-size") {
    // https://github.com/versity/versitygw/issues/1398
    const message = `Value for x-amz-mp-object-size header is invalid: '${error.text}'`;
    return new AwsError("InvalidRequest", message, 400, { cause: error });
  }
  if (error instanceof MalformedBinding) {
    const members = { ArgumentName: error.bindingName, ArgumentValue: error.text };
    return new AwsError("InvalidArgument", malformedMessage(error.bindingName), 400, { members, cause: error });
  }
  return error;
}

function malformedMessage(name: string): string {
  if (name.startsWith("max-")) return `Provided ${name} not an integer or within integer range`;
  if (name === "partNumber") return "Part number must be an integer between 1 and 10000, inclusive";
  if (name === "x-amz-object-lock-retain-until-date") {
    return "The retain until date must be provided in ISO 8601 format";
  }
  return `The value of ${name} is not valid.`;
}

/** The body of an answer whose payload is no structure. */
export function rawPayload(value: unknown): Readable | Uint8Array | string | undefined {
  return value instanceof Readable || value instanceof Uint8Array || typeof value === "string" ? value : undefined;
}
