import { invalidParameterValue } from "./errors.ts";

/** @throws AwsError for a value that is given and is none of those that the parameter takes */
export function checkOneOf(parameter: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw invalidParameterValue(`Value (${value}) for parameter ${parameter} is invalid.`);
}
