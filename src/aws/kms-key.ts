import { createHash } from "node:crypto";
import { uuidOf } from "./uuid.ts";

interface Place {
  readonly region: string;
  readonly accountId: string;
}

/**
 * The ARN by which answers name a key, whatever the request named it by. `alias/aws/…` is the key that KMS keeps for a service in each
 * account and region: always the same. https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-mgmt
 */
export function kmsKeyArn({ region, accountId }: Place, key: string): string {
  if (key.startsWith("arn:")) return key;
  const prefix = `arn:aws:kms:${region}:${accountId}`;
  if (key.startsWith("alias/aws/")) {
    const digest = createHash("sha256").update(`${prefix}:${key}`).digest();
    return `${prefix}:key/${uuidOf(digest.subarray(0, 16))}`;
  }
  return key.startsWith("alias/") ? `${prefix}:${key}` : `${prefix}:key/${key}`;
}
