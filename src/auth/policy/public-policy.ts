import type { Condition, Policy, Statement } from "./policy.ts";

/** Keys that tie a statement to somebody, where they are compared with a value that has no wildcards. */
const fixingKeys: readonly string[] = [
  "aws:principalorgid",
  "aws:principalorgpaths",
  "aws:principalaccount",
  "aws:principalarn",
  "aws:sourceip",
  "aws:sourcearn",
  "aws:sourcevpc",
  "aws:sourcevpce",
  "aws:sourceowner",
  "aws:sourceaccount",
  "aws:userid",
  "s3:dataaccesspointaccount",
  "s3:dataaccesspointarn",
  "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

const fixingOperators = /^(?:StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|IpAddress)$/;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status */
export function isPublicPolicy({ statements }: Policy): boolean {
  return statements.some(isPublic);
}

function isPublic({ effect, principal, conditions }: Statement): boolean {
  if (effect === "Deny" || principal === undefined || conditions.some(fixes)) return false;
  const { except, value } = principal;
  return except || value === "*" || value.AWS?.includes("*") === true;
}

function fixes({ operator, qualifier, ifExists, key, values }: Condition): boolean {
  if (qualifier === "ForAllValues" || ifExists || !fixingOperators.test(operator) || !fixingKeys.includes(key))
    return false;
  // Half of all addresses is not somebody.
  if (operator === "IpAddress") return values.every((range) => Number(range.split("/")[1] ?? 32) > 1);
  return values.every((value) => !/[*?]|\$\{/.test(value));
}
