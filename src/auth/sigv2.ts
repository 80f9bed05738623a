import { createHmac } from "node:crypto";
import { AwsError } from "../aws/aws-error.ts";
import type { HttpRequest } from "../aws/http-message.ts";
import { decoded } from "./credential-scope.ts";
import { invalidArgument, s3AuthErrors } from "./s3-errors.ts";
import { equalSecrets } from "./sigv4.ts";
import { formatTime } from "./timestamp.ts";

/**
 * Signature Version 2 of S3, in the header and in the query, which its older regions still take.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
 */
export interface SignedV2 {
  readonly by: "header" | "query";
  readonly accessKeyId: string;
  readonly signature: string;
  readonly sessionToken: string | undefined;
  readonly stringToSign: string;
  /** What is taken too: clients differ in what they sign. */
  readonly others: readonly string[];
}

const scheme = "AWS ";
const allowedSkew = 15 * 60 * 1000;

export function isSignedV2({ headers, query }: Pick<HttpRequest, "headers" | "query">): boolean {
  if (headers.authorization !== undefined) return headers.authorization.startsWith(scheme);
  return query.includes("AWSAccessKeyId=") || /(?:^|&)Signature=/.test(query);
}

/**
 * Reads the signature and checks that it is not out of its time. `hostBucket` is the bucket that the host names, which is signed
 * as if it were in the path. @throws AwsError
 */
export function parseSignedV2(request: HttpRequest, hostBucket: string | undefined, now: number): SignedV2 {
  const { authorization } = request.headers;
  const parameters = queryParameters(request.query);
  const path = `${hostBucket === undefined ? "" : `/${hostBucket}`}${request.path}`;
  if (authorization === undefined) return parsePresigned(request, parameters, path, now);

  const [, accessKeyId, signature] = /^AWS ([^:]+):([^:]+)$/.exec(authorization.trim()) ?? [];
  if (accessKeyId === undefined || signature === undefined) {
    const message = "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature";
    throw invalidArgument(message, "Authorization", authorization);
  }
  verifyDate(request, now);
  // Where `x-amz-date` is signed, it takes the place of `Date`.
  const date = request.headers["x-amz-date"] === undefined ? (request.headers.date ?? "") : "";
  return {
    ...{ by: "header", accessKeyId, signature, sessionToken: request.headers["x-amz-security-token"] },
    ...stringsToSign(path, parameters, (resource) => stringToSign(request.method, request.headers, date, resource)),
  };
}

/** @throws AwsError `SignatureDoesNotMatch` */
export function verifySignatureV2(signed: SignedV2, secretAccessKey: string): void {
  const { accessKeyId, signature, stringToSign, others } = signed;
  if ([stringToSign, ...others].some((text) => equalSecrets(signV2(secretAccessKey, text), signature))) return;
  throw s3AuthErrors.signatureMismatch({ accessKeyId, signature, stringToSign });
}

/** Base64. */
export function signV2(secretAccessKey: string, text: string): string {
  return createHmac("sha1", secretAccessKey).update(text).digest("base64");
}

type Parameters = ReadonlyMap<string, string | undefined>;

function parsePresigned(request: HttpRequest, parameters: Parameters, path: string, now: number): SignedV2 {
  const accessKeyId = parameters.get("AWSAccessKeyId");
  const signature = parameters.get("Signature");
  const expires = parameters.get("Expires");
  if (!accessKeyId || !signature || !expires) {
    throw accessDenied("Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters");
  }
  const time = Number(expires);
  if (!Number.isSafeInteger(time)) {
    throw accessDenied(`Invalid date (should be seconds since epoch): ${expires}`);
  }
  if (now > time * 1000) {
    throw accessDenied("Request has expired", { Expires: formatTime(time * 1000), ServerTime: formatTime(now) });
  }
  // What signers put into the query for a header counts as that header.
  const headers: Record<string, string> = { ...request.headers };
  for (const [name, value] of parameters) {
    const lower = name.toLowerCase();
    if (lower.startsWith("x-amz-") || lower === "content-type" || lower === "content-md5") headers[lower] = value ?? "";
  }
  return {
    ...{ by: "query", accessKeyId, signature, sessionToken: headers["x-amz-security-token"] },
    ...stringsToSign(path, parameters, (resource) => stringToSign(request.method, headers, expires, resource)),
  };
}

/**
 * Clients differ in whether the path of a bucket ends with a slash in what they sign, and in whether they sign parameters that came
 * after Version 2: https://github.com/boto/botocore/issues/2468. An empty value is signed as none: minio-go sends `?uploads=`.
 */
function stringsToSign(
  path: string,
  parameters: Parameters,
  of: (resource: string) => string,
): Pick<SignedV2, "stringToSign" | "others"> {
  const paths = /^\/[^/]+$/.test(path) ? [path, `${path}/`] : [path];
  const queries = new Set([signedParameters, olderParameters].map((names) => subresources(parameters, names)));
  const [first = "", ...others] = [...queries].flatMap((query) => paths.map((each) => of(each + query)));
  return { stringToSign: first, others };
}

function verifyDate({ headers }: HttpRequest, now: number): void {
  const text = headers["x-amz-date"] ?? headers.date;
  const time = Date.parse(text ?? "");
  // A time before 1970 is none.
  if (text === undefined || Number.isNaN(time) || time < 0) {
    throw accessDenied("AWS authentication requires a valid Date or x-amz-date header");
  }
  if (Math.abs(now - time) > allowedSkew) throw s3AuthErrors.skewed(time, now);
}

function stringToSign(
  method: string,
  headers: Readonly<Record<string, string>>,
  date: string,
  resource: string,
): string {
  const amz = Object.keys(headers)
    .filter((name) => name.startsWith("x-amz-"))
    .sort()
    .map((name) => `${name}:${(headers[name] ?? "").trim().replaceAll(/\s*\n\s*/g, " ")}\n`);
  const lines = [method, headers["content-md5"] ?? "", headers["content-type"] ?? "", date];
  return `${lines.join("\n")}\n${amz.join("")}${resource}`;
}

const olderParameters: ReadonlySet<string> = new Set([
  ...["accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location"],
  ...["logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment"],
  ...["response-cache-control", "response-content-disposition", "response-content-encoding"],
  ...["response-content-language", "response-content-type", "response-expires", "restore", "select", "select-type"],
  ...["storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website"],
]);
const signedParameters: ReadonlySet<string> = new Set([
  ...olderParameters,
  ...["encryption", "intelligent-tiering", "legal-hold", "ownershipControls", "policyStatus", "publicAccessBlock"],
  "retention",
]);

function subresources(parameters: Parameters, names: ReadonlySet<string>): string {
  const signed = [...parameters].filter(([name]) => names.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  if (signed.length === 0) return "";
  return `?${signed.map(([name, value]) => (value ? `${name}=${value}` : name)).join("&")}`;
}

/** Decoded; `undefined` for a name without `=`. */
function queryParameters(query: string): Parameters {
  const parameters = new Map<string, string | undefined>();
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=");
    if (equals < 0) parameters.set(decoded(pair), undefined);
    else parameters.set(decoded(pair.slice(0, equals)), decoded(pair.slice(equals + 1).replaceAll("+", " ")));
  }
  return parameters;
}

function accessDenied(message: string, members: Record<string, unknown> = {}): AwsError {
  return new AwsError("AccessDenied", message, 403, { members });
}
