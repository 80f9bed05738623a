import { Readable } from "node:stream";
import type { BlobId, BlobPiece, ByteRange } from "../../blobs/blob-store.ts";
import type { Context } from "../service-context.ts";
import { type CustomerKey, decrypted, decryptedBytes } from "./customer-keys.ts";
import type { Content, ObjectRow } from "./object-rows.ts";
import { readRow } from "./small-contents.ts";

/** What is read at once, without a stream and without the thread pool. */
export const smallBytes = 64 * 1024;

/**
 * The bytes of an object, or a range of them. Once it is answered it goes on to its end, whatever is deleted or replaced.
 * Undefined when the object was deleted since its row was read: read the row anew.
 */
export async function openContent(
  ctx: Context,
  object: ObjectRow,
  range: ByteRange | undefined,
  key?: CustomerKey,
): Promise<Readable | Uint8Array | undefined> {
  const bytes = range ?? { start: 0, end: object.size - 1 };
  const length = bytes.end + 1 - bytes.start;
  if (length === 0 || object.content_id === null) return new Uint8Array();
  try {
    if (object.content_kind === "row") return await openRow(ctx, object.content_id, bytes);
    if (object.content_kind === "blob") {
      if (length <= smallBytes) return readSmall(ctx, object.content_id, bytes, key);
      return openBlob(ctx, object.content_id, bytes, key);
    }
    return await openParts(ctx, object, bytes, key);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function openRow(ctx: Context, id: string, { start, end }: ByteRange): Promise<Uint8Array | undefined> {
  return (await readRow(ctx.db, id))?.subarray(start, end + 1);
}

function readSmall(ctx: Context, id: BlobId, range: ByteRange, key: CustomerKey | undefined): Uint8Array {
  const bytes = ctx.blobs.read(id, range);
  return key === undefined ? bytes : decryptedBytes(bytes, key, id, range.start);
}

function openBlob(ctx: Context, id: BlobId, range: ByteRange, key: CustomerKey | undefined): Readable {
  const bytes = ctx.blobs.get(id, range);
  return key === undefined ? bytes : decrypted(bytes, key, id, range.start);
}

/** Bytes that stay readable, whatever happens to their object, until `release` is called. */
export interface HeldContent {
  read(range?: ByteRange): Readable;
  release(): void;
}

/** Keeps an object's bytes readable; undefined when it was deleted since its row was read. */
export async function holdContent(
  ctx: Context,
  object: ObjectRow,
  key?: CustomerKey,
): Promise<HeldContent | undefined> {
  if (object.content_kind === "row" && object.content_id !== null) return holdRow(ctx, object.content_id);
  const pieces = await piecesOf(ctx, object, { start: 0, end: object.size - 1 });
  const release = await holdPieces(ctx, object, pieces);
  if (release === undefined) return undefined;
  return { release, read: (range) => stream(ctx, range === undefined ? pieces : cut(pieces, range), key) };
}

async function holdRow(ctx: Context, id: string): Promise<HeldContent | undefined> {
  const bytes = await readRow(ctx.db, id);
  if (bytes === undefined) return undefined;
  return {
    read: (range) => Readable.from([range === undefined ? bytes : bytes.subarray(range.start, range.end + 1)]),
    release: () => {},
  };
}

async function openParts(
  ctx: Context,
  object: ObjectRow,
  range: ByteRange,
  key: CustomerKey | undefined,
): Promise<Readable | undefined> {
  const pieces = await piecesOf(ctx, object, range);
  const release = await holdPieces(ctx, object, pieces);
  if (release === undefined) return undefined;
  return stream(ctx, pieces, key).once("close", release);
}

function stream(ctx: Context, pieces: readonly BlobPiece[], key: CustomerKey | undefined): Readable {
  if (key === undefined) return ctx.blobs.join(pieces);
  return Readable.from(concatenated(ctx, pieces, key), { objectMode: false, highWaterMark: 1 });
}

async function* concatenated(ctx: Context, pieces: readonly BlobPiece[], key: CustomerKey): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield* openBlob(ctx, piece.blob, piece.range, key);
}

async function piecesOf(ctx: Context, object: ObjectRow, range: ByteRange): Promise<BlobPiece[]> {
  if (object.content_id === null || object.size === 0) return [];
  if (object.content_kind === "blob") return [{ blob: object.content_id, range }];
  const parts = await ctx.db
    .selectFrom("s3_parts")
    .select(["blob_id", "start", "size"])
    .where("upload_id", "=", object.content_id)
    .where("start", "<=", range.end)
    .where((eb) => eb(eb("start", "+", eb.ref("size")), ">", range.start))
    .orderBy("part_number")
    .execute();
  const [first] = parts;
  const offset = first?.start ?? 0;
  const pieces = parts.map((part) => ({ blob: part.blob_id, range: { start: 0, end: part.size - 1 } }));
  return cut(pieces, { start: range.start - offset, end: range.end - offset });
}

/** A range of what the pieces make together. */
function cut(pieces: readonly BlobPiece[], range: ByteRange): BlobPiece[] {
  const within: BlobPiece[] = [];
  let offset = 0;
  for (const piece of pieces) {
    const length = piece.range.end + 1 - piece.range.start;
    const from = Math.max(range.start - offset, 0);
    const to = Math.min(range.end - offset, length - 1);
    if (from <= to) {
      const { start } = piece.range;
      within.push({ blob: piece.blob, range: { start: start + from, end: start + to } });
    }
    offset += length;
  }
  return within;
}

/** A delete that is committed after the second look at the row finds the hold; one before it is seen by that look. */
async function holdPieces(
  ctx: Context,
  object: ObjectRow,
  pieces: readonly BlobPiece[],
): Promise<(() => void) | undefined> {
  const release = ctx.blobs.hold(pieces.map((piece) => piece.blob));
  const row = await ctx.db.selectFrom("s3_objects").select("id").where("id", "=", object.id).executeTakeFirst();
  if (row !== undefined) return release;
  release();
  return undefined;
}

/** Whether an error says that a blob's file is not there. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** The blob or parts that a copy of this object shares. */
export function sharedContent(object: ObjectRow): Content {
  return { content_id: object.content_id, content_kind: object.content_kind };
}
