import type { Kysely, Transaction } from "kysely";
import type { Database } from "../../db/database.ts";
import { atOnce, preparedQuery } from "../../db/prepared-query.ts";
import type { Context } from "../service-context.ts";

/** Up to this many bytes a content is a row: that takes less than making a file. docs/decisions/0031-s3-data-path.md */
export const maxRowBytes = 16 * 1024;

let lastId = 0;

/** Grows from one to the next, also over restarts: where one ends, the next is written beside it. */
export function newRowId({ now }: Pick<Context, "now">): string {
  lastId = Math.max(lastId + 1, now().getTime() * 1000);
  return String(lastId);
}

/** To be called at start: the clock may have been set back since the last of them was given out. */
export async function continueRowIds(db: Kysely<Database>): Promise<void> {
  const last = await db
    .selectFrom("s3_small_contents")
    .select((eb) => eb.fn.max("id").as("id"))
    .executeTakeFirst();
  lastId = Math.max(lastId, last?.id ?? 0);
}

/** Keeps a content in the transaction that makes the version that refers to it. */
export async function insertRow(trx: Transaction<Database>, id: string, bytes: Uint8Array): Promise<void> {
  await insert(trx, { id: Number(id), bytes });
}

const insert = preparedQuery<{ id: number; bytes: Uint8Array }, never>((db, parameter) =>
  db.insertInto("s3_small_contents").values({ id: parameter("id"), bytes: parameter("bytes") }),
);

/** Undefined for one that is gone. */
export async function readRow(db: Kysely<Database>, id: string): Promise<Uint8Array | undefined> {
  return (await rowById(db, { id: Number(id) }))[0]?.bytes;
}

/** The same, where it can be had at once. */
export function rowAtOnce(db: Kysely<Database>, id: string): Uint8Array | undefined {
  return atOnce(rowById(db, { id: Number(id) }))[0]?.bytes;
}

const rowById = preparedQuery<{ id: number }, { bytes: Uint8Array }>((db, parameter) =>
  db.selectFrom("s3_small_contents").select("bytes").where("id", "=", parameter("id")),
);

/** A copy for another version, in its transaction: no two have one content, so that nobody has to find out who else does. */
export async function copyRow(trx: Transaction<Database>, id: string, copyId: string): Promise<void> {
  await copy(trx, { id: Number(id), copyId: Number(copyId) });
}

const copy = preparedQuery<{ id: number; copyId: number }, never>((db, parameter) =>
  db
    .insertInto("s3_small_contents")
    .columns(["id", "bytes"])
    .expression((eb) =>
      eb
        .selectFrom("s3_small_contents")
        .select((from) => [from.val(parameter("copyId")).as("id"), "bytes"])
        .where("id", "=", parameter("id")),
    ),
);

/** Removes the content of a version that is gone. */
export async function removeRow(trx: Transaction<Database>, id: string): Promise<void> {
  await remove(trx, { id: Number(id) });
}

const remove = preparedQuery<{ id: number }, never>((db, parameter) =>
  db.deleteFrom("s3_small_contents").where("id", "=", parameter("id")),
);
