import { createHash, type Hash, hash } from "node:crypto";
import { type Readable, Transform, type TransformCallback } from "node:stream";
import type { AwsError } from "../aws/aws-error.ts";
import type { BodyStream, TakeChunk } from "../aws/operations.ts";
import { BodyTooLarge, eachChunk, readBody } from "../aws/read-body.ts";
import { contentSha256Mismatch, incompleteBody, lengthMismatch } from "./payload-errors.ts";

/** Bytes that may wait for the reader: large enough that the source is not stopped at every chunk. */
const bufferBytes = 256 * 1024;

/**
 * A body that is checked as it passes. What is wrong destroys it with the AwsError, at the latest where it would have
 * ended: what was read must not be committed before that.
 *
 * The source is touched when the first bytes are asked for, so that a request whose body no operation reads is left to
 * node's own clearing away; and it is not destroyed with the body, because the answer needs its connection: what is left
 * of it flows into nothing.
 */
export abstract class VerifiedBody extends Transform implements BodyStream {
  protected readonly source: Readable;
  #isStarted = false;

  constructor(source: Readable) {
    super({ readableHighWaterMark: bufferBytes, writableHighWaterMark: bufferBytes });
    this.source = source;
    // Whoever reads learns of an error; where nobody does, it must not end the process.
    this.on("error", () => {});
  }

  override _read(size: number): void {
    if (!this.#isStarted) this.#start();
    super._read(size);
  }

  /** In place of the stream. */
  protected async eachOfSource(take: TakeChunk): Promise<void> {
    const { source } = this;
    await eachChunk(source, take).catch((error: unknown) => {
      throw source.destroyed && !source.readableEnded ? incompleteBody() : error;
    });
  }

  #start(): void {
    this.#isStarted = true;
    const source = this.source;
    const cut = () => {
      if (!source.readableEnded) this.destroy(incompleteBody());
    };
    source.once("error", cut);
    source.once("close", cut);
    this.once("close", () => {
      source.off("error", cut);
      source.off("close", cut);
      source.unpipe(this);
      source.on("error", () => {});
      source.resume();
    });
    if (source.destroyed) cut();
    else source.pipe(this);
  }
}

/** A body whose SHA-256 is known beforehand. */
export class HashedBody extends VerifiedBody {
  readonly #sha256: string;
  readonly #expectedLength: number | undefined;
  #hash: Hash | undefined;
  #length = 0;
  #readersDigest: (() => Promise<string>) | undefined;

  /** `sha256`: hexadecimal in either case. `expectedLength`: bytes, where another header says them. */
  constructor(source: Readable, sha256: string, expectedLength: number | undefined) {
    super(source);
    this.#sha256 = sha256;
    this.#expectedLength = expectedLength;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    this.#hash ??= createHash("sha256");
    this.#hash.update(chunk);
    this.#length += chunk.length;
    callback(null, chunk);
  }

  override _flush(callback: TransformCallback): void {
    callback(this.#problem((this.#hash ?? createHash("sha256")).digest("hex"), this.#length) ?? null);
  }

  /** What is small enough to be held in memory takes a stream longer than hashing it. */
  async whole(limit: number): Promise<Buffer> {
    const bytes = await readBody(this.source, limit).catch((error: unknown) => {
      throw error instanceof BodyTooLarge ? error : incompleteBody();
    });
    const problem = this.#problem(hash("sha256", bytes, "hex"), bytes.length);
    if (problem !== undefined) throw problem;
    return bytes;
  }

  useSha256(digest: () => Promise<string>): void {
    this.#readersDigest = digest;
  }

  async each(take: TakeChunk): Promise<void> {
    const hashing = this.#readersDigest === undefined ? createHash("sha256") : undefined;
    let length = 0;
    await this.eachOfSource((chunk) => {
      const pending = take(chunk);
      hashing?.update(chunk);
      length += chunk.length;
      return pending;
    });
    const problem = this.#problem((await this.#readersDigest?.()) ?? hashing?.digest("hex") ?? "", length);
    if (problem !== undefined) throw problem;
  }

  #problem(computed: string, length: number): AwsError | undefined {
    if (this.#expectedLength !== undefined && this.#expectedLength !== length) {
      return lengthMismatch(this.#expectedLength, length);
    }
    return computed === this.#sha256.toLowerCase() ? undefined : contentSha256Mismatch(this.#sha256, computed);
  }
}
