import { AwsError } from "../aws/aws-error.ts";

/**
 * The policy of a form that a browser posts: until when it is good, and what its fields must be.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
 */
export interface PostPolicy {
  /** Milliseconds since the epoch. */
  readonly expiration: number;
  readonly conditions: readonly FieldCondition[];
  /** Bytes of the file, both inclusive. */
  readonly lengths: readonly { readonly min: number; readonly max: number }[];
}

interface FieldCondition {
  readonly operator: "eq" | "starts-with";
  /** As the policy has it, without the `$`. */
  readonly name: string;
  /** The same in lower case. */
  readonly field: string;
  readonly value: string;
}

/** @throws AwsError `InvalidPolicyDocument` */
export function parsePostPolicy(base64: string): PostPolicy {
  const document = parseJson(Buffer.from(base64, "base64").toString("utf8"));
  const { expiration, conditions } = document;
  if (expiration === undefined) throw invalidPolicy("Policy missing expiration.");
  if (!Array.isArray(conditions)) throw invalidPolicy("Policy missing conditions.");
  const time = typeof expiration === "string" && isoTime.test(expiration) ? Date.parse(expiration) : Number.NaN;
  if (Number.isNaN(time)) throw invalidPolicy(`Invalid 'expiration' value: '${String(expiration)}'`);
  const fields: FieldCondition[] = [];
  const lengths: { min: number; max: number }[] = [];
  for (const condition of conditions as unknown[]) {
    if (isLengthRange(condition)) lengths.push(lengthRange(condition));
    else fields.push(fieldCondition(condition));
  }
  return { expiration: time, conditions: fields, lengths };
}

/**
 * Whether a form is what its policy says. A field that is not there meets no condition, not even that it start with nothing:
 * https://github.com/waynehoover/s3_direct_upload/issues/29. `fields` by names in lower case, `bucket` among them.
 * @throws AwsError `AccessDenied`
 */
export function checkPostPolicy(policy: PostPolicy, fields: ReadonlyMap<string, string>, now: number): void {
  if (now > policy.expiration) throw notByPolicy("Policy expired.");
  for (const { operator, name, field, value } of policy.conditions) {
    const given = fields.get(field);
    if (given === undefined || !matches(operator, given, value, field)) {
      throw notByPolicy(`Policy Condition failed: ["${operator}", "$${name}", "${value}"]`);
    }
  }
  const named = new Set(policy.conditions.map(({ field }) => field));
  const extra = [...fields.keys()].filter((name) => !named.has(name) && !isFree(name));
  if (extra.length > 0) throw notByPolicy(`Extra input fields: ${extra.join(", ")}`);
}

const isoTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** Fields that no condition has to name. */
function isFree(name: string): boolean {
  return (
    ["policy", "file", "signature", "awsaccesskeyid", "x-amz-signature"].includes(name) || name.startsWith("x-ignore-")
  );
}

/** Of a list of content types each has to start so. */
function matches(operator: FieldCondition["operator"], given: string, wanted: string, field: string): boolean {
  if (operator === "eq") return given === wanted;
  if (field === "content-type") return given.split(",").every((type) => type.trim().startsWith(wanted));
  return given.startsWith(wanted);
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw invalidPolicy("Invalid JSON.");
}

function isLengthRange(condition: unknown): condition is unknown[] {
  return Array.isArray(condition) && String(condition[0]).toLowerCase() === "content-length-range";
}

function lengthRange(condition: unknown[]): { min: number; max: number } {
  const [, ...numbers] = condition;
  const [min = Number.NaN, max = Number.NaN] = numbers.map((value) =>
    typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value)) ? Number(value) : Number.NaN,
  );
  if (numbers.length !== 2 || !Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min < 0 || max < 0) {
    throw invalidPolicy("Invalid Condition: content-length-range takes two numbers.");
  }
  return { min, max };
}

function fieldCondition(condition: unknown): FieldCondition {
  if (Array.isArray(condition)) {
    const [operator, field, value] = condition as unknown[];
    const match = typeof operator === "string" ? operator.toLowerCase() : "";
    if (condition.length !== 3 || typeof field !== "string" || typeof value !== "string" || !field.startsWith("$")) {
      throw invalidPolicy("Invalid Condition: expected an operator, a field that begins with $, and a value.");
    }
    if (match !== "eq" && match !== "starts-with") {
      throw invalidPolicy(`Invalid Condition: unknown operation '${match}'.`);
    }
    return { operator: match, ...named(field.slice(1)), value };
  }
  const entries = typeof condition === "object" && condition !== null ? Object.entries(condition) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1) {
    throw invalidPolicy("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
  }
  if (typeof entry[1] !== "string") throw invalidPolicy("Invalid Simple-Condition: value must be a string.");
  return { operator: "eq", ...named(entry[0]), value: entry[1] };
}

function named(name: string): Pick<FieldCondition, "name" | "field"> {
  return { name, field: name.toLowerCase() };
}

function invalidPolicy(detail: string): AwsError {
  return new AwsError("InvalidPolicyDocument", `Invalid Policy: ${detail}`, 400);
}

function notByPolicy(detail: string): AwsError {
  return new AwsError("AccessDenied", `Invalid according to Policy: ${detail}`, 403);
}
