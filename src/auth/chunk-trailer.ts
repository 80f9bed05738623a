import type { AwsError } from "../aws/aws-error.ts";
import { type Checksum, isChecksumValue } from "../aws/checksum.ts";
import type { ChunkSignatures } from "./chunk-signatures.ts";
import type { Payload } from "./payload.ts";
import { badChecksum, incompleteBody, invalidTrailingChecksum, malformedTrailer } from "./payload-errors.ts";

const signatureHeader = "x-amz-trailer-signature";

/**
 * The lines after the last chunk. https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export class ChunkTrailer {
  readonly #payload: Extract<Payload, { kind: "chunked" }>;
  readonly #signatures: ChunkSignatures | undefined;
  /** What is signed: each trailer as `name:value\n`. */
  #signed = "";
  #signature: string | undefined;
  /** By lower-case name; of a repeated one the last. */
  readonly values: Record<string, string> = {};

  constructor(payload: Extract<Payload, { kind: "chunked" }>, signatures: ChunkSignatures | undefined) {
    this.#payload = payload;
    this.#signatures = signatures;
  }

  take(line: string): AwsError | undefined {
    if (!this.#payload.trailer) return incompleteBody();
    const colon = line.indexOf(":");
    if (colon < 0) return malformedTrailer();
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === signatureHeader && this.#payload.signed) {
      this.#signature = value;
      return undefined;
    }
    if (name !== this.#payload.checksum?.header) return malformedTrailer();
    this.values[name] = value;
    this.#signed += `${name}:${value}\n`;
    return undefined;
  }

  /** Verifies what came: the trailer's signature, then the checksum of the body. */
  finish(checksum: Checksum | undefined): AwsError | undefined {
    const { trailer, signed, checksum: algorithm } = this.#payload;
    if (trailer && signed && (this.#signed === "" || this.#signature === undefined)) return incompleteBody();
    if (this.#signature !== undefined) {
      const error = this.#signatures?.verifyTrailer(this.#signature, this.#signed);
      if (error !== undefined) return error;
    }
    if (algorithm === undefined || checksum === undefined) return undefined;
    const value = this.values[algorithm.header];
    if (value === undefined) return malformedTrailer();
    if (!isChecksumValue(algorithm, value)) return invalidTrailingChecksum(algorithm);
    return checksum.digest() === value ? undefined : badChecksum(algorithm);
  }
}
