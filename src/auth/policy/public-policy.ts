import { isIPv6 } from "node:net";
import type { Condition, Patterns, Policy, Statement } from "./policy.ts";
import { fitsWildcards } from "./wildcards.ts";

/**
 * Keys that tie a statement to somebody, where they are compared with a value that says who. S3 was recorded not to count
 * aws:SourceOwner, which its user guide has (decision 0150).
 */
const fixingKeys: readonly string[] = [
  "aws:principalorgid",
  "aws:principalorgpaths",
  "aws:principalaccount",
  "aws:principalarn",
  "aws:sourceip",
  "aws:sourcearn",
  "aws:sourceorgid",
  "aws:sourcevpc",
  "aws:sourcevpce",
  "aws:sourceaccount",
  "aws:userid",
  "s3:dataaccesspointaccount",
  "s3:dataaccesspointarn",
  "s3:x-amz-server-side-encryption-aws-kms-key-id",
];

const fixingOperators = /^(?:StringEquals|StringEqualsIgnoreCase|StringLike|ArnEquals|ArnLike|IpAddress)$/;
/** The fewest bits of a range of addresses that is somebody. */
const leastBits = { ipv4: 8, ipv6: 32 } as const;

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status */
export function isPublicPolicy({ statements }: Policy): boolean {
  return statements.some(
    (statement) => isPublic(statement) && !statements.some((other) => takesBack(other, statement)),
  );
}

function isPublic({ effect, principal, conditions }: Statement): boolean {
  if (effect === "Deny" || principal === undefined || fixed(conditions)) return false;
  return principal.except || isEverybody(principal);
}

function isEverybody({ except, value }: NonNullable<Statement["principal"]>): boolean {
  return !except && (value === "*" || value.AWS?.includes("*") === true);
}

/** Whether a Deny leaves nothing of what another statement allows to everybody. */
function takesBack({ effect, principal, conditions, action, resource }: Statement, allowed: Statement): boolean {
  if (effect === "Allow" || principal === undefined || !isEverybody(principal)) return false;
  if (!covers(action, allowed.action) || !covers(resource, allowed.resource)) return false;
  return conditions.every((condition) => {
    const operator = condition.operator.replace(/^Not|Not(?=Equals|Like)/, "");
    return operator !== condition.operator && condition.qualifier === undefined && fixes({ ...condition, operator });
  });
}

function covers(denied: Patterns, allowed: Patterns): boolean {
  if (denied.except || allowed.except) return false;
  return allowed.values.every((value) => denied.values.some((pattern) => fitsWildcards(pattern, value)));
}

function fixed(conditions: readonly Condition[]): boolean {
  const present = conditions.filter(
    ({ operator, values }) => operator === "Null" && values.every((no) => no === "false"),
  );
  return conditions.some((condition) => {
    // What also holds without the key says nothing, unless the key is asked for.
    const optional = condition.ifExists || condition.qualifier === "ForAllValues";
    return (!optional || present.some(({ key }) => key === condition.key)) && fixes(condition);
  });
}

function fixes({ operator, key, values }: Condition): boolean {
  if (!fixingOperators.test(operator) || !fixingKeys.includes(key)) return false;
  return values.every((value) => !value.includes("${") && isSomebody(operator, key, value));
}

function isSomebody(operator: string, key: string, value: string): boolean {
  if (operator === "IpAddress") return isNarrow(value);
  if (/Equals/.test(operator) && !operator.startsWith("Arn")) return true;
  // An ARN says who by its account, and a user id by what comes before the name of its session.
  if (key.endsWith("arn")) return !/[*?]/.test(value.split(":")[4] ?? "*");
  if (key === "aws:userid") return !/[*?]/.test(value.split(":")[0] ?? "");
  return !/[*?]/.test(value);
}

function isNarrow(range: string): boolean {
  const [address = "", bits] = range.split("/");
  if (bits === undefined) return true;
  return Number(bits) >= (isIPv6(address) ? leastBits.ipv6 : leastBits.ipv4);
}
