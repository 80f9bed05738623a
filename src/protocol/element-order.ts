import { type Member, membersOf, type Schema } from "./schemas.ts";

/** S3 writes the elements of some documents in another order than its model has them. By the names of structures. */
const orders: Readonly<Record<string, readonly string[]>> = {
  ListBucketsOutput: ["Owner", "Buckets"],
  ListObjectsOutput: ["Name", "Prefix", "Marker", "NextMarker", "MaxKeys", "Delimiter", "EncodingType", "IsTruncated"],
  ListObjectsV2Output: [
    ...["Name", "Prefix", "StartAfter", "ContinuationToken", "NextContinuationToken"],
    ...["KeyCount", "MaxKeys", "Delimiter", "EncodingType", "IsTruncated"],
  ],
  ListObjectVersionsOutput: [
    ...["Name", "Prefix", "KeyMarker", "VersionIdMarker", "NextKeyMarker", "NextVersionIdMarker"],
    ...["MaxKeys", "Delimiter", "EncodingType", "IsTruncated"],
  ],
  ListMultipartUploadsOutput: [
    ...["Bucket", "KeyMarker", "UploadIdMarker", "NextKeyMarker", "NextUploadIdMarker"],
    ...["Prefix", "Delimiter", "EncodingType", "MaxUploads", "IsTruncated"],
  ],
  ListPartsOutput: [
    ...["Bucket", "Key", "UploadId", "Initiator", "Owner", "StorageClass"],
    ...["PartNumberMarker", "NextPartNumberMarker", "MaxParts", "IsTruncated"],
  ],
  MultipartUpload: ["Key", "UploadId", "Initiator", "Owner", "StorageClass", "Initiated"],
  Object: ["Key", "LastModified", "ETag", "ChecksumAlgorithm", "ChecksumType", "Size", "Owner", "StorageClass"],
  ObjectVersion: [
    ...["Key", "VersionId", "IsLatest", "LastModified", "ETag", "ChecksumAlgorithm", "ChecksumType"],
    ...["Size", "StorageClass", "Owner"],
  ],
  DeleteMarkerEntry: ["Key", "VersionId", "IsLatest", "LastModified", "Owner"],
  CopyObjectResult: ["LastModified", "ETag"],
};

/** The members of a structure in the order of their elements: what has no place follows as the model has it. */
export function orderedMembers(schema: Schema, members: readonly Member[] = membersOf(schema)): readonly Member[] {
  const order = orders[schema.getName() ?? ""];
  if (order === undefined) return members;
  const place = ({ name }: Member) => {
    const at = order.indexOf(name);
    return at < 0 ? order.length : at;
  };
  return [...members].sort((a, b) => place(a) - place(b));
}
