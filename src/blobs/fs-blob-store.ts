import { randomBytes } from "node:crypto";
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from "node:fs";
import { readdir, rm, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import type { TakeChunk } from "../aws/operations.ts";
import { eachChunk } from "../aws/read-body.ts";
import type { BlobId, BlobPiece, BlobStore, ByteRange, StoredBlob } from "./blob-store.ts";
import { BlobWriter, createFile } from "./blob-writer.ts";
import { DamagedFile, FileStream } from "./file-stream.ts";

/** How many ids are asked about at once; below every database's limit of parameters. */
const collectBatch = 500;

/**
 * Blobs as files: `<folder>/blobs/<two digits>/<32 hexadecimal digits>`.
 *
 * A file is written under its final name, since nothing refers to a name before its row is committed; what a crash leaves is
 * collected at the next start. Nothing is synced to the platter: an answered write survives the end of the process
 * (`kill -9`), not of the machine. The metadata keeps the same promise.
 */
export class FsBlobStore implements BlobStore {
  readonly #folder: string;
  readonly #blobs: string;
  readonly #writing = new Set<BlobId>();
  readonly #holds = new Map<BlobId, number>();
  readonly #deletedWhileHeld = new Set<BlobId>();
  /** How often everything was dropped: an upload that was under way then has lost its file. */
  #clears = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#blobs = join(folder, "blobs");
  }

  /** @throws the source's error as it is, or the file system's (ENOSPC); either way nothing is left */
  async put(source: Readable, observe?: TakeChunk, id = this.newId()): Promise<StoredBlob> {
    const path = this.#path(id);
    const clears = this.#clears;
    const writer = new BlobWriter(() => createInFolder(path));
    let size = 0;
    this.#writing.add(id);
    try {
      await eachChunk(source, (chunk) => {
        // It is hashed while it is written.
        const writing = writer.write(chunk);
        const observing = observe?.(chunk);
        size += chunk.length;
        if (writing === undefined || observing === undefined) return writing ?? observing;
        return Promise.all([writing, observing]).then(() => {});
      });
      await writer.end();
      if (clears !== this.#clears) throw new Error("The blob store was cleared while this blob was written.");
      return { id, size };
    } catch (error) {
      await writer.abandon();
      await unlinkIfThere(path);
      throw error;
    } finally {
      this.#writing.delete(id);
    }
  }

  newId(): BlobId {
    return randomBytes(16).toString("hex");
  }

  get(id: BlobId, range?: ByteRange): Readable {
    const path = this.#path(id);
    return new FileStream([{ path, start: 0, end: (range ?? { end: statSync(path).size - 1 }).end, ...range }]);
  }

  join(pieces: readonly BlobPiece[]): Readable {
    return new FileStream(pieces.map(({ blob, range }) => ({ path: this.#path(blob), ...range })));
  }

  read(id: BlobId, range?: ByteRange): Uint8Array {
    const path = this.#path(id);
    const fd = openSync(path, "r");
    try {
      const start = range?.start ?? 0;
      const bytes = Buffer.allocUnsafe((range?.end ?? fstatSync(fd).size - 1) + 1 - start);
      let filled = 0;
      while (filled < bytes.length) {
        const count = readSync(fd, bytes, filled, bytes.length - filled, start + filled);
        // A shorter answer would leave its client waiting for the rest.
        if (count === 0) throw new DamagedFile(path);
        filled += count;
      }
      return bytes;
    } finally {
      closeSync(fd);
    }
  }

  check(pieces: readonly BlobPiece[]): void {
    for (const { blob, range } of pieces) {
      const path = this.#path(blob);
      const size = statSync(path, { throwIfNoEntry: false })?.size;
      if (size === undefined || size <= range.end) throw new DamagedFile(path, size === undefined);
    }
  }

  hold(ids: readonly BlobId[]): () => void {
    for (const id of ids) this.#holds.set(id, (this.#holds.get(id) ?? 0) + 1);
    let held = true;
    return () => {
      if (held) for (const id of ids) this.#release(id);
      held = false;
    };
  }

  async delete(id: BlobId): Promise<void> {
    if (this.#holds.has(id)) this.#deletedWhileHeld.add(id);
    else await unlinkIfThere(this.#path(id));
  }

  async collect(isReferenced: (ids: BlobId[]) => Promise<Set<BlobId>>): Promise<number> {
    let removed = 0;
    for (const entry of await entries(this.#folder)) {
      if (entry.startsWith("dropped-")) await rm(join(this.#folder, entry), { recursive: true, force: true });
    }
    for (const prefix of await entries(this.#blobs)) {
      const ids = await entries(join(this.#blobs, prefix));
      for (let at = 0; at < ids.length; at += collectBatch) {
        const batch = ids.slice(at, at + collectBatch).filter((id) => !this.#writing.has(id));
        const referenced = await isReferenced(batch);
        for (const id of batch) {
          if (referenced.has(id)) continue;
          await rm(join(this.#blobs, prefix, id), { recursive: true, force: true });
          removed++;
        }
      }
    }
    return removed;
  }

  async clear(): Promise<void> {
    this.#clears++;
    const dropped = join(this.#folder, `dropped-${randomBytes(8).toString("hex")}`);
    try {
      // At once out of sight, whatever removing the files may take.
      renameSync(this.#blobs, dropped);
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
    await rm(dropped, { recursive: true, force: true });
  }

  #release(id: BlobId): void {
    const left = (this.#holds.get(id) ?? 1) - 1;
    if (left > 0) {
      this.#holds.set(id, left);
      return;
    }
    this.#holds.delete(id);
    // What cannot be removed now is collected at the next start.
    if (this.#deletedWhileHeld.delete(id)) unlinkIfThere(this.#path(id)).catch(() => {});
  }

  #path(id: BlobId): string {
    return join(this.#blobs, id.slice(0, 2), id);
  }
}

function createInFolder(path: string): number {
  try {
    return createFile(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return createFile(path);
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

async function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
