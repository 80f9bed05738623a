import type * as Sts from "@aws-sdk/client-sts";
import type { Principal } from "../../aws/principal.ts";
import type { Context } from "../service-context.ts";
import type { Constrained, Constraint } from "./constraints.ts";
import { duplicateTagKeys, malformedPolicyDocument } from "./errors.ts";

/** Of a session, and of whoever is its source. */
export const sessionName: Constraint = { min: 2, max: 64, pattern: "[\\w+=,.@-]*" };

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_Tag.html */
export function tagConstraints(tags: readonly Sts.Tag[]): Constrained[] {
  const keys = tags.map(({ Key: key = "" }) => key.toLowerCase());
  if (new Set(keys).size < keys.length) throw duplicateTagKeys();
  return [
    ["tags", tags.length, { max: 50 }],
    ...tags.flatMap(({ Key: key, Value: value }, index): Constrained[] => [
      [`tags.${index + 1}.member.key`, key, { min: 1, max: 128, pattern: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+" }],
      [`tags.${index + 1}.member.value`, value, { max: 256, pattern: "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*" }],
    ]),
  ];
}

/** New credentials that stand for `principal`. */
export async function issue(
  { credentials }: Context,
  principal: Principal,
  durationSeconds: number,
): Promise<Sts.Credentials> {
  const session = await credentials.issueSession({ principal, durationSeconds });
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: session.expiration,
  };
}

/** How full a session is with its policy, in percent. @throws AwsError MalformedPolicyDocument */
export function packedPolicySize(policy: string): number {
  validatePolicy(policy);
  return Math.ceil((policy.length * 100) / 2048);
}

function validatePolicy(policy: string): void {
  let document: unknown;
  try {
    document = JSON.parse(policy);
  } catch {
    throw malformedPolicyDocument("This policy contains invalid Json");
  }
  if (typeof document !== "object" || document === null || !("Statement" in document)) {
    throw malformedPolicyDocument("Syntax errors in policy.");
  }
}
