import type { HeadObjectOutput } from "@aws-sdk/client-s3";
import {
  type ChecksumAlgorithm,
  type ChecksumName,
  checksumAlgorithmByHeader,
  checksumAlgorithmByName,
  checksumAlgorithms,
  isChecksumValue,
} from "../../aws/checksum.ts";
import type { Context } from "../service-context.ts";
import { badDigest, invalidRequest } from "./errors.ts";

/** The checksum members of an input or output. */
export type ChecksumMembers = { [Name in ChecksumName as `Checksum${Name}`]?: string | undefined };

export type ChecksumKind = NonNullable<HeadObjectOutput["ChecksumType"]>;

/** What S3 computes where the client sends no checksum. */
export const defaultChecksum = "CRC64NVME";

/** What a client says about its bytes: the digest before them, or after them in a trailer. */
interface ChecksumClaim {
  readonly algorithm: ChecksumAlgorithm;
  /** Undefined where it comes in the trailer. */
  readonly value: string | undefined;
}

/**
 * The checksum that comes with an upload. @throws InvalidRequest
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export function checksumClaim(
  ctx: Context,
  input: ChecksumMembers & { ChecksumAlgorithm?: string | undefined },
): ChecksumClaim | undefined {
  const claim = headerClaim(input) ?? trailerClaim(ctx);
  refuseUnknownHeaders(ctx);
  const declared = input.ChecksumAlgorithm;
  if (declared === undefined) return claim;
  const algorithm = checksumAlgorithmByName(declared);
  if (algorithm === undefined) throw invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
  if (claim === undefined) {
    throw invalidRequest(
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  }
  if (claim.algorithm !== algorithm) throw invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
  return claim;
}

const checksumHeader = /^x-amz-checksum-(?!algorithm$|type$|mode$)/;

function refuseUnknownHeaders(ctx: Context): void {
  for (const name of Object.keys(ctx.request.headers)) {
    if (!checksumHeader.test(name) || checksumAlgorithmByHeader(name) !== undefined) continue;
    throw invalidRequest("The algorithm type you specified in x-amz-checksum- header is invalid.");
  }
}

/** The one checksum among the members. */
export function headerClaim(input: ChecksumMembers): (ChecksumClaim & { value: string }) | undefined {
  const [claim, ...others] = checksumAlgorithms.flatMap((algorithm) => {
    const value = input[algorithm.member];
    return value === undefined ? [] : [{ algorithm, value }];
  });
  if (others.length > 0) {
    throw invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  }
  // A composite checksum, as CompleteMultipartUpload may have one, says its number of parts.
  if (claim !== undefined && !isChecksumValue(claim.algorithm, claim.value.replace(/-\d+$/, ""))) {
    throw invalidRequest(`Value for ${claim.algorithm.header} header is invalid.`);
  }
  return claim;
}

function trailerClaim(ctx: Context): ChecksumClaim | undefined {
  const header = ctx.request.headers["x-amz-trailer"];
  if (header === undefined) return undefined;
  const algorithm = checksumAlgorithmByHeader(header.trim());
  if (algorithm === undefined) throw invalidRequest("The value specified in the x-amz-trailer header is not supported");
  return { algorithm, value: undefined };
}

/** @throws InvalidRequest for what is no algorithm */
export function requireAlgorithm(name: string): ChecksumAlgorithm {
  const algorithm = checksumAlgorithmByName(name);
  if (algorithm === undefined) {
    const valid = checksumAlgorithms.map((each) => each.name).join(", ");
    throw invalidRequest(
      `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${valid}]`,
    );
  }
  return algorithm;
}

/** @throws BadDigest, InvalidRequest for a trailer that is no digest */
export function verifyClaim(
  claim: ChecksumClaim,
  calculated: string,
  trailers: Readonly<Record<string, string>> | undefined,
): void {
  const { algorithm } = claim;
  const value = claim.value ?? trailers?.[algorithm.header];
  if (value === undefined || !isChecksumValue(algorithm, value)) {
    const kind = claim.value === undefined ? "trailing header" : "header";
    throw invalidRequest(`Value for ${algorithm.header} ${kind} is invalid.`);
  }
  if (value !== calculated) {
    throw badDigest(`The ${algorithm.name} you specified did not match the calculated checksum.`);
  }
}

/** Whether a request protects its body by an MD5 or a checksum; which of them is right is verified elsewhere. */
export function carriesIntegrity(ctx: Context): boolean {
  const names = Object.keys(ctx.request.headers);
  if (names.includes("content-md5") || names.includes("x-amz-trailer")) return true;
  return names.some((name) => checksumHeader.test(name));
}

/**
 * What deletes many objects, or says what becomes of objects, has to have its document protected by an MD5 or a checksum; the
 * pipeline has verified which there is. @throws InvalidRequest
 */
export function requireIntegrity(ctx: Context): void {
  if (carriesIntegrity(ctx)) return;
  throw invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
}

/** One checksum as a member of an output; none where there is none. */
export function checksumMember(name: string | null, value: string | null | undefined): ChecksumMembers {
  const algorithm = name === null ? undefined : checksumAlgorithmByName(name);
  return algorithm === undefined || value === null || value === undefined ? {} : { [algorithm.member]: value };
}

interface StoredChecksum {
  readonly checksum_algorithm: string | null;
  readonly checksum_type: string | null;
  readonly checksum_value: string | null;
}

/** The checksum of a stored object as its answers have it. */
export function checksumOutput(stored: StoredChecksum): ChecksumMembers & { ChecksumType?: ChecksumKind } {
  if (stored.checksum_type === null) return {};
  return {
    ...checksumMember(stored.checksum_algorithm, stored.checksum_value),
    ChecksumType: stored.checksum_type as ChecksumKind,
  };
}
