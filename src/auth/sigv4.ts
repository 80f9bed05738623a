import { createHmac, hash } from "node:crypto";

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
  let last: { readonly secretAccessKey: string; readonly scope: SigningScope; readonly key: Buffer } | undefined;
  return (secretAccessKey, scope) => {
    // One client's requests have the same scope all day: the object itself, where it has been read before.
    if (last?.scope === scope && last.secretAccessKey === secretAccessKey) return last.key;
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
    last = { secretAccessKey, scope, key };
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

/** The block of SHA-256, in bytes. */
const block = 64;
/** What is hashed within, and around it (RFC 2104): the padded key and the text, the padded key and the digest of the former. */
const inner = Buffer.alloc(1024);
const outer = Buffer.alloc(block + 32);
/** Whose key they are padded with, and how much of `inner` was hashed last: both are mostly the same the next time. */
let padded: Uint8Array | undefined;
let hashed = inner;

/**
 * HMAC-SHA256, in hexadecimal. Of two hashes: an Hmac is an object outside of V8's heap, which takes longer to make, and to
 * collect, than the hashing. `key`: 32 bytes, which never change.
 */
export function sign(key: Uint8Array, text: string): string {
  // A character has at most three bytes.
  if (key.length > block || text.length * 3 > inner.length - block) {
    return createHmac("sha256", key).update(text).digest("hex");
  }
  if (padded !== key) {
    for (let at = 0; at < block; at++) {
      const byte = key[at] ?? 0;
      inner[at] = byte ^ 0x36;
      outer[at] = byte ^ 0x5c;
    }
    padded = key;
  }
  const length = block + inner.write(text, block);
  if (hashed.length !== length) hashed = inner.subarray(0, length);
  outer.write(hash("sha256", hashed, "binary"), block, "latin1");
  return hash("sha256", outer, "hex");
}

/** Hexadecimal. */
export function sha256(bytes: string | Uint8Array): string {
  return hash("sha256", bytes, "hex");
}

/** Compares in a time that does not depend on where the two differ. */
export function equalSecrets(expected: string, given: string): boolean {
  if (expected.length !== given.length) return false;
  let difference = 0;
  for (let at = 0; at < expected.length; at++) difference |= expected.charCodeAt(at) ^ given.charCodeAt(at);
  return difference === 0;
}

function hmac(key: string | Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
