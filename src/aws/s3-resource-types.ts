/** Those that their operations are not named after. */
const types: Readonly<Record<string, string>> = {
  AbortMultipartUpload: "UPLOAD",
  CompleteMultipartUpload: "UPLOAD",
  CopyObject: "OBJECT",
  CreateBucket: "BUCKET",
  CreateMultipartUpload: "UPLOADS",
  DeleteBucket: "BUCKET",
  DeleteObjects: "MULTI_OBJECT_DELETE",
  GetBucketPolicyStatus: "POLICY_STATUS",
  HeadBucket: "BUCKET",
  ListMultipartUploads: "UPLOADS",
  ListObjects: "BUCKET",
  ListObjectsV2: "BUCKET",
  ListObjectVersions: "BUCKETVERSIONS",
  ListParts: "UPLOAD",
  RestoreObject: "RESTORE",
  SelectObjectContent: "SELECT",
  UploadPart: "PART",
  UploadPartCopy: "PART",
};

const families: Readonly<Record<string, string>> = {
  ACCELERATE_CONFIGURATION: "ACCELERATE",
  LIFECYCLE_CONFIGURATION: "LIFECYCLE",
  LOGGING: "LOGGING_STATUS",
  NOTIFICATION_CONFIGURATION: "NOTIFICATION",
  OBJECT_ACL: "ACL",
  OBJECT_LEGAL_HOLD: "OBJECT_LOCK_LEGALHOLD",
  OBJECT_RETENTION: "OBJECT_LOCK_RETENTION",
  POLICY: "BUCKETPOLICY",
};

/**
 * What S3 calls the resource of an operation, in access logs and in errors: `BUCKETPOLICY` is GetBucketPolicy's.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html ; https://github.com/filestack/filestack-js/issues/55
 */
export function s3ResourceType(operation: string): string {
  const known = types[operation];
  if (known !== undefined) return known;
  const name = operation
    .replace(/^(?:Get|Put|Head|Delete|List|Post|Create|Update)(?:Bucket)?/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, "_")
    .toUpperCase();
  return families[name] ?? name.replace(/^(ANALYTICS|INVENTORY|METRICS|INTELLIGENT_TIERING)_CONFIGURATIONS?$/, "$1");
}
