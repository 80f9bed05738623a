import { AwsError } from "../aws/aws-error.ts";
import type { ChecksumAlgorithm } from "../aws/checksum.ts";
import { invalidArgument } from "./s3-errors.ts";

// What S3 says of bodies that are not what was announced. Codes, statuses and messages as S3 answers them, recorded by the
// functional tests of OpenStack Swift (test/s3api/test_input_errors.py, run against AWS).

export function missingContentSha256(): AwsError {
  return invalidRequest("Missing required header for this request: x-amz-content-sha256");
}

export function invalidContentSha256(value: string): AwsError {
  return invalidArgument(
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    "x-amz-content-sha256",
    value,
  );
}

export function awsChunkedUnsigned(encoding: string): AwsError {
  return invalidArgument(
    "aws-chunked encoding is not supported when x-amz-content-sha256 UNSIGNED-PAYLOAD is supplied.",
    "Content-Encoding",
    encoding,
  );
}

/** Also where `x-amz-decoded-content-length` is what is missing. */
export function missingContentLength(): AwsError {
  return new AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411);
}

export function contentSha256Mismatch(client: string, computed: string): AwsError {
  const message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
  return new AwsError("XAmzContentSHA256Mismatch", message, 400, {
    members: { ClientComputedContentSHA256: client, S3ComputedContentSHA256: computed },
  });
}

/** The body ended, or was cut, where more had to come. */
export function incompleteBody(): AwsError {
  return new AwsError("IncompleteBody", "The request body terminated unexpectedly", 400);
}

/** The decoded body is not as long as `x-amz-decoded-content-length` said. Both in bytes. */
export function lengthMismatch(expected: number, provided: number): AwsError {
  const message = "You did not provide the number of bytes specified by the Content-Length HTTP header";
  return new AwsError("IncompleteBody", message, 400, {
    members: { NumberBytesExpected: expected, NumberBytesProvided: provided },
  });
}

/** `chunk` is the number of the chunk after the small one, as S3 counts it; `size` is the small one's, in bytes. */
export function invalidChunkSize(chunk: number, size: number): AwsError {
  const message = "Only the last chunk is allowed to have a size less than 8192 bytes";
  return new AwsError("InvalidChunkSizeError", message, 403, { members: { Chunk: chunk, BadChunkSize: size } });
}

export function unsupportedTrailer(): AwsError {
  return invalidRequest("The value specified in the x-amz-trailer header is not supported");
}

export function malformedTrailer(): AwsError {
  const message =
    "The request contained trailing data that was not well-formed or did not conform to our published schema.";
  return new AwsError("MalformedTrailerError", message, 400);
}

export function multipleChecksums(): AwsError {
  return invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
}

export function expectingOneChecksum(): AwsError {
  return invalidRequest("Expecting a single x-amz-checksum- header");
}

export function invalidTrailingChecksum(algorithm: ChecksumAlgorithm): AwsError {
  return invalidRequest(`Value for ${algorithm.header} trailing header is invalid.`);
}

export function badChecksum(algorithm: ChecksumAlgorithm): AwsError {
  return new AwsError("BadDigest", `The ${algorithm.name} you specified did not match the calculated checksum.`, 400);
}

function invalidRequest(message: string): AwsError {
  return new AwsError("InvalidRequest", message, 400);
}
