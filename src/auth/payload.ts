import type { AwsError } from "../aws/aws-error.ts";
import { type ChecksumAlgorithm, checksumAlgorithmByHeader } from "../aws/checksum.ts";
import type { HttpRequest } from "../aws/http-message.ts";
import { ownValue } from "../aws/own-value.ts";
import type { SignedBy } from "./errors.ts";
import {
  awsChunkedUnsigned,
  expectingOneChecksum,
  invalidContentSha256,
  malformedTrailer,
  missingContentLength,
  missingContentSha256,
  multipleChecksums,
  unsupportedTrailer,
} from "./payload-errors.ts";

/** How the body of an S3 request is to be checked. */
export type Payload =
  | { readonly kind: "unsigned" }
  /** `sha256`: what the client says that the body's SHA-256 is. */
  | { readonly kind: "hashed"; readonly sha256: string; readonly decodedLength: number | undefined }
  | {
      readonly kind: "chunked";
      /** Each chunk, and the trailer, carries a signature. */
      readonly signed: boolean;
      /** A trailer may follow the last chunk. */
      readonly trailer: boolean;
      /** The checksum that the trailer carries. */
      readonly checksum: ChecksumAlgorithm | undefined;
      /** Bytes of the decoded body. */
      readonly decodedLength: number;
    };

export const unsignedPayload = "UNSIGNED-PAYLOAD";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html */
const chunkedPayloads: Readonly<Record<string, { signed: boolean; trailer: boolean }>> = {
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": { signed: true, trailer: false },
  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": { signed: true, trailer: true },
  "STREAMING-UNSIGNED-PAYLOAD-TRAILER": { signed: false, trailer: true },
};

/** What stands for the body in the canonical request. A presigned URL says so in its query, in a header, or not at all. */
export function s3PayloadHash(request: HttpRequest, by: SignedBy, inQuery: string | undefined): string {
  const header = request.headers["x-amz-content-sha256"];
  if (by === "query") return header ?? inQuery ?? unsignedPayload;
  if (header === undefined) throw missingContentSha256();
  return header;
}

/**
 * Reads how the body is framed and signed. A presigned request is never decoded: S3 takes its `STREAMING-…` for a hash,
 * which then does not match. Only requests with a header signature have the value itself checked.
 * @throws AwsError
 */
export function s3Payload(request: HttpRequest, by: SignedBy | "anonymous", hash: string): Payload {
  const chunked = by === "query" ? undefined : ownValue(chunkedPayloads, hash);
  const trailers = trailerChecksums(request);
  if (chunked !== undefined) return chunkedPayload(request, chunked, trailers);
  if (trailers.length > 0) throw malformedTrailer();
  if (hash === unsignedPayload) {
    const encoding = request.headers["content-encoding"];
    if (by === "header" && encoding?.includes("aws-chunked")) throw awsChunkedUnsigned(encoding);
    return { kind: "unsigned" };
  }
  if (by === "header" && !isSha256(hash)) throw invalidContentSha256(hash);
  const isChunked = Object.hasOwn(chunkedPayloads, hash);
  const decodedLength = isChunked ? contentLength(request, "x-amz-decoded-content-length") : undefined;
  if (decodedLength === undefined && isChunked) throw missingContentLength();
  return { kind: "hashed", sha256: hash, decodedLength };
}

/** A header that holds a length in bytes; undefined when it is missing or no number. */
export function contentLength(request: HttpRequest, header: string): number | undefined {
  const text = request.headers[header];
  if (text === undefined || text === "") return undefined;
  const length = Number(text);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}

function chunkedPayload(
  request: HttpRequest,
  { signed, trailer }: { signed: boolean; trailer: boolean },
  trailers: readonly ChecksumAlgorithm[],
): Payload {
  const decodedLength = contentLength(request, "x-amz-decoded-content-length");
  if (decodedLength === undefined) throw missingContentLength();
  if (!trailer && trailers.length > 0) throw malformedTrailer();
  return { kind: "chunked", signed, trailer, checksum: trailers[0], decodedLength };
}

/** The checksum that `x-amz-trailer` announces: at most one, and in no header besides. */
function trailerChecksums(request: HttpRequest): readonly ChecksumAlgorithm[] {
  const text = request.headers["x-amz-trailer"];
  if (text === undefined) return [];
  const names = text.split(",");
  while (names.at(-1) === "") names.pop();
  const algorithms = names.map((name) => {
    const algorithm = checksumAlgorithmByHeader(name.trim());
    if (algorithm === undefined) throw unsupportedTrailer();
    return algorithm;
  });
  const problem = tooManyChecksums(request, algorithms.length);
  if (problem !== undefined) throw problem;
  return algorithms;
}

function tooManyChecksums(request: HttpRequest, trailers: number): AwsError | undefined {
  let headers = 0;
  for (const name of Object.keys(request.headers)) {
    if (name.startsWith("x-amz-checksum-") && checksumAlgorithmByHeader(name) !== undefined) headers++;
  }
  if (trailers > 1 || (trailers > 0 && headers > 1)) return multipleChecksums();
  return trailers > 0 && headers > 0 ? expectingOneChecksum() : undefined;
}

function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/i.test(text);
}
