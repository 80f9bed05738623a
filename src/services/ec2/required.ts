import { missingParameter } from "./errors.ts";

/** The value of a member that a request must have. @throws AwsError `MissingParameter` */
export function required<Value>(value: Value | undefined, parameter: string): Value {
  if (value === undefined || value === "") throw missingParameter(parameter);
  return value;
}
