import { AwsError } from "../../aws/aws-error.ts";

// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and the errors of each operation's own page.

export function validationError(message: string) {
  return new AwsError("ValidationError", message);
}

export function accessDenied(message: string) {
  return new AwsError("AccessDenied", message, 403);
}

export function malformedPolicyDocument(message: string) {
  return new AwsError("MalformedPolicyDocument", message);
}

export function invalidAuthorizationMessage() {
  return new AwsError("InvalidAuthorizationMessageException", "Message is not valid");
}

export function invalidClientTokenId() {
  return new AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403);
}

export function duplicateTagKeys() {
  const message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
  return new AwsError("InvalidParameterValue", message);
}
