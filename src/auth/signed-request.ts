import type { HttpRequest } from "../aws/http-message.ts";
import { type CanonicalParameter, canonicalParameters } from "./canonical-request.ts";
import { algorithm, decoded, splitCredential } from "./credential-scope.ts";
import type { AuthErrors, SignedBy } from "./errors.ts";
import type { SigningScope } from "./sigv4.ts";
import { isDigits, parseTimestamp } from "./timestamp.ts";

/** A signature as the request states it, well-formed and not yet verified. */
export interface SignedRequest {
  readonly by: SignedBy;
  readonly accessKeyId: string;
  readonly scope: SigningScope;
  /** In lower case, in the order of the request. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken: string | undefined;
  /** `20130524T000000Z`, and the same in milliseconds since the epoch. */
  readonly timestamp: string;
  readonly time: number;
  /** Seconds that a presigned URL is good for. */
  readonly expires: number | undefined;
  readonly parameters: readonly CanonicalParameter[];
}

/** Whether the request claims to be signed, in whatever way. */
export function isSigned(request: Pick<HttpRequest, "headers" | "query">): boolean {
  return request.headers.authorization !== undefined || isPresigned(request.query);
}

/** @throws AwsError in the words of `errors` */
export function parseSignedRequest(request: HttpRequest, service: string, errors: AuthErrors): SignedRequest {
  const { authorization } = request.headers;
  if (authorization === undefined) return parsePresigned(request, service, errors);
  if (isPresigned(request.query)) throw errors.signedTwice(authorization);
  return parseAuthorization(request, authorization, service, errors);
}

function isPresigned(query: string): boolean {
  return (
    query.includes("X-Amz-Algorithm=") || query.includes("X-Amz-Signature=") || query.includes("X-Amz-Credential=")
  );
}

/** What the requests of one client have in common all day: who signs what. */
type Claim = Pick<SignedRequest, "accessKeyId" | "scope" | "signedHeaders">;

/** Of well-formed headers, by all that stands before the signature. */
const claims = new Map<string, Claim>();
const maxClaims = 256;
const signatureName = "Signature=";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html */
function parseAuthorization(
  request: HttpRequest,
  authorization: string,
  service: string,
  errors: AuthErrors,
): SignedRequest {
  const { claim, signature } = readAuthorization(request, authorization, service, errors);
  const { timestamp, time } = headerTime(request, authorization, errors);
  return {
    by: "header",
    accessKeyId: claim.accessKeyId,
    scope: claim.scope,
    signedHeaders: claim.signedHeaders,
    signature,
    sessionToken: request.headers["x-amz-security-token"],
    timestamp,
    time,
    expires: undefined,
    parameters: canonicalParameters(request.query),
  };
}

function readAuthorization(request: HttpRequest, authorization: string, service: string, errors: AuthErrors) {
  const at = authorization.indexOf(signatureName);
  const signature = authorization.slice(at + signatureName.length);
  if (at === -1 || signature.length !== 64 || signature.includes(",")) {
    return readComponents(request, authorization, service, errors);
  }
  const text = authorization.slice(0, at);
  const known = claims.get(text);
  if (known?.scope.service === service) return { claim: known, signature };
  const read = readComponents(request, authorization, service, errors);
  if (claims.size >= maxClaims) claims.clear();
  claims.set(text, read.claim);
  return read;
}

function readComponents(
  request: HttpRequest,
  authorization: string,
  service: string,
  errors: AuthErrors,
): { claim: Claim; signature: string } {
  if (!authorization.startsWith(`${algorithm} `)) throw errors.unsupportedAuthorization(authorization);
  let credential = "";
  let signedHeaders = "";
  let signature = "";
  for (const component of authorization.slice(algorithm.length + 1).split(",")) {
    const equals = component.indexOf("=");
    const name = component.slice(0, equals).trim();
    const value = component.slice(equals + 1).trim();
    if (name === "Credential") credential = value;
    else if (name === "SignedHeaders") signedHeaders = value;
    else if (name === "Signature") signature = value;
  }
  if (credential === "" || signedHeaders === "" || signature === "") {
    const found = { Credential: credential, Signature: signature, SignedHeaders: signedHeaders };
    const missing = Object.entries(found).flatMap(([name, value]) => (value === "" ? [name] : []));
    throw errors.missingComponents(missing, authorization);
  }
  // What is wrong with the time is told before what is wrong with the credential.
  const { timestamp } = headerTime(request, authorization, errors);
  const { accessKeyId, scope } = parseCredential(credential, { service, timestamp, by: "header", errors });
  return { claim: { accessKeyId, scope, signedHeaders: signedHeaders.toLowerCase().split(";") }, signature };
}

/** `X-Amz-Date`, or else `Date` in its HTTP form. */
function headerTime(request: HttpRequest, authorization: string, errors: AuthErrors) {
  const amzDate = request.headers["x-amz-date"];
  const text = amzDate ?? request.headers.date;
  if (text === undefined) throw errors.missingDate(authorization);
  const time = parseTimestamp(text);
  if (time !== undefined) return { timestamp: text, time };
  const httpTime = amzDate === undefined ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(httpTime)) throw errors.malformedDate(text, "header");
  const iso = new Date(httpTime).toISOString();
  return { timestamp: `${iso.slice(0, 19).replaceAll(/[-:]/g, "")}Z`, time: httpTime };
}

const required = [
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Signature",
  "X-Amz-Date",
  "X-Amz-SignedHeaders",
] as const;
const longest = 604_800;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
function parsePresigned(request: HttpRequest, service: string, errors: AuthErrors): SignedRequest {
  const parameters = canonicalParameters(request.query);
  const values = new Map<string, string>();
  for (const { name, value } of parameters) {
    if (name.startsWith("X-Amz-") && !values.has(name)) values.set(name, decoded(value));
  }
  // Only S3 insists on an expiry; elsewhere a URL is good for the 15 minutes that a clock may differ.
  const missing = [...required, ...(service === "s3" ? ["X-Amz-Expires"] : [])].filter((name) => !values.get(name));
  if (missing.length > 0) throw errors.missingParameters(missing);
  const value = (name: (typeof required)[number] | "X-Amz-Expires") => values.get(name) ?? "";
  if (value("X-Amz-Algorithm") !== algorithm) throw errors.unsupportedAlgorithm(value("X-Amz-Algorithm"));
  const timestamp = value("X-Amz-Date");
  const time = parseTimestamp(timestamp);
  if (time === undefined) throw errors.malformedDate(timestamp, "query");
  const expires = value("X-Amz-Expires") || "900";
  if (!isDigits(expires) || Number(expires) > longest) throw errors.malformedExpires(expires);
  return {
    by: "query",
    ...parseCredential(value("X-Amz-Credential"), { service, timestamp, by: "query", errors }),
    signedHeaders: value("X-Amz-SignedHeaders").toLowerCase().split(";"),
    signature: value("X-Amz-Signature"),
    sessionToken: request.headers["x-amz-security-token"] ?? values.get("X-Amz-Security-Token"),
    timestamp,
    time,
    expires: Number(expires),
    parameters,
  };
}

function parseCredential(
  credential: string,
  { service, timestamp, by, errors }: { service: string; timestamp: string; by: SignedBy; errors: AuthErrors },
): { accessKeyId: string; scope: SigningScope } {
  const parts = splitCredential(credential);
  if (parts === undefined) throw errors.malformedCredential(credential, by);
  const [accessKeyId, date, region, scopeService, terminal] = parts;
  const scope: SigningScope = { date, region, service: scopeService };
  if (terminal !== "aws4_request") throw errors.wrongTerminal(terminal, by);
  if (date.length !== 8 || !isDigits(date)) throw errors.malformedScopeDate(scope, by);
  if (scopeService !== service) throw errors.wrongService(scopeService, service, by);
  // A header's is looked at after the clock.
  if (by === "query" && !timestamp.startsWith(date)) throw errors.otherDay(scope, timestamp, by);
  return { accessKeyId, scope };
}
