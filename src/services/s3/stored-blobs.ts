import { type Kysely, sql } from "kysely";
import type { BlobId } from "../../blobs/blob-store.ts";
import type { Database } from "../../db/database.ts";
import type { ServiceContext } from "../service-context.ts";

/** At start: removes the blobs of uploads that a crash cut off, and of deletes that it kept from being finished. */
export async function collectBlobs({ db, blobs, log }: ServiceContext): Promise<void> {
  const removed = await blobs.collect((ids) => referencedBlobs(db, ids));
  if (removed > 0) log.info({ removed }, "removed S3 blobs that nothing referred to");
}

async function referencedBlobs(db: Kysely<Database>, ids: readonly BlobId[]): Promise<Set<BlobId>> {
  if (ids.length === 0) return new Set();
  const [objects, parts] = await Promise.all([
    db
      .selectFrom("s3_objects")
      .select("content_id as id")
      .where("content_id", "in", ids)
      // As the index has it.
      .where("content_kind", "<>", sql.lit("row"))
      .execute(),
    db.selectFrom("s3_parts").select("blob_id as id").where("blob_id", "in", ids).execute(),
  ]);
  return new Set([...objects, ...parts].map((row) => row.id).filter((id) => id !== null));
}
