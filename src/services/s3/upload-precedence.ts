import type { Transaction } from "kysely";
import type { Database } from "../../db/database.ts";
import type { Bucket } from "./bucket-access.ts";
import { nullVersion, type ObjectRow } from "./object-rows.ts";
import type { UploadRow } from "./upload-rows.ts";
import { beginningOf } from "./version-ids.ts";

/** The versions of an upload's key that were begun after it was, oldest first: they stay in front of it (decision 0160). */
export async function laterVersions(
  trx: Transaction<Database>,
  bucket: Bucket,
  upload: UploadRow,
): Promise<ObjectRow[]> {
  const read = (limit: number) =>
    trx
      .selectFrom("s3_objects")
      .selectAll()
      .where("bucket_id", "=", bucket.id)
      .where("key", "=", upload.key)
      .orderBy("id", "desc")
      .limit(limit)
      .execute();
  // Mostly there is none, whatever number of versions the key has.
  const [newest] = await read(1);
  if (newest === undefined || !isLater(newest, upload)) return [];
  const rows = await read(maxLater);
  const firstEarlier = rows.findIndex((row) => !isLater(row, upload));
  return rows.slice(0, firstEarlier < 0 ? rows.length : firstEarlier).reverse();
}

/** More than these are not looked for: an upload that lasts as long as that becomes the oldest of them. */
const maxLater = 1000;

function isLater(row: ObjectRow, upload: UploadRow): boolean {
  if (row.version_id !== nullVersion) return beginningOf(row.version_id) > beginningOf(upload.id);
  // Uploads are ordered by their ids.
  if (row.content_kind === "parts" && row.parts_count !== null) return (row.content_id ?? "") > upload.id;
  // What was current when the upload was begun is not later; where nothing was, the time is all there is.
  return upload.replaces === null ? row.last_modified >= upload.initiated : row.id > upload.replaces;
}

/** Puts the newest version of a key behind those that are later; versions are in the order of their rows' ids. */
export async function moveBehind(
  trx: Transaction<Database>,
  bucket: Bucket,
  upload: UploadRow,
  later: readonly ObjectRow[],
): Promise<void> {
  const ofKey = trx
    .selectFrom("s3_objects")
    .select("id")
    .where("bucket_id", "=", bucket.id)
    .where("key", "=", upload.key);
  const { id: newest } = await ofKey.orderBy("id", "desc").limit(1).executeTakeFirstOrThrow();
  const move = (from: number, id: number, is_latest: 0 | 1) =>
    trx.updateTable("s3_objects").set({ id, is_latest }).where("id", "=", from).execute();
  let free = newest;
  await move(newest, -newest, 0);
  for (const { id } of [...later].reverse()) {
    await move(id, free, free === newest ? 1 : 0);
    free = id;
  }
  await move(-newest, free, 0);
  // Other uploads still replace the one that has another id now.
  const current = later.at(-1)?.id ?? null;
  await trx.updateTable("s3_uploads").set({ replaces: newest }).where("replaces", "=", current).execute();
}
