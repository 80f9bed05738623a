import { createHmac, hash, timingSafeEqual } from "node:crypto";

/** What a signing key is derived for. */
export interface SigningScope {
  /** `YYYYMMDD` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/** The key that signs for one day, region and service. Keys are kept: deriving one takes four HMACs. */
export type SigningKeys = (secretAccessKey: string, scope: SigningScope) => Buffer;

export const emptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Keeps at most `limit` keys, the oldest going first. */
export function createSigningKeys(limit = 1024): SigningKeys {
  const kept = new Map<string, Buffer>();
  return (secretAccessKey, scope) => {
    const id = `${scope.date}/${scope.region}/${scope.service}/${secretAccessKey}`;
    let key = kept.get(id);
    if (key === undefined) {
      key = deriveSigningKey(secretAccessKey, scope);
      if (kept.size >= limit) {
        for (const oldest of kept.keys()) {
          kept.delete(oldest);
          break;
        }
      }
      kept.set(id, key);
    }
    return key;
  };
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#calculate-signature */
export function deriveSigningKey(secretAccessKey: string, scope: SigningScope): Buffer {
  let key = hmac(`AWS4${secretAccessKey}`, scope.date);
  for (const part of [scope.region, scope.service, "aws4_request"]) key = hmac(key, part);
  return key;
}

/** `20130524/us-east-1/s3/aws4_request` */
export function scopeText(scope: SigningScope): string {
  return `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
}

/** `timestamp`: `20130524T000000Z`. */
export function stringToSign(timestamp: string, scope: SigningScope, canonicalRequest: string): string {
  return `AWS4-HMAC-SHA256\n${timestamp}\n${scopeText(scope)}\n${sha256(canonicalRequest)}`;
}

/** Hexadecimal. */
export function sign(key: Uint8Array, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

/** Hexadecimal. */
export function sha256(bytes: string | Uint8Array): string {
  return hash("sha256", bytes, "hex");
}

/** Compares in a time that does not depend on where the two differ. */
export function equalSecrets(expected: string, given: string): boolean {
  const a = Buffer.from(expected);
  const b = Buffer.from(given);
  return a.length === b.length && timingSafeEqual(a, b);
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
