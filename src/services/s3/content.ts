import { Readable } from "node:stream";
import type { BlobId, BlobPiece, ByteRange } from "../../blobs/blob-store.ts";
import { DamagedFile } from "../../blobs/file-stream.ts";
import type { Context } from "../service-context.ts";
import { type CustomerKey, decrypted, decryptedBytes } from "./customer-keys.ts";
import type { Content, ObjectRow } from "./object-rows.ts";
import { readRow } from "./small-contents.ts";

/** What is read at once, without a stream and without the thread pool. */
export const smallBytes = 64 * 1024;

/**
 * The bytes of an object, or a range of them. Once it is answered it goes on to its end, whatever is deleted or replaced.
 * Undefined when the object was deleted since its row was read: read the row anew. @throws DamagedObject
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
  const { content_id: id, content_kind: kind } = object;
  if (kind === "row") return unlessDamaged(ctx, object, () => openRow(ctx, id, bytes));
  if (kind === "parts") return unlessDamaged(ctx, object, () => openParts(ctx, object, bytes, key));
  return unlessDamaged(ctx, object, async () =>
    length <= smallBytes ? readSmall(ctx, id, bytes, key) : openBlob(ctx, id, bytes, key),
  );
}

/** Whether a read of the bytes would find them, without reading them. @throws DamagedObject */
export async function checkContent(ctx: Context, object: ObjectRow, range: ByteRange | undefined): Promise<void> {
  const bytes = range ?? { start: 0, end: object.size - 1 };
  if (object.content_id === null || object.size === 0) return;
  const { content_id: id, content_kind: kind } = object;
  await unlessDamaged(ctx, object, async () => {
    if (kind === "row") return readRow(ctx.db, id);
    ctx.blobs.check(await piecesOf(ctx, object, bytes));
    return true;
  });
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

/** Keeps an object's bytes readable; undefined when it was deleted since its row was read. @throws DamagedObject */
export async function holdContent(
  ctx: Context,
  object: ObjectRow,
  key?: CustomerKey,
): Promise<HeldContent | undefined> {
  const { content_id: id } = object;
  if (object.content_kind === "row" && id !== null) return unlessDamaged(ctx, object, () => holdRow(ctx, id));
  const held = await unlessDamaged(ctx, object, () => holdPieces(ctx, object, { start: 0, end: object.size - 1 }));
  if (held === undefined) return undefined;
  const { pieces, release } = held;
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
  const held = await holdPieces(ctx, object, range);
  if (held === undefined) return undefined;
  try {
    return stream(ctx, held.pieces, key).once("close", held.release);
  } catch (error) {
    held.release();
    throw error;
  }
}

function stream(ctx: Context, pieces: readonly BlobPiece[], key: CustomerKey | undefined): Readable {
  if (key === undefined) return ctx.blobs.join(pieces);
  return Readable.from(concatenated(ctx, pieces, key), { objectMode: false, highWaterMark: 1 });
}

async function* concatenated(ctx: Context, pieces: readonly BlobPiece[], key: CustomerKey): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield* openBlob(ctx, piece.blob, piece.range, key);
}

/** @throws DamagedFile where the rows of the parts do not make the whole range */
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
  const within = cut(pieces, { start: range.start - offset, end: range.end - offset });
  const length = within.reduce((sum, { range: { start, end } }) => sum + end + 1 - start, 0);
  if (length !== range.end + 1 - range.start) throw new DamagedFile(`The upload ${object.content_id}`);
  return within;
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

/**
 * A delete that is committed after the second look at the row finds the hold; one before it is seen by that look. That all bytes are
 * there is looked at before the first of them is sent, while there is still a status to tell it with.
 */
async function holdPieces(ctx: Context, object: ObjectRow, range: ByteRange) {
  const pieces = await piecesOf(ctx, object, range);
  const release = ctx.blobs.hold(pieces.map((piece) => piece.blob));
  try {
    if (await isThere(ctx, object)) {
      ctx.blobs.check(pieces);
      return { pieces, release };
    }
  } catch (error) {
    release();
    throw error;
  }
  release();
  return undefined;
}

async function isThere(ctx: Context, object: ObjectRow): Promise<boolean> {
  const row = await ctx.db.selectFrom("s3_objects").select("id").where("id", "=", object.id).executeTakeFirst();
  return row !== undefined;
}

/** An object whose row is there and whose bytes are not: somebody else has touched the data folder. */
class DamagedObject extends Error {
  constructor(object: ObjectRow, bucket: string | undefined, options: ErrorOptions) {
    super(`The bytes of ${bucket}/${object.key.toString()}, version ${object.version_id}, are not all there.`, options);
    this.name = "DamagedObject";
  }
}

/** What `open` gives. Bytes that are not there may be those of an object that is gone by now: that is undefined. */
async function unlessDamaged<Opened>(
  ctx: Context,
  object: ObjectRow,
  open: () => Promise<Opened | undefined>,
): Promise<Opened | undefined> {
  let cause: unknown;
  try {
    const opened = await open();
    if (opened !== undefined) return opened;
  } catch (error) {
    if (!isMissing(error) && !(error instanceof DamagedFile)) throw error;
    cause = error;
  }
  if (!(await isThere(ctx, object))) return undefined;
  const bucket = await ctx.db
    .selectFrom("buckets")
    .select("name")
    .where("id", "=", object.bucket_id)
    .executeTakeFirst();
  throw new DamagedObject(object, bucket?.name, { cause });
}

/** Whether an error says that a blob's file is not there. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** The blob or parts that a copy of this object shares. */
export function sharedContent(object: ObjectRow): Content {
  return { content_id: object.content_id, content_kind: object.content_kind };
}
