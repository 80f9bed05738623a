import type { Readable } from "node:stream";
import type { TakeChunk } from "../aws/operations.ts";

export type BlobId = string;

export interface StoredBlob {
  readonly id: BlobId;
  /** Bytes. */
  readonly size: number;
}

/** Inclusive byte offsets, as in HTTP: `{ start: 0, end: 0 }` is the first byte. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface BlobPiece {
  readonly blob: BlobId;
  readonly range: ByteRange;
}

/**
 * Immutable bytes under random ids. A blob is visible in whole or not at all; a row that refers to it is committed
 * after `put` has returned, and a replaced blob is deleted after the commit.
 */
export interface BlobStore {
  /**
   * Stores a stream. `observe` sees every chunk in order, for hashing while writing, and may have the next one wait. Rejects with the stream's error, and
   * leaves nothing, when the source fails or is aborted.
   */
  put(source: Readable, observe?: TakeChunk, id?: BlobId): Promise<StoredBlob>;
  /** A name for a blob whose bytes depend on it: 32 hexadecimal digits, random. */
  newId(): BlobId;
  /** A stream of the blob or of a range of it, which goes on to its end when the blob is deleted meanwhile. Throws ENOENT when there is no such blob, and DamagedFile where it is cut off. */
  get(id: BlobId, range?: ByteRange): Readable;
  /** Pieces of blobs one after the other, which must be held: they are opened when their turn comes. */
  join(pieces: readonly BlobPiece[]): Readable;
  /** What `get` gives, at once, for what is small enough to be held in memory. Throws ENOENT when there is no such blob. */
  read(id: BlobId, range?: ByteRange): Uint8Array;
  /** Throws DamagedFile where bytes of the pieces are not there. Nothing is read. */
  check(pieces: readonly BlobPiece[]): void;
  /** Keeps blobs readable, though they be deleted meanwhile, until the returned function is called. */
  hold(ids: readonly BlobId[]): () => void;
  /** Deleting what is not there is no error. A held blob goes when it is let go. */
  delete(id: BlobId): Promise<void>;
  /** Removes every blob that `isReferenced` denies and every half-written file: for the start, after a crash. Returns how many. */
  collect(isReferenced: (ids: BlobId[]) => Promise<Set<BlobId>>): Promise<number>;
  /** Drops every blob. */
  clear(): Promise<void>;
}
