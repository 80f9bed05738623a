import type { Generated } from "kysely";

export interface S3Tables {
  buckets: BucketsTable;
  s3_bucket_configurations: S3BucketConfigurationsTable;
  s3_objects: S3ObjectsTable;
  s3_uploads: S3UploadsTable;
  s3_parts: S3PartsTable;
  s3_notifications: S3NotificationsTable;
  s3_small_contents: S3SmallContentsTable;
  s3_replications: S3ReplicationsTable;
}

export interface BucketsTable {
  /** A bucket that is made again under its old name gets a new id. */
  id: Generated<number>;
  /** Unique over all accounts. */
  name: string;
  account_id: string;
  region: string;
  /** Milliseconds since 1970, whole seconds. */
  created_at: number;
  /** `Enabled`, `Suspended`; null for a bucket that never had versioning. */
  versioning: string | null;
}

/** What the `PutBucket…` operations store, one row each. */
export interface S3BucketConfigurationsTable {
  bucket_id: number;
  /** `Tagging` */
  name: string;
  /** JSON of the SDK's shape. */
  body: string;
}

/** Every version of every object, delete markers included. */
export interface S3ObjectsTable {
  /** Grows: among a key's versions the highest is the newest. */
  id: Generated<number>;
  bucket_id: number;
  /** UTF-8, so that the database's order is the order of S3's listings. */
  key: Buffer;
  /** `null` for the null version. */
  version_id: string;
  is_latest: number;
  is_delete_marker: number;
  /**
   * A blob's id (`content_kind` is `blob`), the id of the upload whose `s3_parts` hold the bytes (`parts`), or that of one of the
   * `s3_small_contents` (`row`), which is this version's own; copies share the others.
   */
  content_id: string | null;
  content_kind: "blob" | "parts" | "row" | null;
  size: number;
  /** Without quotes. */
  etag: string;
  /** Milliseconds since 1970, whole seconds. */
  last_modified: number;
  storage_class: string;
  checksum_algorithm: string | null;
  /** `FULL_OBJECT`, `COMPOSITE` */
  checksum_type: string | null;
  checksum_value: string | null;
  /** Of a multipart object; a copy of one has none. */
  parts_count: number | null;
  /** JSON of an array of the SDK's `Tag`. */
  tags: string | null;
  /** JSON of members of the SDK's `HeadObjectOutput`. */
  attributes: string;
  /** The account whose it is (empty: an anonymous one's) where that is not the bucket's. */
  owner: string | null;
  /** JSON of an array of the SDK's `Grant`; null where only its owner is granted anything. */
  acl: string | null;
}

/** Multipart uploads that are under way. */
export interface S3UploadsTable {
  /** In the order of their start. */
  id: string;
  bucket_id: number;
  key: Buffer;
  /** Milliseconds since 1970, whole seconds. */
  initiated: number;
  /** The ARN of who began it. */
  initiator: string;
  storage_class: string;
  /** Null where the client named none: the object gets a CRC64NVME. */
  checksum_algorithm: string | null;
  checksum_type: string | null;
  tags: string | null;
  /** As in `s3_objects`. */
  attributes: string;
  owner: string | null;
  acl: string | null;
  /** The `id` of the object that was current when the upload was begun. */
  replaces: number | null;
}

/** The parts of uploads under way, and of the objects that came of completed ones. */
export interface S3PartsTable {
  upload_id: string;
  part_number: number;
  blob_id: string;
  size: number;
  /** The offset of its first byte in the object; null until the upload is completed. */
  start: number | null;
  etag: string;
  last_modified: number;
  /** JSON: digests by the name of their algorithm. */
  checksums: string;
}

/** The bytes of small objects, which are gone with the last version that refers to them. */
export interface S3SmallContentsTable {
  /** No other content has it, or gets it later. */
  id: number;
  bytes: Uint8Array;
}

/** Versions that are still to be copied to another bucket; a version may be gone. */
export interface S3ReplicationsTable {
  id: Generated<number>;
  bucket_id: number;
  key: Buffer;
  version_id: string;
  /** JSON: where to, and by whose leave. */
  plan: string;
}

/** Events on their way to the webhooks. */
export interface S3NotificationsTable {
  id: Generated<number>;
  /** Milliseconds since 1970. */
  made_at: number;
  /** The ARN of the topic, queue or function, or `eventbridge`. */
  target: string;
  /** JSON. */
  body: string;
}
