import { type Cipher, createCipheriv, createHash } from "node:crypto";
import { Readable, Transform } from "node:stream";
import type { AwsError } from "../../aws/aws-error.ts";
import type { TakeChunk } from "../../aws/operations.ts";
import type { BlobId } from "../../blobs/blob-store.ts";
import {
  accessDenied,
  encryptionNotApplicable,
  invalidArgument,
  invalidEncryptionAlgorithm,
  invalidRequest,
} from "./errors.ts";

/**
 * Server-side encryption with keys that customers bring with each request (SSE-C). The bytes lie on the disk under AES-256 in
 * counter mode, with the blob's id, which is random and never used again, as the first counter block: any range can be read by
 * itself. Keys are never kept; the MD5 tells whether one is right.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html
 */
export interface CustomerKey {
  readonly key: Buffer;
  /** Base64, as it is kept and given back. */
  readonly md5: string;
}

/** What answers and metadata say of it. */
export interface CustomerEncryption {
  readonly SSECustomerAlgorithm?: string | undefined;
  readonly SSECustomerKeyMD5?: string | undefined;
}

export interface CustomerKeyInput extends CustomerEncryption {
  readonly SSECustomerKey?: string | undefined;
}

interface CopySourceKeyInput {
  readonly CopySourceSSECustomerAlgorithm?: string | undefined;
  readonly CopySourceSSECustomerKey?: string | undefined;
  readonly CopySourceSSECustomerKeyMD5?: string | undefined;
}

const header = "x-amz-server-side-encryption";
const requests = "Requests specifying Server Side Encryption with Customer provided keys must provide";

/** The key that a write brings. @throws InvalidArgument, InvalidEncryptionAlgorithmError */
export function customerKey(input: CustomerKeyInput): CustomerKey | undefined {
  const key = requestKey(input);
  if (key === undefined) return undefined;
  if (input.SSECustomerKeyMD5 === undefined) {
    throw invalidArgument(`${requests} the client calculated MD5 of the secret key.`, header, "null");
  }
  if (key.key.length === 32) return key;
  throw invalidArgument("The secret key was invalid for the specified algorithm.", header, "null");
}

/**
 * The key that a request brings. A read may leave out its MD5, and a key of another length is just a wrong one
 * (decision 0159). @throws InvalidArgument, InvalidEncryptionAlgorithmError
 */
function requestKey(input: CustomerKeyInput): CustomerKey | undefined {
  const { SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5 } = input;
  if (SSECustomerAlgorithm === undefined && SSECustomerKey === undefined && SSECustomerKeyMD5 === undefined) {
    return undefined;
  }
  if (SSECustomerAlgorithm === undefined) {
    throw invalidArgument(`${requests} a valid encryption algorithm.`, header, "null");
  }
  if (SSECustomerAlgorithm !== "AES256") throw invalidEncryptionAlgorithm(header, SSECustomerAlgorithm);
  if (SSECustomerKey === undefined) throw invalidArgument(`${requests} an appropriate secret key.`, header, "null");
  const key = Buffer.from(SSECustomerKey, "base64");
  if (key.length === 0) {
    throw invalidArgument("The secret key was invalid for the specified algorithm.", header, "null");
  }
  const md5 = createHash("md5").update(key).digest("base64");
  if (SSECustomerKeyMD5 !== undefined && md5 !== SSECustomerKeyMD5) {
    const message = "The calculated MD5 hash of the key did not match the hash that was provided.";
    throw invalidArgument(message, header, "null");
  }
  return { key, md5 };
}

/** The headers of the key of a copy's source. */
export function copySourceKeyInput(input: CopySourceKeyInput): CustomerKeyInput {
  return {
    SSECustomerAlgorithm: input.CopySourceSSECustomerAlgorithm,
    SSECustomerKey: input.CopySourceSSECustomerKey,
    SSECustomerKeyMD5: input.CopySourceSSECustomerKeyMD5,
  };
}

export function bringsKey({ SSECustomerAlgorithm, SSECustomerKey, SSECustomerKeyMD5 }: CustomerKeyInput): boolean {
  return (SSECustomerAlgorithm ?? SSECustomerKey ?? SSECustomerKeyMD5) !== undefined;
}

/**
 * The key that a read brings for what is stored with one; whether it is the right one is for `proveCustomerKey`, after the
 * conditions and the range (decision 0159). @throws InvalidRequest, InvalidArgument, InvalidEncryptionAlgorithmError
 */
export function readKey(stored: CustomerEncryption, input: CustomerKeyInput): CustomerKey | undefined {
  const isStoredWithKey = stored.SSECustomerKeyMD5 !== undefined;
  if (bringsKey(input)) {
    if (!isStoredWithKey) throw encryptionNotApplicable();
    return requestKey(input);
  }
  if (!isStoredWithKey) return undefined;
  throw invalidRequest(
    "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.",
  );
}

/** @throws AccessDenied */
export function proveCustomerKey(stored: CustomerEncryption, key: CustomerKey | undefined): void {
  if (key?.md5 !== stored.SSECustomerKeyMD5) throw accessDenied(`${requests} the correct secret key.`);
}

/** The source of a copy has its own answer to a wrong key. @throws InvalidRequest */
export function proveSourceKey(stored: CustomerEncryption, key: CustomerKey | undefined): void {
  if (key?.md5 !== stored.SSECustomerKeyMD5) throw otherParameters();
}

/**
 * Completing an upload needs no key, unless the upload was begun with an algorithm for its checksums; one that is brought has to
 * be right (decision 0159). @throws InvalidRequest, InvalidArgument, InvalidEncryptionAlgorithmError
 */
export function requireCompletionKey(
  stored: CustomerEncryption,
  input: CustomerKeyInput,
  withChecksums: boolean,
): CustomerKey | undefined {
  if (stored.SSECustomerKeyMD5 === undefined) return readKey(stored, input);
  if (!bringsKey(input) && !withChecksums) return undefined;
  const key = bringsKey(input) ? readKey(stored, input) : undefined;
  if (key?.md5 === stored.SSECustomerKeyMD5) return key;
  throw invalidRequest(
    "The object was stored using a form of Server Side Encryption. Correct SSE-C request parameters are required for this request when specifying checksums for each part.",
  );
}

/** Every part of an upload comes with the key that the upload was begun with. @throws InvalidRequest */
export function requirePartKey(upload: CustomerEncryption, key: CustomerKey | undefined): void {
  if (upload.SSECustomerKeyMD5 === key?.md5) return;
  if (upload.SSECustomerKeyMD5 === undefined || key !== undefined) throw otherParameters();
  throw invalidRequest(
    "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.",
  );
}

function otherParameters(): AwsError {
  return invalidRequest("The provided encryption parameters did not match the ones used originally.");
}

export function customerEncryption(key: CustomerKey | undefined): CustomerEncryption {
  return key === undefined ? {} : { SSECustomerAlgorithm: "AES256", SSECustomerKeyMD5: key.md5 };
}

/** The encrypted bytes of a blob that is to be stored under `id`; `observe` sees the plain ones. */
export function encrypted(source: Readable, { key }: CustomerKey, id: BlobId, observe: TakeChunk): Readable {
  const cipher = counterCipher(key, id, 0);
  async function* chunks(): AsyncGenerator<Buffer> {
    // The source is not destroyed on failure: a request's socket has to stay for the answer.
    for await (const chunk of source.iterator({ destroyOnReturn: false })) {
      await observe(chunk);
      yield cipher.update(chunk);
    }
  }
  return Readable.from(chunks(), { objectMode: false });
}

/** The plain bytes of a range that begins at `start`. */
export function decrypted(bytes: Readable, key: CustomerKey, id: BlobId, start: number): Readable {
  const cipher = counterCipher(key.key, id, start);
  const plain = new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, cipher.update(chunk)) });
  bytes.once("error", (error) => plain.destroy(error));
  plain.once("close", () => bytes.destroy());
  return bytes.pipe(plain);
}

export function decryptedBytes(bytes: Uint8Array, key: CustomerKey, id: BlobId, start: number): Uint8Array {
  return counterCipher(key.key, id, start).update(bytes);
}

/** In counter mode what encrypts decrypts. */
function counterCipher(key: Buffer, id: BlobId, start: number): Cipher {
  const block = (BigInt(`0x${id}`) + BigInt(Math.floor(start / 16))) % (1n << 128n);
  const cipher = createCipheriv("aes-256-ctr", key, Buffer.from(block.toString(16).padStart(32, "0"), "hex"));
  cipher.update(Buffer.alloc(start % 16));
  return cipher;
}
