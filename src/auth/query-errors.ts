import { createHash } from "node:crypto";
import { AwsError } from "../aws/aws-error.ts";
import type { AuthErrors } from "./errors.ts";
import { formatTimestamp } from "./timestamp.ts";

const skewMilliseconds = 15 * 60 * 1000;
const otherDayText = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP";

/**
 * The words of the query services (STS, RDS, IAM). Codes and statuses:
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html ; messages as those services answer them, which the
 * tests of dynalite and of scratchstack-aws-signature record.
 */
export function queryAuthErrors(service: string): AuthErrors {
  return {
    unsupportedAuthorization: (authorization) =>
      incomplete(
        [
          "Authorization header requires 'Credential' parameter.",
          "Authorization header requires 'Signature' parameter.",
          "Authorization header requires 'SignedHeaders' parameter.",
        ],
        authorization,
      ),
    signedTwice: () => mismatch("Cannot specify both an Authorization header and X-Amz-Algorithm query parameter."),
    missingComponents: (missing, authorization) =>
      incomplete(
        missing.map((component) => `Authorization header requires '${component}' parameter.`),
        authorization,
      ),
    missingParameters: (missing) =>
      new AwsError(
        "IncompleteSignature",
        `${missing.map((name) => `AWS query-string parameters must include '${name}'.`).join(" ")} Re-examine the query-string parameters.`,
        400,
      ),
    unsupportedAlgorithm: (algorithm) =>
      new AwsError("IncompleteSignature", `Unsupported AWS 'algorithm': '${algorithm}'.`, 400),
    malformedCredential: (credential) =>
      new AwsError(
        "IncompleteSignature",
        `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
        400,
      ),
    wrongTerminal: (terminal) =>
      mismatch(`Credential should be scoped with a valid terminator: 'aws4_request', not '${terminal}'.`),
    wrongService: () => mismatch(`Credential should be scoped to correct service: '${service}'.`),
    malformedScopeDate: ({ date }) => mismatch(`${otherDayText}: '${date}'.`),
    otherDay: ({ date }, timestamp) =>
      mismatch(`${otherDayText}: '${date}' != '${timestamp.slice(0, 8)}', from '${timestamp}'.`),
    missingDate: (authorization) =>
      incomplete(
        ["Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."],
        authorization,
      ),
    malformedDate: (date) =>
      new AwsError(
        "IncompleteSignature",
        `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
        400,
      ),
    malformedExpires: (expires) =>
      new AwsError("IncompleteSignature", `X-Amz-Expires must be between 1 and 604800 seconds. Got '${expires}'.`, 400),
    skewed: (time, now) => mismatch(time < now ? expiredText(time, now, skewMilliseconds) : notYetText(time, now)),
    notYetValid: (time, _seconds, now) => mismatch(notYetText(time, now)),
    expired: (time, seconds, now) => mismatch(expiredText(time, now, seconds * 1000)),
    headersNotSigned: ([name = "host"]) =>
      mismatch(
        name === "host"
          ? "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
          : `'${name}' must be a 'SignedHeader' in the AWS Authorization.`,
      ),
    unknownAccessKey: invalidClientTokenId,
    missingToken: invalidClientTokenId,
    invalidToken: invalidClientTokenId,
    expiredToken: () => new AwsError("ExpiredToken", "The security token included in the request is expired", 403),
    signatureMismatch: () =>
      mismatch(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
      ),
  };
}

/**
 * EC2 says less: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html lists AuthFailure,
 * IncompleteSignature and RequestExpired; AuthFailure's status is 401.
 */
export const ec2AuthErrors: AuthErrors = {
  ...queryAuthErrors("ec2"),
  signedTwice: authFailure,
  wrongTerminal: authFailure,
  wrongService: authFailure,
  malformedScopeDate: authFailure,
  otherDay: authFailure,
  headersNotSigned: authFailure,
  unknownAccessKey: authFailure,
  missingToken: authFailure,
  invalidToken: authFailure,
  signatureMismatch: authFailure,
  skewed: requestExpired,
  notYetValid: requestExpired,
  expired: requestExpired,
  expiredToken: requestExpired,
};

/** Nothing signs the request. EC2's own list has this code too. */
export function missingAuthenticationToken(protocol: string): AwsError {
  const message = "Request is missing Authentication Token";
  if (protocol === "awsJson1_1") return new AwsError("MissingAuthenticationTokenException", message, 400);
  if (protocol === "restJson1") return new AwsError("MissingAuthenticationTokenException", message, 403);
  return new AwsError("MissingAuthenticationToken", message, 403);
}

function authFailure(): AwsError {
  return new AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401);
}

function requestExpired(): AwsError {
  return new AwsError("RequestExpired", "Request has expired.", 400);
}

function invalidClientTokenId(): AwsError {
  return new AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403);
}

function mismatch(message: string): AwsError {
  return new AwsError("SignatureDoesNotMatch", message, 403);
}

/** AWS gives the header's digest back, not the header. */
function incomplete(sentences: readonly string[], authorization: string): AwsError {
  const digest = createHash("sha256").update(authorization).digest("base64");
  return new AwsError(
    "IncompleteSignature",
    `${sentences.join(" ")} (Hashed with SHA-256 and encoded with Base64) Authorization=${digest}`,
    400,
  );
}

function expiredText(time: number, now: number, allowed: number): string {
  return `Signature expired: ${formatTimestamp(time)} is now earlier than ${formatTimestamp(now - allowed)} (${formatTimestamp(now)} - ${allowed / 60_000} min.)`;
}

function notYetText(time: number, now: number): string {
  const limit = formatTimestamp(now + skewMilliseconds);
  return `Signature not yet current: ${formatTimestamp(time)} is still later than ${limit} (${formatTimestamp(now)} + 15 min.)`;
}
