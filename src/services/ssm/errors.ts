import { AwsError } from "../../aws/aws-error.ts";

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html; the service gives the first no message.

export const parameterNotFound = () => new AwsError("ParameterNotFound", "");

export const parameterVersionNotFound = (name: string) =>
  new AwsError(
    "ParameterVersionNotFound",
    `Systems Manager could not find version ${name.slice(name.lastIndexOf(":") + 1)} of ${name.slice(0, name.lastIndexOf(":"))}. Verify the version and try again.`,
  );

export const validationError = (message: string) => new AwsError("ValidationException", message);

export const constraintError = (member: string, value: unknown, constraint: string) =>
  validationError(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have ${constraint}`,
  );

export const invalidNextToken = () => new AwsError("InvalidNextToken", "The specified token isn't valid.");

export const invalidFilterKey = (key: string) =>
  new AwsError(
    "InvalidFilterKey",
    `The following filter key is not valid: ${key}. Valid filter keys include: [Type, KeyId, Label].`,
  );
