import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const nonceBytes = 10;
/** Seconds since the epoch, in six bytes. */
const expiryBytes = 6;
const macBytes = 24;
/** Of the base64 of all three. */
const tokenLength = 56;

/** Session tokens of the metadata service: signed, so that nothing is kept of them. A token is good for its instance alone. */
export interface MetadataTokens {
  /** 56 characters, as AWS's. */
  issue(instanceId: string, seconds: number): string;
  /** The seconds that it still has; undefined for any other text, for another instance's, and for one that has expired. */
  secondsLeft(instanceId: string, token: string): number | undefined;
}

/** `readKey` is called at the first use, for what outlives a restart, so that tokens do. */
export function createMetadataTokens(readKey: () => Uint8Array, now: () => Date): MetadataTokens {
  let key: Uint8Array | undefined;
  const seconds = () => Math.floor(now().getTime() / 1000);
  const sign = (instanceId: string, body: Uint8Array) => {
    key ??= readKey();
    return createHmac("sha256", key).update(instanceId).update(body).digest().subarray(0, macBytes);
  };
  return {
    issue(instanceId, lifetime) {
      const body = Buffer.concat([Buffer.alloc(expiryBytes), randomBytes(nonceBytes)]);
      body.writeUIntBE(seconds() + lifetime, 0, expiryBytes);
      return Buffer.concat([body, sign(instanceId, body)])
        .toString("base64url")
        .padEnd(tokenLength, "=");
    },
    secondsLeft(instanceId, token) {
      if (token.length !== tokenLength) return undefined;
      const bytes = Buffer.from(token, "base64url");
      if (bytes.length !== expiryBytes + nonceBytes + macBytes) return undefined;
      const body = bytes.subarray(0, expiryBytes + nonceBytes);
      if (!timingSafeEqual(sign(instanceId, body), bytes.subarray(body.length))) return undefined;
      const left = bytes.readUIntBE(0, expiryBytes) - seconds();
      return left > 0 ? left : undefined;
    },
  };
}
