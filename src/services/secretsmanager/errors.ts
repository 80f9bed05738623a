import { AwsError } from "../../aws/aws-error.ts";

// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html, with the words that the service itself uses.

export const secretNotFound = () =>
  new AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");

export const secretValueNotFound = (what: string) =>
  new AwsError("ResourceNotFoundException", `Secrets Manager can't find the specified secret value for ${what}`);

export const invalidRequest = (message: string) => new AwsError("InvalidRequestException", message);

export const invalidParameter = (message: string) => new AwsError("InvalidParameterException", message);

export const invalidNextToken = () => new AwsError("InvalidNextTokenException", "Invalid NextToken");

export const validationError = (message: string) => new AwsError("ValidationException", message);

/** Of what the SDK's schemas do not check. */
export const constraintError = (member: string, value: string, constraint: string) =>
  validationError(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have ${constraint}`,
  );

export const malformedPolicy = () =>
  new AwsError("MalformedPolicyDocumentException", "This resource policy contains a syntax error.");

export const publicPolicy = () =>
  new AwsError(
    "PublicPolicyException",
    "You can not attach a resource policy that grants Public access to your secret.",
  );

export const ofReplica = () =>
  invalidParameter("Operation not permitted on a replica secret. Call must be made in primary secret's region.");

export const markedForDeletion = () =>
  invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");

export const resourceExists = (message: string) => new AwsError("ResourceExistsException", message);

/** What a service keeps for its user is changed by that service's own operations. */
export const managedBy = (service: string) =>
  invalidRequest(`You can't perform this operation on the secret because it is managed by ${service}.`);
