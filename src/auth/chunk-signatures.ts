import type { AwsError } from "../aws/aws-error.ts";
import { s3AuthErrors } from "./s3-errors.ts";
import { emptySha256, equalSecrets, type SigningScope, scopeText, sha256, sign } from "./sigv4.ts";

export interface ChunkSigning {
  readonly key: Uint8Array;
  readonly timestamp: string;
  readonly scope: SigningScope;
  /** The signature of the request's head. */
  readonly seed: string;
  readonly accessKeyId: string;
  readonly canonicalRequest: string;
}

/** The chain of signatures of one body: each is over the one before it. */
export class ChunkSignatures {
  readonly #signing: ChunkSigning;
  #previous: string;

  constructor(signing: ChunkSigning) {
    this.#signing = signing;
    this.#previous = signing.seed;
  }

  /** `hash`: the SHA-256 of the chunk's bytes, hexadecimal. */
  verifyChunk(signature: string, hash: string): AwsError | undefined {
    return this.#verify(signature, `AWS4-HMAC-SHA256-PAYLOAD\n${this.#prefix()}\n${emptySha256}\n${hash}`);
  }

  /** `trailer`: the trailing headers, each as `name:value\n`. */
  verifyTrailer(signature: string, trailer: string): AwsError | undefined {
    return this.#verify(signature, `AWS4-HMAC-SHA256-TRAILER\n${this.#prefix()}\n${sha256(trailer)}`);
  }

  #prefix(): string {
    return `${this.#signing.timestamp}\n${scopeText(this.#signing.scope)}\n${this.#previous}`;
  }

  #verify(signature: string, stringToSign: string): AwsError | undefined {
    const { key, accessKeyId, canonicalRequest } = this.#signing;
    const expected = sign(key, stringToSign);
    this.#previous = expected;
    if (equalSecrets(expected, signature)) return undefined;
    return s3AuthErrors.signatureMismatch({ accessKeyId, signature, stringToSign, canonicalRequest });
  }
}
