import { type Kysely, type Selectable, sql } from "kysely";
import type { ChecksumName } from "../../aws/checksum.ts";
import type { Database } from "../../db/database.ts";
import type { S3UploadsTable } from "../../db/s3-tables.ts";
import type { Bucket } from "./bucket-access.ts";
import type { ChecksumKind } from "./checksum-claims.ts";
import { defaultChecksum } from "./checksum-claims.ts";
import { noSuchUpload } from "./errors.ts";
import { type ObjectRow, objectKey } from "./object-rows.ts";

export type UploadRow = Selectable<S3UploadsTable>;

export interface UploadInput {
  readonly Key?: string | undefined;
  readonly UploadId?: string | undefined;
}

export async function findUpload(
  db: Kysely<Database>,
  bucket: Bucket,
  input: UploadInput,
): Promise<UploadRow | undefined> {
  return db
    .selectFrom("s3_uploads")
    .selectAll()
    .where("id", "=", input.UploadId ?? "")
    .where("bucket_id", "=", bucket.id)
    .where("key", "=", objectKey(input))
    .executeTakeFirst();
}

/** The version that an upload has become, as long as it is there. */
export async function findCompleted(
  db: Kysely<Database>,
  bucket: Bucket,
  input: UploadInput,
): Promise<ObjectRow | undefined> {
  return (
    db
      .selectFrom("s3_objects")
      .selectAll()
      .where("content_id", "=", input.UploadId ?? "")
      .where("content_kind", "<>", sql.lit("row"))
      .where("bucket_id", "=", bucket.id)
      .where("key", "=", objectKey(input))
      // A copy has none of its own.
      .where("parts_count", "is not", null)
      .executeTakeFirst()
  );
}

/** @throws NoSuchUpload, also for one of another key */
export async function requireUpload(db: Kysely<Database>, bucket: Bucket, input: UploadInput): Promise<UploadRow> {
  const upload = await findUpload(db, bucket, input);
  if (upload === undefined) throw noSuchUpload(input.UploadId ?? "");
  return upload;
}

/** The algorithm that every part has a digest of. */
export function algorithmOf(upload: UploadRow): ChecksumName {
  return (upload.checksum_algorithm ?? defaultChecksum) as ChecksumName;
}

/** The algorithm and type that an upload was begun with. */
export function uploadChecksum(upload: UploadRow) {
  if (upload.checksum_algorithm === null) return {};
  return {
    ChecksumAlgorithm: upload.checksum_algorithm as ChecksumName,
    ChecksumType: upload.checksum_type as ChecksumKind,
  };
}
