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

/** Removes contents that no version refers to any more. */
export async function removeRows(trx: Transaction<Database>, ids: readonly string[]): Promise<void> {
  const [first] = ids;
  if (first === undefined) return;
  if (ids.length === 1) await removeRow(trx, { id: Number(first) });
  else await trx.deleteFrom("s3_small_contents").where("id", "in", ids.map(Number)).execute();
}

const removeRow = preparedQuery<{ id: number }, never>((db, parameter) =>
  db.deleteFrom("s3_small_contents").where("id", "=", parameter("id")),
);
