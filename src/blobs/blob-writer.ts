import { close, closeSync, openSync, writev, writevSync } from "node:fs";
import { promisify } from "node:util";

const writevAsync = promisify(writev);
const closeAsync = promisify(close);

/** Bytes that are gathered before they are written: few system calls, and little memory for each upload. */
const batchBytes = 512 * 1024;

/**
 * Writes one new file. A body under `batchBytes` is written at once, without the thread pool's hand-overs, which cost more
 * than the write; a larger one is written while the next bytes arrive and are hashed.
 */
export class BlobWriter {
  readonly #open: () => number;
  #fd: number | undefined;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #isWriting = false;
  /** Of all that was begun: it fails with the first that failed. */
  #writing: Promise<void> = Promise.resolve();
  /** For the batch that is under way, where the next one is full. */
  #waiting: Promise<void> | undefined;

  /** `open` creates the file and gives its descriptor; it is called with the first batch. */
  constructor(open: () => number) {
    this.#open = open;
  }

  /** A promise where it can take no more before that is fulfilled. @throws the file system's error, such as ENOSPC */
  write(chunk: Uint8Array): Promise<void> | undefined {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes < batchBytes) return undefined;
    if (this.#isWriting) {
      this.#waiting ??= this.#writing.then(() => {
        this.#waiting = undefined;
        this.#start();
      });
      return this.#waiting;
    }
    this.#start();
    return undefined;
  }

  /** Writes what is left and closes. @throws the file system's error */
  async end(): Promise<void> {
    await this.#waiting;
    if (this.#fd === undefined) {
      this.#fd = this.#open();
      writeAllSync(this.#fd, this.#take());
    } else {
      await this.#writing;
      await writeAll(this.#fd, this.#take());
    }
    const fd = this.#fd;
    this.#fd = undefined;
    closeSync(fd);
  }

  /** Closes without an error, when a write is no longer under way. */
  async abandon(): Promise<void> {
    await this.#waiting?.catch(() => {});
    await this.#writing.catch(() => {});
    if (this.#fd !== undefined) await closeAsync(this.#fd).catch(() => {});
    this.#fd = undefined;
  }

  #start(): void {
    this.#fd ??= this.#open();
    const fd = this.#fd;
    const chunks = this.#take();
    this.#isWriting = true;
    this.#writing = this.#writing
      .then(() => writeAll(fd, chunks))
      .finally(() => {
        this.#isWriting = false;
      });
    // It is awaited later; until then a failure must not count as unhandled.
    this.#writing.catch(() => {});
  }

  #take(): Uint8Array[] {
    const taken = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    return taken;
  }
}

/** Opens a file that must not exist, readable to its owner only. */
export function createFile(path: string): number {
  return openSync(path, "wx", 0o600);
}

async function writeAll(fd: number, chunks: Uint8Array[]): Promise<void> {
  let rest = chunks;
  while (rest.length > 0) rest = remaining(rest, (await writevAsync(fd, rest)).bytesWritten);
}

function writeAllSync(fd: number, chunks: Uint8Array[]): void {
  let rest = chunks;
  while (rest.length > 0) rest = remaining(rest, writevSync(fd, rest));
}

/** A write may be short: a signal, a nearly full disk, more buffers than the kernel takes at once. */
function remaining(chunks: readonly Uint8Array[], written: number): Uint8Array[] {
  let left = written;
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (left >= chunk.length) left -= chunk.length;
    else {
      rest.push(left > 0 ? chunk.subarray(left) : chunk);
      left = 0;
    }
  }
  return rest;
}
