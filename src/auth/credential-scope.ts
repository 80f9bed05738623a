import type { HttpRequest } from "../aws/http-message.ts";

/** What a request says of itself before anything is verified. */
export interface CredentialScope {
  readonly accessKeyId: string;
  /** `YYYYMMDD` */
  readonly date: string;
  readonly region: string;
  /** The signing name of the service: `ec2`. */
  readonly service: string;
  readonly from: "header" | "query";
}

export const algorithm = "AWS4-HMAC-SHA256";

/**
 * The credential scope that a request claims, read from `Authorization` or `X-Amz-Credential`. Nothing is verified, and
 * nothing is thrown: what has no readable scope has none.
 */
export function credentialScope(request: Pick<HttpRequest, "headers" | "query">): CredentialScope | undefined {
  const authorization = request.headers.authorization;
  if (authorization?.startsWith(algorithm)) {
    const start = authorization.indexOf("Credential=");
    if (start < 0) return undefined;
    const end = authorization.indexOf(",", start);
    return scopeOf(authorization.slice(start + "Credential=".length, end < 0 ? undefined : end).trim(), "header");
  }
  const credential = rawParameter(request.query, "X-Amz-Credential");
  return credential === undefined ? undefined : scopeOf(decoded(credential), "query");
}

/** The elements of `AKID/20130524/us-east-1/s3/aws4_request`; undefined when there are not five. */
export function splitCredential(credential: string): [string, string, string, string, string] | undefined {
  const [accessKeyId, date, region, service, terminal, ...more] = credential.split("/");
  if (!accessKeyId || !date || !region || !service || !terminal || more.length > 0) return undefined;
  return [accessKeyId, date, region, service, terminal];
}

/** The last one of a header: a client's requests have the same all day. */
let known: { readonly credential: string; readonly scope: CredentialScope | undefined } | undefined;

function scopeOf(credential: string, from: CredentialScope["from"]): CredentialScope | undefined {
  if (from === "query") return readScope(credential, from);
  if (known?.credential !== credential) known = { credential, scope: readScope(credential, from) };
  return known.scope;
}

function readScope(credential: string, from: CredentialScope["from"]): CredentialScope | undefined {
  const parts = splitCredential(credential);
  if (parts === undefined) return undefined;
  const [accessKeyId, date, region, service] = parts;
  return { accessKeyId, date, region, service, from };
}

/** The first value of a parameter, still percent-encoded. */
function rawParameter(query: string, name: string): string | undefined {
  let start = query.indexOf(`${name}=`);
  while (start > 0 && query.charCodeAt(start - 1) !== 0x26) start = query.indexOf(`${name}=`, start + 1);
  if (start < 0) return undefined;
  const end = query.indexOf("&", start);
  return query.slice(start + name.length + 1, end < 0 ? undefined : end);
}

/** Percent-decoded text, or the text itself where its escapes are not UTF-8. */
export function decoded(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
