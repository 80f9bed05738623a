import { createHash } from "node:crypto";
import { base32 } from "./access-key-id.ts";

/**
 * The unique id of a role (`AROA`) or an instance profile (`AIPA`) that nobody has created: always the same for an ARN.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export function uniqueIdOf(prefix: "AIPA" | "AROA", arn: string): string {
  return prefix + base32(createHash("sha256").update(arn).digest()).slice(0, 17);
}
