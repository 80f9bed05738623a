import type { Readable } from "node:stream";
import type { HttpRequest } from "../aws/http-message.ts";
import type { BodyStream } from "../aws/operations.ts";
import { anonymous, type Credential, type Principal } from "../aws/principal.ts";
import { authenticatePost } from "./authenticate-post.ts";
import { canonicalPath, canonicalQuery, canonicalRequest } from "./canonical-request.ts";
import { ChunkSignatures, type ChunkSigning } from "./chunk-signatures.ts";
import { ChunkedBody } from "./chunked-body.ts";
import { credentialScope } from "./credential-scope.ts";
import type { Credentials } from "./credentials.ts";
import { type AuthErrors, authErrorsOf } from "./errors.ts";
import { contentLength, type Payload, s3Payload, s3PayloadHash, unsignedPayload } from "./payload.ts";
import { contentSha256Mismatch } from "./payload-errors.ts";
import { missingAuthenticationToken } from "./query-errors.ts";
import { s3AuthErrors } from "./s3-errors.ts";
import { isSigned, parseSignedRequest, type SignedRequest } from "./signed-request.ts";
import { isSignedV2, parseSignedV2, verifySignatureV2 } from "./sigv2.ts";
import { createSigningKeys, emptySha256, equalSecrets, type SigningKeys, sha256, sign, stringToSign } from "./sigv4.ts";
import { HashedBody } from "./verified-body.ts";

export interface Authenticated {
  readonly principal: Principal;
  /** Verified while it is read: it fails with the AwsError instead of ending when it is not what was signed. */
  readonly body: BodyStream;
  /** Bytes of the decoded body, where declared. */
  readonly contentLength: number | undefined;
}

export interface AuthTarget {
  /** The service that is asked: its name in the credential scope. */
  readonly service: string;
  readonly protocol: "awsQuery" | "ec2Query" | "restXml" | "restJson1" | "awsJson1_1";
  /** The whole body, where it has been read already. */
  readonly payload?: Uint8Array;
  /** The bucket that S3's host names. */
  readonly hostBucket?: string | undefined;
}

export interface Authenticator {
  /**
   * Finds out who asks, by Signature Version 4, or S3's Version 2, in the header or in the query.
   * @throws AwsError in the service's own words
   */
  authenticate(request: HttpRequest, target: AuthTarget): Promise<Authenticated>;
  /** The same at once; undefined where the key has to be waited for. @throws AwsError */
  authenticateAtOnce(request: HttpRequest, target: AuthTarget): Authenticated | undefined;
  /** The same for a form that is posted to a bucket, by its fields under names in lower case. @throws AwsError in S3's words */
  authenticatePost(fields: ReadonlyMap<string, string>): Promise<Principal>;
}

/** Milliseconds that the client's clock may differ from ours. */
const allowedSkew = 15 * 60 * 1000;

/** `mode: "off"` verifies no signature; `root` is then who asks with a key that is not known. */
export function createAuthenticator(options: {
  credentials: Credentials;
  mode: "on" | "off";
  root: Principal;
  now: () => Date;
}): Authenticator {
  const keys = createSigningKeys();

  function authenticate(request: HttpRequest, target: AuthTarget): Authenticated | Promise<Authenticated> {
    if (options.mode === "off") return unverified(request, target, options);
    const isS3 = target.protocol === "restXml";
    const now = options.now().getTime();
    if (isS3 && isSignedV2(request)) {
      const signed = parseSignedV2(request, target.hostBucket, now);
      return whenFound(options.credentials.find(signed.accessKeyId), (credential) => {
        const known = verifyCredential(credential, signed, now, s3AuthErrors);
        verifySignatureV2(signed, known.secretAccessKey);
        verifyTokenOfStaticKey(known, signed, s3AuthErrors);
        return { principal: known.principal, ...unsignedS3Body(request) };
      });
    }
    if (!isSigned(request)) {
      if (!isS3) throw missingAuthenticationToken(target.protocol);
      return { principal: anonymous, ...anonymousS3Body(request) };
    }
    const errors = authErrorsOf(target.service, target.protocol);
    const signed = parseSignedRequest(request, target.service, errors);
    verifyTime(signed, now, errors);
    return whenFound(options.credentials.find(signed.accessKeyId), (credential) => {
      const known = verifyCredential(credential, signed, now, errors);
      verifySignedHeaders(request, signed, isS3, errors);
      const payloadHash = isS3
        ? s3PayloadHash(request, signed.by, parameter(signed, "X-Amz-Content-Sha256"))
        : sha256(target.payload ?? "");
      const payload = isS3 ? s3Payload(request, signed.by, payloadHash) : undefined;
      const signing = verifySignature(request, signed, { credential: known, payloadHash, keys, errors });
      verifyTokenOfStaticKey(known, signed, errors);
      return { principal: known.principal, ...bodyOf(request, payload, signing) };
    });
  }

  return {
    async authenticate(request, target) {
      return authenticate(request, target);
    },

    authenticateAtOnce(request, target) {
      const authenticated = authenticate(request, target);
      if (!(authenticated instanceof Promise)) return authenticated;
      // Who asks again is told.
      authenticated.catch(() => {});
      return undefined;
    },

    async authenticatePost(fields) {
      if (options.mode === "off") return options.root;
      const { credentials, now } = options;
      return (await authenticatePost(fields, { credentials, keys, now: now().getTime() })) ?? anonymous;
    },
  };
}

/** A promise that is not needed costs a small request a turn of the queue. */
function whenFound(
  found: ReturnType<Credentials["find"]>,
  verified: (credential: Credential | undefined) => Authenticated,
): Authenticated | Promise<Authenticated> {
  return found instanceof Promise ? found.then(verified) : verified(found);
}

async function unverified(
  request: HttpRequest,
  target: AuthTarget,
  { credentials, root }: { credentials: Credentials; root: Principal },
): Promise<Authenticated> {
  const scope = credentialScope(request);
  const credential = scope && (await credentials.find(scope.accessKeyId));
  const principal = credential?.principal ?? root;
  return { principal, ...(target.protocol === "restXml" ? unsignedS3Body(request) : bodyOf(request, undefined)) };
}

function verifyTime(signed: SignedRequest, now: number, errors: AuthErrors): void {
  if (signed.expires === undefined) {
    const { time, timestamp, scope } = signed;
    if (Math.abs(now - time) > allowedSkew) throw errors.skewed(time, now);
    if (!timestamp.startsWith(scope.date)) throw errors.otherDay(scope, timestamp, "header");
    return;
  }
  if (signed.time - now > allowedSkew) throw errors.notYetValid(signed.time, signed.expires, now);
  if (now > signed.time + signed.expires * 1000) throw errors.expired(signed.time, signed.expires, now);
}

/** Whether the key is known and, where it is temporary, its token is right. An expired one is told before a bad signature. */
function verifyCredential(
  credential: Credential | undefined,
  signed: Pick<SignedRequest, "accessKeyId" | "sessionToken">,
  now: number,
  errors: AuthErrors,
): Credential {
  if (credential === undefined) throw errors.unknownAccessKey(signed.accessKeyId, signed.sessionToken);
  if (credential.sessionToken === undefined) return credential;
  if (!signed.sessionToken) throw errors.missingToken(signed.accessKeyId);
  if (!equalSecrets(credential.sessionToken, signed.sessionToken)) throw errors.invalidToken(signed.sessionToken);
  if (credential.expiration !== undefined && credential.expiration.getTime() <= now) {
    throw errors.expiredToken(signed.sessionToken);
  }
  return credential;
}

/** AWS complains of a token that does not belong to a lasting key only when the signature is right. */
function verifyTokenOfStaticKey(
  credential: Credential,
  signed: Pick<SignedRequest, "sessionToken">,
  errors: AuthErrors,
): void {
  if (credential.sessionToken === undefined && signed.sessionToken) throw errors.invalidToken(signed.sessionToken);
}

/**
 * `host` and every `x-amz-*` header that is there must be signed; S3 asks the same of `content-md5`, and lets a presigned
 * request's `x-amz-content-sha256` go, whose value is part of the canonical request anyway.
 */
function verifySignedHeaders(request: HttpRequest, signed: SignedRequest, isS3: boolean, errors: AuthErrors): void {
  const missing = signed.signedHeaders.includes("host") ? [] : ["host"];
  for (const name of Object.keys(request.headers)) {
    const required = name.startsWith("x-amz-") || (isS3 && name === "content-md5");
    if (!required || signed.signedHeaders.includes(name)) continue;
    if (isS3 && signed.by === "query" && name === "x-amz-content-sha256") continue;
    missing.push(name);
  }
  if (missing.length > 0) throw errors.headersNotSigned(missing);
}

function verifySignature(
  request: HttpRequest,
  signed: SignedRequest,
  {
    credential,
    payloadHash,
    keys,
    errors,
  }: { credential: Credential; payloadHash: string; keys: SigningKeys; errors: AuthErrors },
): ChunkSigning {
  const { accessKeyId, signature, timestamp, scope } = signed;
  const parts = {
    path: canonicalPath(request.path, scope.service),
    query: canonicalQuery(signed.parameters),
    signedHeaders: signed.signedHeaders,
    payloadHash,
  };
  const canonical = canonicalRequest(request, parts);
  const toSign = stringToSign(timestamp, scope, canonical);
  const key = keys(credential.secretAccessKey, scope);
  const isSignatureOf = (text: string) => equalSecrets(sign(key, text), signature);
  const signedWithoutPort = () =>
    isSignatureOf(stringToSign(timestamp, scope, canonicalRequest(withoutPort(request), parts)));
  if (!isSignatureOf(toSign) && !signedWithoutPort()) {
    throw errors.signatureMismatch({ accessKeyId, signature, stringToSign: toSign, canonicalRequest: canonical });
  }
  return { key, timestamp, scope, seed: signature, accessKeyId, canonicalRequest: canonical };
}

/**
 * AWS is asked at the ports that no `Host` header names, so that signers have gone unnoticed which leave the port out of the host
 * that they sign: boto 2 and libcloud in presigned URLs, git-annex in every request.
 */
function withoutPort({ method, headers }: HttpRequest): Pick<HttpRequest, "method" | "headers"> {
  return { method, headers: { ...headers, host: (headers.host ?? "").replace(/:\d+$/, "") } };
}

/** Who signs nothing may say a hash all the same. */
function anonymousS3Body(request: HttpRequest) {
  const hash = request.headers["x-amz-content-sha256"] ?? unsignedPayload;
  if (hash === unsignedPayload) return unsignedS3Body(request);
  return bodyOf(request, s3Payload(request, "anonymous", hash));
}

/** Where no signature is verified, the framing is still decoded and a trailing checksum still checked. */
function unsignedS3Body(request: HttpRequest) {
  const hash = request.headers["x-amz-content-sha256"];
  const payload = hash?.startsWith("STREAMING-") ? s3Payload(request, "anonymous", hash) : undefined;
  return bodyOf(request, payload);
}

/** `signing`: how the chunks of a signed body are verified; without it they are not. */
function bodyOf(
  request: HttpRequest,
  payload: Payload | undefined,
  signing?: ChunkSigning,
): Pick<Authenticated, "body" | "contentLength"> {
  const declared = contentLength(request, "content-length");
  if (payload === undefined || payload.kind === "unsigned") return { body: request.body, contentLength: declared };
  if (payload.kind === "hashed") {
    return { body: hashed(request, payload.sha256, payload.decodedLength), contentLength: declared };
  }
  const signatures = payload.signed && signing !== undefined ? new ChunkSignatures(signing) : undefined;
  return { body: new ChunkedBody(request.body, payload, signatures), contentLength: payload.decodedLength };
}

/** S3 does not compare the hash of a request that reads: there is no body. */
function hashed(request: HttpRequest, hash: string, decodedLength: number | undefined): Readable {
  if (request.method === "GET" || request.method === "HEAD") return request.body;
  const length = request.headers["content-length"];
  const isEmpty = request.headers["transfer-encoding"] === undefined && (length === undefined || length === "0");
  if (!isEmpty) return new HashedBody(request.body, hash, decodedLength);
  if (hash.toLowerCase() !== emptySha256) throw contentSha256Mismatch(hash, emptySha256);
  return request.body;
}

function parameter(signed: SignedRequest, name: string): string | undefined {
  return signed.by === "query" ? signed.parameters.find((found) => found.name === name)?.value : undefined;
}
