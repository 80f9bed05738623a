import { Readable } from "node:stream";
import { AwsError } from "../../aws/aws-error.ts";
import { type ChecksumName, createChecksum } from "../../aws/checksum.ts";
import { compareContentMd5, validateContentMd5 } from "../../aws/content-md5.ts";
import type { BodyStream, TakeChunk } from "../../aws/operations.ts";
import { readBody } from "../../aws/read-body.ts";
import { runningDigests } from "../../blobs/background-digests.ts";
import type { BlobId, StoredBlob } from "../../blobs/blob-store.ts";
import type { Context } from "../service-context.ts";
import { type ChecksumMembers, checksumClaim, verifyClaim } from "./checksum-claims.ts";
import { type CustomerKey, encrypted } from "./customer-keys.ts";
import { entityTooLarge, incompleteBody, missingContentLength } from "./errors.ts";
import { newRowId } from "./small-contents.ts";
import { discard } from "./transactions.ts";

interface BodyInput extends ChecksumMembers {
  readonly Body?: BodyStream | undefined;
  readonly ContentMD5?: string | undefined;
  readonly ChecksumAlgorithm?: string | undefined;
}

/** Bytes that are stored and agree with everything that was said of them. */
interface StoredBody {
  readonly id: BlobId;
  readonly size: number;
  /** Of a content that is to be a row, which its transaction writes. */
  readonly bytes: Uint8Array | undefined;
  /** The MD5 in hexadecimal digits. */
  readonly etag: string;
  /** Digests in base64: those that were asked for. */
  readonly checksums: Readonly<Partial<Record<ChecksumName, string>>>;
  /** The algorithm whose digest the client sent. */
  readonly claimed: ChecksumName | undefined;
}

/** What one request may carry: 5 GiB. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const maxBodyBytes = 5 * 1024 ** 3;

interface StoreOptions {
  /** The algorithms whose digests are wanted beside the client's own. */
  readonly also: (claimed: ChecksumName | undefined) => readonly ChecksumName[];
  readonly key: CustomerKey | undefined;
  /** Bytes up to which it may be a row. */
  readonly rowBytes: number;
}

/**
 * Stores the body of a PutObject or UploadPart while hashing it, and checks length, MD5 and checksum. Nothing stays when
 * anything is wrong.
 */
export async function storeBody(
  ctx: Context,
  input: BodyInput,
  { also, key, rowBytes }: StoreOptions,
): Promise<StoredBody> {
  const length = input.Body?.lengthUnknown === true ? undefined : declaredLength(ctx);
  if (length !== undefined && length > maxBodyBytes) throw entityTooLarge(length, maxBodyBytes);
  const md5 = input.ContentMD5;
  if (md5 !== undefined) validateContentMd5(md5);
  const claim = checksumClaim(ctx, input);
  const claimed = claim?.algorithm.name;

  const running = new Map(
    [...new Set([...(claimed === undefined ? [] : [claimed]), ...also(claimed)])].map((name) => [
      name,
      createChecksum(name),
    ]),
  );
  const body: BodyStream = input.Body ?? Readable.from([]);
  const isRow = length !== undefined && length <= rowBytes && key === undefined;
  // What is read otherwise is verified by itself.
  const verifies = !isRow && key === undefined && body.useSha256 !== undefined;
  const hash = runningDigests(verifies ? ["md5", "sha256"] : ["md5"], length);
  if (verifies) body.useSha256?.(async () => (await hash.digest("sha256")).toString("hex"));
  const observe = (chunk: Buffer) => {
    const pending = hash.update(chunk);
    for (const checksum of running.values()) checksum.update(chunk);
    return pending;
  };
  const { id, size, bytes } = await receive(ctx, () =>
    isRow ? readRowBody(ctx, body, observe) : putBlob(ctx, body, observe, key),
  ).catch((error: unknown) => {
    hash.abandon();
    throw error;
  });
  const checksums = Object.fromEntries([...running].map(([name, checksum]) => [name, checksum.digest()]));
  try {
    if (length !== undefined && size !== length) throw incompleteBody();
    const etag = checkedMd5(await hash.digest("md5"), md5);
    if (claim !== undefined) verifyClaim(claim, checksums[claim.algorithm.name] ?? "", trailersOf(body));
    return { id, size, bytes, etag, checksums, claimed };
  } catch (error) {
    hash.abandon();
    if (bytes === undefined) discard(ctx, [id]);
    throw error;
  }
}

/** The bytes that the object will have, which aws-chunked says apart from the length of the transfer. */
function declaredLength(ctx: Context): number {
  const { headers } = ctx.request;
  const chunked = headers["x-amz-content-sha256"]?.startsWith("STREAMING-") ?? false;
  const length = headers[chunked ? "x-amz-decoded-content-length" : "content-length"];
  if (length === undefined || !/^\d{1,15}$/.test(length)) throw missingContentLength();
  return Number(length);
}

/** Stores bytes, under the customer's key where there is one; `observe` sees them as they came. */
export function putBlob(
  ctx: Context,
  source: Readable,
  observe: TakeChunk,
  key: CustomerKey | undefined,
): Promise<StoredBlob> {
  if (key === undefined) return ctx.blobs.put(source, observe);
  const id = ctx.blobs.newId();
  return ctx.blobs.put(encrypted(source, key, id, observe), undefined, id);
}

type Received = StoredBlob & { readonly bytes?: Uint8Array };

/** What verifies a body ends it where it is longer than declared. */
async function readRowBody(ctx: Context, body: BodyStream, observe: TakeChunk): Promise<Received> {
  const bytes = await readBody(body, Number.POSITIVE_INFINITY);
  await observe(bytes);
  return { id: newRowId(ctx), size: bytes.length, bytes };
}

async function receive(ctx: Context, store: () => Promise<Received>): Promise<Received> {
  try {
    return await store();
  } catch (error) {
    // The client went away: nobody reads the answer, but it was no fault of the server.
    if (ctx.signal.aborted && !(error instanceof AwsError)) throw incompleteBody();
    throw error;
  }
}

function trailersOf(body: Readable): Readonly<Record<string, string>> | undefined {
  return "trailers" in body ? (body as BodyStream).trailers : undefined;
}

function checkedMd5(digest: Buffer, expected: string | undefined): string {
  if (expected !== undefined) compareContentMd5(expected, digest.toString("base64"));
  return digest.toString("hex");
}
