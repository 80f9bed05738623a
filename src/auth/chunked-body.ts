import { createHash, type Hash } from "node:crypto";
import type { Readable, TransformCallback } from "node:stream";
import type { AwsError } from "../aws/aws-error.ts";
import { type Checksum, createChecksum } from "../aws/checksum.ts";
import type { TakeChunk } from "../aws/operations.ts";
import type { ChunkSignatures } from "./chunk-signatures.ts";
import { ChunkTrailer } from "./chunk-trailer.ts";
import type { Payload } from "./payload.ts";
import { incompleteBody, invalidChunkSize, lengthMismatch } from "./payload-errors.ts";
import { VerifiedBody } from "./verified-body.ts";

const crlf = Buffer.from("\r\n");
/** Bytes of a line of the framing. S3 gives no limit; its own longest line has about 120. */
const longestLine = 1024;
const smallestChunk = 8192;

type ChunkedPayload = Extract<Payload, { kind: "chunked" }>;

/**
 * Decodes an aws-chunked body: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n` … `0\r\n[trailer]\r\n`. Signatures, sizes, the
 * declared length and the trailing checksum are verified while the bytes pass; they pass as slices of what came in.
 * Whatever is wrong destroys the stream with the AwsError. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export class ChunkedBody extends VerifiedBody {
  readonly #payload: ChunkedPayload;
  /** Undefined: chunks are unsigned, or nobody checks their signatures. */
  readonly #signatures: ChunkSignatures | undefined;
  readonly #checksum: Checksum | undefined;
  readonly #trailer: ChunkTrailer;
  #state: "size" | "bytes" | "after bytes" | "trailer" | "end" = "size";
  /** The start of a line that is not whole yet. */
  #line: Buffer = Buffer.alloc(0);
  /** Bytes of the chunk that are still to come. */
  #left = 0;
  #chunk = { number: 0, size: 0, signature: "" };
  #hash: Hash | undefined;
  #length = 0;

  constructor(source: Readable, payload: ChunkedPayload, signatures: ChunkSignatures | undefined) {
    super(source);
    this.#payload = payload;
    this.#signatures = signatures;
    this.#checksum = payload.checksum && createChecksum(payload.checksum.name);
    this.#trailer = new ChunkTrailer(payload, signatures);
  }

  /** There when the stream has ended, verified. */
  get trailers(): Readonly<Record<string, string>> {
    return this.#trailer.values;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    callback(this.#decode(chunk, (bytes) => this.push(bytes)));
  }

  override _flush(callback: TransformCallback): void {
    callback(this.#end());
  }

  async each(take: TakeChunk): Promise<void> {
    await this.eachOfSource((chunk) => {
      let pending: Promise<void> | undefined;
      const error = this.#decode(chunk, (bytes) => {
        pending = take(bytes) ?? pending;
      });
      if (error !== undefined) throw error;
      return pending;
    });
    const error = this.#end();
    if (error !== undefined) throw error;
  }

  #end(): AwsError | undefined {
    return this.#state === "end" ? undefined : this.#cut();
  }

  #decode(chunk: Buffer, emit: (bytes: Buffer) => void): AwsError | undefined {
    let error: AwsError | undefined;
    let at = 0;
    while (at < chunk.length && error === undefined && this.#state !== "end") {
      if (this.#state === "bytes") {
        at = this.#takeBytes(chunk, at, emit);
      } else {
        const line = this.#takeLine(chunk, at);
        at = line.next;
        if (line.text !== undefined) error = this.#takeText(line.text);
        else if (this.#line.length > longestLine) error = incompleteBody();
      }
    }
    return error;
  }

  /** S3 takes a last chunk with nothing after it, and a trailer without the empty line that should end it. */
  #cut(): AwsError | undefined {
    return this.#state === "trailer" && this.#line.length === 0 ? this.#finish() : incompleteBody();
  }

  #takeBytes(chunk: Buffer, at: number, emit: (bytes: Buffer) => void): number {
    const end = Math.min(chunk.length, at + this.#left);
    const bytes = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end);
    emit(bytes);
    this.#hash?.update(bytes);
    this.#checksum?.update(bytes);
    this.#left -= bytes.length;
    if (this.#left === 0) this.#state = "after bytes";
    return end;
  }

  /** The next line, without its CRLF, when it ends in this chunk; otherwise its start is kept. */
  #takeLine(chunk: Buffer, at: number): { text?: string; next: number } {
    if (this.#line.length === 0) {
      const end = chunk.indexOf(crlf, at);
      if (end >= 0) return { text: chunk.toString("latin1", at, end), next: end + crlf.length };
      this.#line = Buffer.from(chunk.subarray(at, at + longestLine + 1));
      return { next: chunk.length };
    }
    const kept = this.#line.length;
    const line = Buffer.concat([this.#line, chunk.subarray(at, at + longestLine + 1)]);
    const end = line.indexOf(crlf, kept - 1);
    if (end < 0) {
      this.#line = line;
      return { next: chunk.length };
    }
    this.#line = Buffer.alloc(0);
    return { text: line.toString("latin1", 0, end), next: at + end + crlf.length - kept };
  }

  #takeText(text: string): AwsError | undefined {
    if (this.#state === "size") return this.#startChunk(text);
    if (this.#state === "after bytes") return text === "" ? this.#endChunk() : incompleteBody();
    if (text !== "") return this.#trailer.take(text);
    return this.#finish();
  }

  #startChunk(text: string): AwsError | undefined {
    const semicolon = text.indexOf(";");
    const size = parseSize(semicolon < 0 ? text : text.slice(0, semicolon));
    if (size === undefined) return incompleteBody();
    let signature = "";
    if (this.#payload.signed) {
      const found = semicolon < 0 ? undefined : chunkSignature(text.slice(semicolon + 1));
      if (found === undefined) return incompleteBody();
      signature = found;
    } else if (semicolon >= 0) {
      return incompleteBody();
    }
    const previous = this.#chunk;
    this.#chunk = { number: previous.number + 1, size, signature };
    if (size > 0 && previous.number > 0 && previous.size < smallestChunk) {
      return invalidChunkSize(this.#chunk.number, previous.size);
    }
    this.#length += size;
    if (this.#length > this.#payload.decodedLength) return lengthMismatch(this.#payload.decodedLength, this.#length);
    if (this.#signatures !== undefined) this.#hash = createHash("sha256");
    this.#left = size;
    this.#state = size > 0 ? "bytes" : "trailer";
    return size > 0 ? undefined : this.#verifyChunk();
  }

  #endChunk(): AwsError | undefined {
    this.#state = "size";
    return this.#verifyChunk();
  }

  #verifyChunk(): AwsError | undefined {
    if (this.#hash === undefined) return undefined;
    return this.#signatures?.verifyChunk(this.#chunk.signature, this.#hash.digest("hex"));
  }

  #finish(): AwsError | undefined {
    this.#state = "end";
    if (this.#length !== this.#payload.decodedLength) return lengthMismatch(this.#payload.decodedLength, this.#length);
    return this.#trailer.finish(this.#checksum);
  }
}

function parseSize(text: string): number | undefined {
  const digits = text.trim();
  if (digits === "" || digits.length > 13) return undefined;
  for (let at = 0; at < digits.length; at++)
    if (!"0123456789abcdefABCDEF".includes(digits.charAt(at))) return undefined;
  return Number.parseInt(digits, 16);
}

/** Of `chunk-signature=…`. Another parameter is given back as it is, which is no signature; a second one is not taken. */
function chunkSignature(extension: string): string | undefined {
  const equals = extension.indexOf("=");
  if (equals < 0) return undefined;
  const value = extension.slice(equals + 1).trim();
  if (value === "") return undefined;
  if (extension.slice(0, equals).trim() !== "chunk-signature") return extension;
  return value.includes(";") ? undefined : value;
}
