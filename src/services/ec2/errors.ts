import { AwsError } from "../../aws/aws-error.ts";

/**
 * EC2's model has no errors: codes, messages and status as
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html and the service itself give them.
 */

export function dryRunOperation() {
  return new AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
}

export function missingParameter(parameter: string) {
  return new AwsError("MissingParameter", `The request must contain the parameter ${parameter}`);
}

export function invalidParameterValue(message: string) {
  return new AwsError("InvalidParameterValue", message);
}

export function invalidParameterCombination(message: string) {
  return new AwsError("InvalidParameterCombination", message);
}

export function unsupportedOperation(message: string) {
  return new AwsError("UnsupportedOperation", message);
}

export function dependencyViolation(message: string) {
  return new AwsError("DependencyViolation", message);
}

export function operationNotPermitted(message: string) {
  return new AwsError("OperationNotPermitted", message);
}

export function idempotentParameterMismatch() {
  return new AwsError(
    "IdempotentParameterMismatch",
    "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
  );
}

export function tagLimitExceeded() {
  return new AwsError("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
}

export function invalidId(id: string) {
  return new AwsError("InvalidID", `The ID '${id}' is not valid`);
}

/** An id that has no id's form; each family has its own code: `InvalidInstanceID.Malformed`. */
export function malformed(code: string, id: string, prefix: string) {
  // Of an id with the right prefix AWS does not say what it expects: decision 0154.
  const expected = id.startsWith(`${prefix}-`) ? "" : ` (expecting "${prefix}-...")`;
  return new AwsError(code, `Invalid id: "${id}"${expected}`);
}

export function invalidInstanceIdNotFound(ids: readonly string[]) {
  const message =
    ids.length === 1
      ? `The instance ID '${ids[0]}' does not exist`
      : `The instance IDs '${ids.join(", ")}' do not exist`;
  return new AwsError("InvalidInstanceID.NotFound", message);
}

/** As the operations that are newer than the others word it: decision 0166. */
export function instanceIdMalformed(id: string) {
  return new AwsError("InvalidInstanceID.Malformed", `The instance ID '${id}' is malformed`);
}

export function incorrectInstanceState(message: string) {
  return new AwsError("IncorrectInstanceState", message);
}

export function instanceLimitExceeded(requested: number, limit: number) {
  return new AwsError(
    "InstanceLimitExceeded",
    `You have requested more instances (${requested}) than your current instance limit of ${limit} allows for the specified instance type.`,
  );
}

export function invalidAmiIdNotFound(ids: readonly string[], hint = "") {
  const message =
    ids.length === 1 ? `The image id '[${ids[0]}]' does not exist` : `The image ids '[${ids.join(", ")}]' do not exist`;
  return new AwsError("InvalidAMIID.NotFound", `${message}${hint}`);
}

export function invalidKeyPairNotFound(name: string) {
  return new AwsError("InvalidKeyPair.NotFound", `The key pair '${name}' does not exist`);
}

export function invalidKeyPairIdNotFound(ids: readonly string[]) {
  return new AwsError("InvalidKeyPair.NotFound", `The key pair ID '${ids.join(", ")}' does not exist`);
}

export function invalidKeyPairDuplicate() {
  return new AwsError("InvalidKeyPair.Duplicate", "The keypair already exists");
}

export function invalidKeyFormat() {
  return new AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format");
}

export function invalidGroupNotFound(group: string) {
  return new AwsError("InvalidGroup.NotFound", `The security group '${group}' does not exist`);
}

export function invalidGroupNotFoundInVpc(name: string, vpcId: string) {
  return new AwsError("InvalidGroup.NotFound", `The security group '${name}' does not exist in VPC '${vpcId}'`);
}

export function invalidGroupDuplicate(name: string, vpcId: string) {
  return new AwsError("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpcId}'`);
}

export function cannotDelete(groupId: string) {
  return new AwsError("CannotDelete", `the specified group: "${groupId}" name: "default" cannot be deleted by a user`);
}

export function invalidPermissionDuplicate(rule: string) {
  return new AwsError("InvalidPermission.Duplicate", `the specified rule "${rule}" already exists`);
}

export function invalidPermissionNotFound() {
  return new AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
}

export function invalidPermissionMalformed(message: string) {
  return new AwsError("InvalidPermission.Malformed", message);
}

export function rulesPerSecurityGroupLimitExceeded() {
  return new AwsError(
    "RulesPerSecurityGroupLimitExceeded",
    "The maximum number of rules per security group has been reached.",
  );
}

/** `what` as AWS words it: `subnet ID`, `vpc ID`; most families answer in this form. */
export function notFound(code: string, what: string, ids: readonly string[]) {
  return ids.length === 1
    ? new AwsError(code, `The ${what} '${ids[0]}' does not exist`)
    : new AwsError(code, `The ${what}s '${ids.join(", ")}' do not exist`);
}

export function defaultVpcDoesNotExist() {
  return new AwsError("VPCIdNotSpecified", "No default VPC for this user");
}

/** `subnetId`: of a launch, whose message names it. */
export function insufficientFreeAddresses(subnetId?: string) {
  return new AwsError(
    "InsufficientFreeAddressesInSubnet",
    subnetId === undefined
      ? "The specified subnet does not have enough free addresses to satisfy the request."
      : `There are not enough free addresses in subnet '${subnetId}' to satisfy the requested number of instances.`,
  );
}
