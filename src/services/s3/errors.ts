// Codes, messages, statuses and members as S3 sends them:
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
import { AwsError } from "../../aws/aws-error.ts";

type Members = Record<string, unknown>;

function error(status: number, code: string, message: string, members: Members = {}): AwsError {
  return new AwsError(code, message, status, { members });
}

export function accessDenied(message = "Access Denied"): AwsError {
  return error(403, "AccessDenied", message);
}

export function accessDeniedByLock(): AwsError {
  return error(403, "AccessDenied", "Access Denied because object protected by object lock.");
}

export function accessControlListNotSupported(message = "The bucket does not allow ACLs"): AwsError {
  return error(400, "AccessControlListNotSupported", message);
}

export function encryptionNotApplicable(): AwsError {
  return error(400, "InvalidRequest", "The encryption parameters are not applicable to this object.");
}

export function invalidEncryptionAlgorithm(name: string, value: string): AwsError {
  const message = "The Encryption request you specified is not valid. Supported value: AES256.";
  return error(400, "InvalidEncryptionAlgorithmError", message, { ArgumentName: name, ArgumentValue: value });
}

/** `authorization`: the header; null where nothing, or the query, is signed. */
export function kmsNeedsVersion4(authorization: string | null): AwsError {
  const message =
    "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.";
  return invalidArgument(message, "Authorization", authorization ?? "null");
}

/** Of a preflight request. */
export function accessForbidden(message: string, members: Members): AwsError {
  return error(403, "AccessForbidden", message, members);
}

export function badDigest(message: string): AwsError {
  return error(400, "BadDigest", message);
}

/** The limit on tags and a bad preflight request have no code of their own. */
export function badRequest(message: string): AwsError {
  return error(400, "BadRequest", message);
}

export function bucketAlreadyExists(name: string): AwsError {
  return error(
    409,
    "BucketAlreadyExists",
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
    { BucketName: name },
  );
}

export function bucketAlreadyOwnedByYou(name: string): AwsError {
  return error(
    409,
    "BucketAlreadyOwnedByYou",
    "Your previous request to create the named bucket succeeded and you already own it.",
    { BucketName: name },
  );
}

export function bucketNotEmpty(name: string, versioned: boolean): AwsError {
  const message = "The bucket you tried to delete is not empty";
  const versions = ". You must delete all versions in the bucket.";
  return error(409, "BucketNotEmpty", versioned ? message + versions : message, { BucketName: name });
}

export function conditionalRequestConflict(key: string, condition: string): AwsError {
  return error(
    409,
    "ConditionalRequestConflict",
    "The conditional request cannot succeed due to a conflicting operation against this resource.",
    { Condition: condition, Key: key },
  );
}

const tooLarge = "Your proposed upload exceeds the maximum allowed size";

export function entityTooLarge(size: number, max: number): AwsError {
  return error(400, "EntityTooLarge", tooLarge, { ProposedSize: size, MaxSizeAllowed: max });
}

export function entityTooSmall(part: { size: number; min: number; number: number; etag: string }): AwsError {
  return error(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", {
    ProposedSize: part.size,
    MinSizeAllowed: part.min,
    PartNumber: part.number,
    ETag: part.etag,
  });
}

export function illegalAccelerateConfiguration(): AwsError {
  return error(400, "IllegalAccelerateConfigurationException", "The Accelerate element must be specified");
}

export function illegalVersioningConfiguration(): AwsError {
  return error(400, "IllegalVersioningConfigurationException", "The Versioning element must be specified");
}

/** Clients look for a bucket's region in it, and sign anew. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export function wrongRegion(region: string, expected: string): AwsError {
  return error(
    400,
    "AuthorizationHeaderMalformed",
    `The authorization header is malformed; the region '${region}' is wrong; expecting '${expected}'`,
    { Region: expected },
  );
}

/** `constraint` is `unspecified` where the request has none. */
export function illegalLocationConstraint(constraint: string): AwsError {
  return error(
    400,
    "IllegalLocationConstraintException",
    `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );
}

export function incompleteBody(): AwsError {
  return error(
    400,
    "IncompleteBody",
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
  );
}

/** Without a value where the argument is missing. */
export function invalidArgument(message: string, name: string, value?: unknown): AwsError {
  return error(400, "InvalidArgument", message, {
    ArgumentName: name,
    ...(value === undefined ? {} : { ArgumentValue: value }),
  });
}

export function internalError(): AwsError {
  return error(500, "InternalError", "We encountered an internal error. Please try again.");
}

export function invalidBucketAclWithBlockPublicAccess(): AwsError {
  return error(
    400,
    "InvalidBucketAclWithBlockPublicAccessError",
    "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
  );
}

export function invalidBucketAclWithObjectOwnership(): AwsError {
  return error(
    400,
    "InvalidBucketAclWithObjectOwnership",
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  );
}

export function invalidBucketState(message: string): AwsError {
  return error(409, "InvalidBucketState", message);
}

export function invalidBucketName(name: string): AwsError {
  return error(400, "InvalidBucketName", "The specified bucket is not valid.", { BucketName: name });
}

export function invalidBucketOwnerAwsAccountId(value: string): AwsError {
  return error(
    400,
    "InvalidBucketOwnerAWSAccountID",
    "The value of the expected bucket owner parameter must be an AWS account ID.",
    { ParameterValue: value },
  );
}

export function invalidLocationConstraint(constraint: string): AwsError {
  return error(400, "InvalidLocationConstraint", "The specified location-constraint is not valid", {
    LocationConstraint: constraint,
  });
}

export function invalidCopySourceState(storageClass: string): AwsError {
  return error(403, "InvalidObjectState", "Operation is not valid for the source object's storage class", {
    StorageClass: storageClass,
  });
}

export function invalidObjectState(storageClass: string): AwsError {
  return error(403, "InvalidObjectState", "The operation is not valid for the object's storage class", {
    StorageClass: storageClass,
  });
}

export function invalidPart(uploadId: string, partNumber: number, etag: string): AwsError {
  return error(
    400,
    "InvalidPart",
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { UploadId: uploadId, PartNumber: partNumber, ETag: etag },
  );
}

export function invalidPartNumber(requested: number, actual: number): AwsError {
  return error(416, "InvalidPartNumber", "The requested partnumber is not satisfiable", {
    PartNumberRequested: requested,
    ActualPartCount: actual,
  });
}

export function invalidPartOrder(uploadId: string): AwsError {
  return error(
    400,
    "InvalidPartOrder",
    "The list of parts was not in ascending order. Parts must be ordered by part number.",
    { UploadId: uploadId },
  );
}

export function invalidRange(requested: string, size: number): AwsError {
  return error(416, "InvalidRange", "The requested range is not satisfiable", {
    RangeRequested: requested,
    ActualObjectSize: size,
  });
}

export function invalidRequest(message: string): AwsError {
  return error(400, "InvalidRequest", message);
}

export function invalidStorageClass(requested: string): AwsError {
  return error(400, "InvalidStorageClass", "The storage class you specified is not valid", {
    StorageClassRequested: requested,
  });
}

export function invalidTag(message: string, members: Members = {}): AwsError {
  return error(400, "InvalidTag", message, members);
}

export function keyTooLongError(size: number, max: number): AwsError {
  return error(400, "KeyTooLongError", "Your key is too long", { Size: size, MaxSizeAllowed: max });
}

/** A bucket's MFA delete is set by the root user, who says the code of an MFA device. */
export function mfaRequired(): AwsError {
  return error(403, "AccessDenied", "Mfa Authentication must be used for this request");
}

export function malformedAclError(): AwsError {
  return error(
    400,
    "MalformedACLError",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

export function malformedPolicy(message: string): AwsError {
  return error(400, "MalformedPolicy", message);
}

export function malformedXml(): AwsError {
  return error(
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

export function metadataTooLarge(size: number, max: number): AwsError {
  return error(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size", {
    Size: size,
    MaxSizeAllowed: max,
  });
}

export function methodNotAllowed(members: Members, headers: Record<string, string> = {}): AwsError {
  return new AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405, {
    members,
    headers,
  });
}

/** A delete marker can be deleted by its id, and nothing else. */
export function methodNotAllowedForDeleteMarker(method: string, headers: Record<string, string> = {}): AwsError {
  return methodNotAllowed({ Method: method, ResourceType: "DeleteMarker" }, { ...headers, allow: "DELETE" });
}

/** Where the SDK takes the document for an optional one, and S3 does not. */
export function missingRequestBody(): AwsError {
  return error(400, "MissingRequestBodyError", "Request Body is empty");
}

export function missingContentLength(): AwsError {
  return error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.");
}

export function noSuchBucket(name: string): AwsError {
  return error(404, "NoSuchBucket", "The specified bucket does not exist", { BucketName: name });
}

export function noSuchKey(key: string, headers: Record<string, string> = {}): AwsError {
  return new AwsError("NoSuchKey", "The specified key does not exist.", 404, { members: { Key: key }, headers });
}

export function noSuchObjectLockConfiguration(): AwsError {
  return error(404, "NoSuchObjectLockConfiguration", "The specified object does not have a ObjectLock configuration");
}

export function noSuchTagSet(name: string): AwsError {
  return error(404, "NoSuchTagSet", "The TagSet does not exist", { BucketName: name });
}

export function noSuchUpload(uploadId: string): AwsError {
  return error(
    404,
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    { UploadId: uploadId },
  );
}

export function noSuchVersion(key: string, versionId: string): AwsError {
  return error(404, "NoSuchVersion", "The specified version does not exist.", { Key: key, VersionId: versionId });
}

/** A header that AWS, or this service up to now, does not know for the operation. */
export function notImplementedHeader(header: string, additionalMessage?: string): AwsError {
  return error(501, "NotImplemented", "A header you provided implies functionality that is not implemented", {
    Header: header,
    ...(additionalMessage === undefined ? {} : { additionalMessage }),
  });
}

export function notModified(headers: Record<string, string>): AwsError {
  return new AwsError("NotModified", "Not Modified", 304, { headers });
}

export function preconditionFailed(condition: string): AwsError {
  return error(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", {
    Condition: condition,
  });
}

export function noSuchBucketPolicy(name: string): AwsError {
  return error(404, "NoSuchBucketPolicy", "The bucket policy does not exist", { BucketName: name });
}

/** Of analytics, inventory, metrics and intelligent tiering. */
export function noSuchConfiguration(): AwsError {
  return error(404, "NoSuchConfiguration", "The specified configuration does not exist.");
}

export function noSuchCorsConfiguration(name: string): AwsError {
  return error(404, "NoSuchCORSConfiguration", "The CORS configuration does not exist", { BucketName: name });
}

export function noSuchLifecycleConfiguration(name: string): AwsError {
  return error(404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", { BucketName: name });
}

export function noSuchWebsiteConfiguration(name: string): AwsError {
  return error(404, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration", {
    BucketName: name,
  });
}

export function objectLockConfigurationNotFound(name: string): AwsError {
  return error(
    404,
    "ObjectLockConfigurationNotFoundError",
    "Object Lock configuration does not exist for this bucket",
    { BucketName: name },
  );
}

export function replicationConfigurationNotFound(name: string): AwsError {
  return error(404, "ReplicationConfigurationNotFoundError", "The replication configuration was not found", {
    BucketName: name,
  });
}

export function selectNotAllowed(): AwsError {
  const message = "The specific method for Select type jobs is not allowed against this resource.";
  return error(405, "MethodNotAllowed", message);
}

export function restoreAlreadyInProgress(): AwsError {
  return error(409, "RestoreAlreadyInProgress", "Object restore is already in progress");
}

export function restoreNotAllowed(storageClass: string): AwsError {
  return error(403, "InvalidObjectState", "Restore is not allowed for the object's current storage class", {
    StorageClass: storageClass,
  });
}

export function retrievalNotSupported(): AwsError {
  return error(403, "InvalidTier", "Retrieval option is not supported by this storage class.");
}

export function copySourceIsDeleteMarker(): AwsError {
  return invalidRequest("The source of a copy request may not specifically refer to a delete marker by version id.");
}

export function copySourceTooLarge(max: number): AwsError {
  return invalidRequest(
    `The specified copy source is larger than the maximum allowable size for a copy source: ${max}`,
  );
}

export function illegalCopyToItself(): AwsError {
  return invalidRequest(
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  );
}

export function crossLocationLoggingProhibited(location: string): AwsError {
  // The code is spelled so by AWS.
  return error(403, "CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed. ", {
    TargetBucketLocation: location,
  });
}

/** A part of a configuration that has an id: `code` says which. */
export function invalidConfiguration(
  code:
    | "InvalidAccessTier"
    | "InvalidAnd"
    | "InvalidConfigId"
    | "InvalidConfigurationId"
    | "InvalidDestination"
    | "InvalidKmskeyId"
    | "InvalidPrefix",
  message: string,
): AwsError {
  return error(400, code, message);
}

export function idMismatch(): AwsError {
  return error(400, "IdMismatch", "Document ID does not match the specified configuration ID.");
}

export function invalidS3DestinationBucket(): AwsError {
  return error(400, "InvalidS3DestinationBucket", "Invalid bucket ARN.");
}

export function invalidTargetBucketForLogging(message: string, name: string): AwsError {
  return error(400, "InvalidTargetBucketForLogging", message, { TargetBucket: name });
}

export function noSuchPublicAccessBlockConfiguration(name: string): AwsError {
  return error(404, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", {
    BucketName: name,
  });
}

export function ownershipControlsNotFound(name: string): AwsError {
  return error(404, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found", {
    BucketName: name,
  });
}

export function tooManyConfigurations(): AwsError {
  return error(
    400,
    "TooManyConfigurations",
    "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.",
  );
}

export function missingSecurityHeader(name: string): AwsError {
  return error(400, "MissingSecurityHeader", "Your request was missing a required header", { MissingHeaderName: name });
}

export function unexpectedContent(): AwsError {
  return error(400, "UnexpectedContent", "This request does not support content");
}
