import type { AwsError } from "../aws/aws-error.ts";
import { jsonAuthErrors } from "./json-errors.ts";
import { ec2AuthErrors, queryAuthErrors } from "./query-errors.ts";
import { s3AuthErrors } from "./s3-errors.ts";
import type { SigningScope } from "./sigv4.ts";

/** Where a request carries its signature. */
export type SignedBy = "header" | "query";

/** Everything that goes into a signature that does not match, for the message. */
export interface SignatureMismatch {
  readonly accessKeyId: string;
  readonly signature: string;
  readonly stringToSign: string;
  /** Version 2 has none. */
  readonly canonicalRequest?: string;
}

/** What can be wrong with a signed request. Every family of services has its own words for each. */
export interface AuthErrors {
  /** `Authorization` is of another scheme, or of an older version. */
  unsupportedAuthorization(authorization: string): AwsError;
  /** Signed by header and by query at once. */
  signedTwice(authorization: string): AwsError;
  /** Of `Credential`, `SignedHeaders` and `Signature`. */
  missingComponents(missing: readonly string[], authorization: string): AwsError;
  /** Of the `X-Amz-…` parameters. */
  missingParameters(missing: readonly string[]): AwsError;
  unsupportedAlgorithm(algorithm: string): AwsError;
  malformedCredential(credential: string, by: SignedBy): AwsError;
  wrongTerminal(terminal: string, by: SignedBy): AwsError;
  wrongService(service: string, expected: string, by: SignedBy): AwsError;
  malformedScopeDate(scope: SigningScope, by: SignedBy): AwsError;
  /** The scope is of another day than the request. */
  otherDay(scope: SigningScope, timestamp: string, by: SignedBy): AwsError;
  missingDate(authorization: string): AwsError;
  malformedDate(date: string, by: SignedBy): AwsError;
  malformedExpires(expires: string): AwsError;
  /** Milliseconds since the epoch. */
  skewed(time: number, now: number): AwsError;
  /** A presigned URL from the future, which will be good for `seconds`. */
  notYetValid(time: number, seconds: number, now: number): AwsError;
  /** A presigned URL; `seconds` that it was good for. */
  expired(time: number, seconds: number, now: number): AwsError;
  headersNotSigned(names: readonly string[]): AwsError;
  /** `token`: the session's, where one was sent. */
  unknownAccessKey(accessKeyId: string, token?: string): AwsError;
  /** Temporary credentials without their session token. */
  missingToken(accessKeyId: string): AwsError;
  invalidToken(token: string): AwsError;
  expiredToken(token: string): AwsError;
  signatureMismatch(mismatch: SignatureMismatch): AwsError;
}

export function authErrorsOf(
  service: string,
  protocol: "awsQuery" | "ec2Query" | "restXml" | "restJson1" | "awsJson1_1",
): AuthErrors {
  if (protocol === "restXml") return s3AuthErrors;
  if (protocol === "awsJson1_1") return jsonAuthErrors(service, 400);
  if (protocol === "restJson1") return jsonAuthErrors(service, 403);
  return protocol === "ec2Query" ? ec2AuthErrors : queryAuthErrors(service);
}
