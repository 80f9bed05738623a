import type { Credential } from "../aws/principal.ts";
import { canonicalParameters, canonicalPath, canonicalQuery, canonicalRequest } from "./canonical-request.ts";
import { deriveSigningKey, scopeText, sign, stringToSign } from "./sigv4.ts";

/** A request that somebody else may make, in the time that it is signed for. */
export interface PresignedRequest {
  readonly method: "GET" | "PUT";
  /** `127.0.0.1:4566`, as the caller will send it. */
  readonly host: string;
  /** Encoded. */
  readonly path: string;
  /** Further parameters, not encoded: `response-content-disposition`. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly region: string;
  /** 1 to 604,800. */
  readonly expiresInSeconds: number;
}

/**
 * The path and query of a presigned S3 request.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export function presignS3(
  request: PresignedRequest,
  credential: Pick<Credential, "accessKeyId" | "secretAccessKey">,
  now: Date,
): string {
  const timestamp = now.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = { date: timestamp.slice(0, 8), region: request.region, service: "s3" };
  const parameters = {
    ...request.parameters,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${credential.accessKeyId}/${scopeText(scope)}`,
    "X-Amz-Date": timestamp,
    "X-Amz-Expires": String(request.expiresInSeconds),
    "X-Amz-SignedHeaders": "host",
  };
  const encoded = Object.entries(parameters).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  const query = canonicalQuery(canonicalParameters(encoded.join("&")));
  const canonical = canonicalRequest(
    { method: request.method, headers: { host: request.host } },
    {
      path: canonicalPath(request.path, "s3"),
      query,
      signedHeaders: ["host"],
      payloadHash: "UNSIGNED-PAYLOAD",
    },
  );
  const key = deriveSigningKey(credential.secretAccessKey, scope);
  return `${request.path}?${query}&X-Amz-Signature=${sign(key, stringToSign(timestamp, scope, canonical))}`;
}
