import { AwsError } from "../aws/aws-error.ts";
import type { AuthErrors, SignedBy } from "./errors.ts";
import { formatTime, formatTimestamp } from "./timestamp.ts";

/**
 * S3's words for a request that cannot be authenticated. Codes and statuses:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html ; messages and members as S3 answers them, which the
 * functional tests of OpenStack Swift (test/s3api, run against AWS) and of versitygw record.
 */
export const s3AuthErrors: AuthErrors = {
  unsupportedAuthorization(authorization) {
    if (authorization === "") return new AwsError("AccessDenied", "Access Denied", 403);
    return invalidArgument("Unsupported Authorization Type", "Authorization", authorization);
  },
  signedTwice: (authorization) =>
    invalidArgument(
      "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
      "Authorization",
      authorization,
    ),
  missingComponents: () =>
    malformed(
      "the authorization header requires three components: Credential, SignedHeaders, and Signature.",
      "header",
    ),
  missingParameters: () =>
    parametersError(
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    ),
  unsupportedAlgorithm: () =>
    parametersError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'),
  malformedCredential: (_credential, by) =>
    malformed('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".', by),
  wrongTerminal: (terminal, by) =>
    malformed(`incorrect terminal "${terminal}". This endpoint uses "aws4_request".`, by),
  wrongService: (service, expected, by) =>
    malformed(`incorrect service "${service}". This endpoint belongs to "${expected}".`, by),
  malformedScopeDate: ({ date }, by) =>
    malformed(`incorrect date format "${date}". This date in the credential must be in the format "yyyyMMdd".`, by),
  otherDay({ date }, timestamp, by) {
    const message = `Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, 8)}".`;
    return by === "header" ? malformed(message, by) : parametersError(message);
  },
  missingDate: () => new AwsError("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403),
  malformedDate: (_date, by) =>
    by === "header"
      ? new AwsError("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", 403)
      : parametersError(`X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`),
  malformedExpires(expires) {
    const seconds = Number(expires);
    if (!Number.isInteger(seconds)) return parametersError("X-Amz-Expires should be a number");
    if (seconds < 0) return parametersError("X-Amz-Expires must be non-negative");
    return parametersError(
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
    );
  },
  skewed: (time, now) =>
    new AwsError(
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
      403,
      {
        members: {
          RequestTime: formatTimestamp(time),
          ServerTime: formatTime(now),
          MaxAllowedSkewMilliseconds: 900_000,
        },
      },
    ),
  // In milliseconds, as S3 gives this one: https://github.com/minio/minio/issues/2638
  notYetValid: (time, seconds, now) =>
    new AwsError("AccessDenied", "Request is not yet valid", 403, {
      members: { "X-Amz-Date": time, Expires: formatTime(time + seconds * 1000), ServerTime: formatTime(now) },
    }),
  expired: (time, seconds, now) =>
    new AwsError("AccessDenied", "Request has expired", 403, {
      members: {
        "X-Amz-Expires": seconds,
        Expires: formatTime(time + seconds * 1000),
        ServerTime: formatTime(now),
      },
    }),
  headersNotSigned: (names) =>
    new AwsError("AccessDenied", "There were headers present in the request which were not signed", 403, {
      members: { HeadersNotSigned: names.join(", ") },
    }),
  // S3 finds a temporary key by its token: https://github.com/aws/aws-sdk-js/issues/4129
  unknownAccessKey: (accessKeyId, token) =>
    token && accessKeyId.startsWith("ASIA") ? invalidToken(token) : invalidAccessKeyId(accessKeyId),
  missingToken: invalidAccessKeyId,
  invalidToken,
  expiredToken: (token) =>
    new AwsError("ExpiredToken", "The provided token has expired.", 400, { members: { "Token-0": token } }),
  signatureMismatch: ({ accessKeyId, signature, stringToSign, canonicalRequest }) =>
    new AwsError(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      403,
      {
        members: {
          AWSAccessKeyId: accessKeyId,
          StringToSign: stringToSign,
          SignatureProvided: signature,
          StringToSignBytes: hexBytes(stringToSign),
          ...(canonicalRequest !== undefined && {
            CanonicalRequest: canonicalRequest,
            CanonicalRequestBytes: hexBytes(canonicalRequest),
          }),
        },
      },
    ),
};

/** S3's general complaint about one header or parameter. */
export function invalidArgument(message: string, name: string, value: string): AwsError {
  return new AwsError("InvalidArgument", message, 400, { members: { ArgumentName: name, ArgumentValue: value } });
}

function invalidAccessKeyId(accessKeyId: string): AwsError {
  const message = "The AWS Access Key Id you provided does not exist in our records.";
  return new AwsError("InvalidAccessKeyId", message, 403, { members: { AWSAccessKeyId: accessKeyId } });
}

function invalidToken(token: string): AwsError {
  const message = "The provided token is malformed or otherwise invalid.";
  return new AwsError("InvalidToken", message, 400, { members: { "Token-0": token } });
}

function malformed(message: string, by: SignedBy): AwsError {
  return by === "header"
    ? new AwsError("AuthorizationHeaderMalformed", `The authorization header is malformed; ${message}`, 400)
    : parametersError(`Error parsing the X-Amz-Credential parameter; ${message}`);
}

function parametersError(message: string): AwsError {
  return new AwsError("AuthorizationQueryParametersError", message, 400);
}

/** `41 57 53 34` */
function hexBytes(text: string): string {
  return Buffer.from(text, "utf8")
    .toString("hex")
    .replaceAll(/..(?=.)/g, "$& ");
}
