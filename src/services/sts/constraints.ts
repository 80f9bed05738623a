import { validationError } from "./errors.ts";

/** What a parameter must be; the numbers and patterns are the API reference's. */
export interface Constraint {
  readonly min?: number;
  readonly max?: number;
  /** As the API reference writes it; it must match the whole value. */
  readonly pattern?: string;
}

/** A parameter as the input has it, under the name of AWS's messages: `roleSessionName`. */
export type Constrained = readonly [name: string, value: string | number | undefined, constraint: Constraint];

/**
 * Checks all, and complains of all at once, as STS does:
 * `2 validation errors detected: Value '' at 'roleArn' failed to satisfy constraint: …; Value …`
 * @throws AwsError ValidationError
 */
export function validate(...parameters: readonly Constrained[]): void {
  const violations = parameters.flatMap(([name, value, constraint]) =>
    violated(value, constraint).map((what) => `Value '${value}' at '${name}' failed to satisfy constraint: ${what}`),
  );
  if (violations.length === 0) return;
  const count = violations.length === 1 ? "1 validation error" : `${violations.length} validation errors`;
  throw validationError(`${count} detected: ${violations.join("; ")}`);
}

function violated(value: string | number | undefined, { min, max, pattern }: Constraint): string[] {
  if (value === undefined) return [];
  const [size, what] = typeof value === "number" ? [value, "value"] : [value.length, "length"];
  const violations: string[] = [];
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, "u").test(String(value))) {
    violations.push(`Member must satisfy regular expression pattern: ${pattern}`);
  }
  if (max !== undefined && size > max) violations.push(`Member must have ${what} less than or equal to ${max}`);
  if (min !== undefined && size < min) violations.push(`Member must have ${what} greater than or equal to ${min}`);
  return violations;
}
