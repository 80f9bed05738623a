import { closeSync, fstatSync, openSync, read } from "node:fs";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import type { DirectBody } from "../aws/http-message.ts";

const readAsync = promisify(read);

/** Bytes of a file, inclusive offsets. */
interface FilePiece {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** A file that somebody has cut off, or removed. */
export class DamagedFile extends Error {
  constructor(path: string, isMissing = false) {
    super(isMissing ? `${path} is missing.` : `${path} is shorter than it should be.`);
    this.name = "DamagedFile";
  }
}

/** Told before the first of its bytes is sent, while there is still a status to tell it with. */
function openWhole({ path, end }: FilePiece): number {
  const fd = openSync(path, "r");
  if (fstatSync(fd).size > end) return fd;
  closeSync(fd);
  throw new DamagedFile(path);
}

/** GET took 1.6 s of CPU a GB with 128 KiB, 0.7 with this. Two are under way for each answer: one is filled while the other is sent. */
const readBytes = 1024 * 1024;
const spareBuffers: Buffer[] = [];
const maxSpareBuffers = 8;

/** Streams that are sent, until they are destroyed. Beyond `maxRoomy` they have little memory each: hundreds of slow clients would hold a GB. */
let underWay = 0;
const maxRoomy = 32;
const frugalBytes = 128 * 1024;

function takeBuffer(): Buffer {
  if (underWay > maxRoomy) return Buffer.allocUnsafeSlow(frugalBytes);
  return spareBuffers.pop() ?? Buffer.allocUnsafeSlow(readBytes);
}

/** Pieces of files one after the other. The first is opened at once: an open descriptor outlives the deletion of its file. */
export class FileStream extends Readable implements DirectBody {
  readonly #pieces: readonly FilePiece[];
  #index = 0;
  #fd: number | undefined;
  /** The offset of the next byte. */
  #at = 0;
  #reading: Promise<unknown> = Promise.resolve();
  #isSent = false;

  /** @throws DamagedFile, or the file system's error, such as ENOENT */
  constructor(pieces: readonly FilePiece[]) {
    super({ highWaterMark: readBytes });
    this.#pieces = pieces.filter(({ start, end }) => start <= end);
    this.#open();
  }

  /** Memory that is used again costs less than a stream's new one for each chunk. */
  async sendTo(write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
    underWay++;
    this.#isSent = true;
    let filling = takeBuffer();
    let other: Buffer | undefined;
    let sent: Promise<void> = Promise.resolve();
    while (this.#index < this.#pieces.length) {
      const length = await this.#fill(filling);
      await sent;
      sent = write(filling.subarray(0, length));
      sent.catch(() => {});
      const next = other ?? takeBuffer();
      other = filling;
      filling = next;
    }
    await sent;
    // After a failure they may still be read from.
    for (const buffer of [filling, other]) {
      if (buffer?.length === readBytes && spareBuffers.length < maxSpareBuffers) spareBuffers.push(buffer);
    }
  }

  override _read(): void {
    const piece = this.#pieces[this.#index];
    const buffer = Buffer.allocUnsafeSlow(Math.min(readBytes, piece === undefined ? 0 : piece.end + 1 - this.#at));
    this.#fill(buffer).then(
      (length) => this.push(length === 0 ? null : buffer.subarray(0, length)),
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#isSent) underWay--;
    // A descriptor that is closed under a read may be another file's by then.
    const close = () => {
      this.#close();
      callback(error);
    };
    this.#reading.then(close, close);
  }

  /** Bytes that were read; none at the end. */
  async #fill(buffer: Buffer): Promise<number> {
    const piece = this.#pieces[this.#index];
    if (piece === undefined) return 0;
    if (this.destroyed) throw new Error("The stream was destroyed.");
    this.#fd ??= openWhole(piece);
    const reading = readAsync(this.#fd, buffer, 0, Math.min(buffer.length, piece.end + 1 - this.#at), this.#at);
    this.#reading = reading;
    const { bytesRead } = await reading;
    if (bytesRead === 0) throw new DamagedFile(piece.path);
    this.#at += bytesRead;
    if (this.#at > piece.end) {
      this.#close();
      this.#index++;
      this.#at = this.#pieces[this.#index]?.start ?? 0;
    }
    return bytesRead;
  }

  #open(): void {
    const piece = this.#pieces[0];
    if (piece === undefined) return;
    this.#fd = openWhole(piece);
    this.#at = piece.start;
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}
