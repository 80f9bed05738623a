import { type Kysely, sql } from "kysely";
import type { Database } from "../../db/database.ts";

/** The version that a request is about, for a query of some of its columns: the newest where none is named. */
export function namedVersion(
  db: Kysely<Database>,
  bucket: { readonly id: number },
  { Key = "", VersionId }: { readonly Key?: string | undefined; readonly VersionId?: string | undefined },
) {
  const ofKey = db.selectFrom("s3_objects").where("bucket_id", "=", bucket.id).where("key", "=", Buffer.from(Key));
  if (VersionId === undefined) return ofKey.where("is_latest", "=", 1);
  const named = ofKey.where("version_id", "=", VersionId);
  // The index over version ids has no null ones.
  return VersionId === "null" ? named : named.where("version_id", "<>", sql.lit("null"));
}
