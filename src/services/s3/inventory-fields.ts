import type * as S3 from "@aws-sdk/client-s3";
import type { Bucket } from "./bucket-access.ts";
import { durationDays, holdDuration, retainedUntil } from "./event-holds.ts";
import { expirationOf, matchingRules } from "./lifecycle-evaluation.ts";
import { grantsOf } from "./object-access.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import type { ObjectRow } from "./object-rows.ts";
import { owner } from "./owner.ts";
import { tagsOf } from "./tag-sets.ts";

/** A version and what its fields are made of. */
export interface InventoryItem {
  readonly bucket: Bucket;
  readonly row: ObjectRow;
  readonly metadata: ObjectMetadata;
  /** Where ACLs are disabled, objects' own lists and owners count for nothing. */
  readonly aclsDisabled: boolean;
  readonly lifecycle: S3.GetBucketLifecycleConfigurationOutput | undefined;
  /** Milliseconds. */
  readonly day: number;
  /** When the list is made. */
  readonly now: Date;
}

type Field = (item: InventoryItem) => string;

const ofObject =
  (field: Field): Field =>
  (item) =>
    item.row.is_delete_marker === 1 ? "" : field(item);

const encryptions: Readonly<Record<string, string>> = { "aws:kms": "SSE-KMS", "aws:kms:dsse": "DSSE-KMS" };

/**
 * What a configuration may ask for, in the order of the lists.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents
 */
const optional: Readonly<Record<S3.InventoryOptionalField, Field>> = {
  Size: ofObject(({ row }) => String(row.size)),
  LastModifiedDate: ({ row }) => new Date(row.last_modified).toISOString(),
  ETag: ofObject(({ row }) => row.etag),
  StorageClass: ofObject(({ row }) => row.storage_class),
  IsMultipartUploaded: ofObject(({ row }) => String(row.parts_count !== null)),
  ReplicationStatus: ({ metadata }) => metadata.ReplicationStatus ?? "",
  EncryptionStatus: ofObject(({ metadata }) =>
    metadata.SSECustomerKeyMD5 === undefined ? (encryptions[metadata.ServerSideEncryption ?? ""] ?? "SSE-S3") : "SSE-C",
  ),
  ObjectLockRetainUntilDate: ({ metadata, now }) => retainedUntil(metadata, now)?.toISOString() ?? "",
  ObjectLockMode: ({ metadata }) => metadata.ObjectLockMode ?? "",
  ObjectLockLegalHoldStatus: ({ metadata }) => metadata.ObjectLockLegalHoldStatus ?? "",
  ObjectLockEventHoldStatus: ({ metadata }) => metadata.ObjectLockEventHold ?? "",
  ObjectLockEventHoldDuration: ({ metadata }) => String(durationDays(holdDuration(metadata)) ?? ""),
  IntelligentTieringAccessTier: ({ row }) => (row.storage_class === "INTELLIGENT_TIERING" ? "FREQUENT" : ""),
  IntelligentTieringReferenceDate: ({ row }) =>
    row.storage_class === "INTELLIGENT_TIERING" ? new Date(row.last_modified).toISOString() : "",
  BucketKeyStatus: ofObject(({ metadata }) => (metadata.BucketKeyEnabled === true ? "ENABLED" : "DISABLED")),
  ChecksumAlgorithm: ({ row }) => row.checksum_algorithm ?? "",
  ObjectAccessControlList: ofObject(accessControlList),
  ObjectOwner: ({ bucket, row, aclsDisabled }) =>
    owner(aclsDisabled ? bucket.account_id : (row.owner ?? bucket.account_id)).ID,
  LifecycleExpirationDate: ofObject(expirationDate),
};

export function isInventoryField(name: string): name is S3.InventoryOptionalField {
  return Object.hasOwn(optional, name);
}

/** The columns of a configuration's lists, by their names. */
export function inventoryFields({
  IncludedObjectVersions,
  OptionalFields = [],
}: S3.InventoryConfiguration): ReadonlyMap<string, Field> {
  const versions: [string, Field][] = [
    ["VersionId", ({ bucket, row }) => (bucket.versioning === null ? "" : row.version_id)],
    ["IsLatest", ({ row }) => String(row.is_latest === 1)],
    ["IsDeleteMarker", ({ row }) => String(row.is_delete_marker === 1)],
  ];
  return new Map<string, Field>([
    ["Bucket", ({ bucket }) => bucket.name],
    ["Key", ({ row }) => encodeURIComponent(row.key.toString()).replaceAll("%2F", "/")],
    ...(IncludedObjectVersions === "All" ? versions : []),
    ...Object.entries(optional).filter(([name]) => OptionalFields.some((field) => field === name)),
  ]);
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/objectacl.html */
function accessControlList({ bucket, row, aclsDisabled }: InventoryItem): string {
  const grants = grantsOf(bucket, aclsDisabled ? { owner: null, acl: null } : row).map(({ Grantee, Permission }) => ({
    ...(Grantee?.URI === undefined ? { canonicalId: Grantee?.ID } : { uri: Grantee.URI }),
    type: Grantee?.Type,
    permission: Permission,
  }));
  return Buffer.from(JSON.stringify({ version: "2022-11-10", status: "AVAILABLE", grants })).toString("base64");
}

function expirationDate({ row, lifecycle, day }: InventoryItem): string {
  if (lifecycle === undefined || row.is_latest === 0) return "";
  const subject = { key: row.key.toString(), size: row.size, tags: tagsOf(row.tags) };
  const due = expirationOf(matchingRules(lifecycle.Rules ?? [], subject), row.last_modified, day);
  return due === undefined ? "" : new Date(due.time).toISOString();
}
