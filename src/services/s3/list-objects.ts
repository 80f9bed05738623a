import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import { invalidArgument } from "./errors.ts";
import { type KeyEncoder, keyEncoder } from "./key-encoding.ts";
import { type ListedRow, listedRows } from "./listed-rows.ts";
import { type KeyedRow, type ListingPage, listPage, type Position } from "./listing.ts";
import { ownersOf } from "./object-access.ts";
import { restoreStatus } from "./object-restore.ts";

const maxKeys = 1000;
const beginning: Position = { from: Buffer.alloc(0), inclusive: false };

export const listObjects = {
  async ListObjects(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    // https://github.com/versity/versitygw/issues/2004
    if (new URLSearchParams(ctx.request.query).has("start-after")) {
      throw invalidArgument("startAfter only supported in REST.GET.BUCKET with list-type=2", "start-after");
    }
    const encode = keyEncoder(input.EncodingType);
    const limit = pageSize(input.MaxKeys, "max-keys");
    const page = await listBucket(ctx, bucket, input, limit, positionAfter(input.Marker));
    // Anonymous callers are not told whose objects are.
    const ownerOf = ctx.principal.type === "anonymous" ? undefined : await ownersOf(ctx, bucket, page.rows);
    const truncated = page.next !== undefined;
    return {
      ...commonOutput(bucket, input, page, limit, encode),
      Marker: encode(input.Marker ?? ""),
      // Without a delimiter the last key of the page is the marker of the next.
      ...(truncated && input.Delimiter ? { NextMarker: encode(page.last?.toString() ?? "") } : {}),
      Contents: page.rows.map((row) => ({ ...toObject(row, encode, ownerOf), ...restoreStatus(ctx, row) })),
    };
  },

  async ListObjectsV2(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const encode = keyEncoder(input.EncodingType);
    const limit = pageSize(input.MaxKeys, "max-keys");
    const token = input.ContinuationToken;
    const start = token === undefined ? positionAfter(input.StartAfter) : decodeToken(token);
    const page = await listBucket(ctx, bucket, input, limit, start);
    const ownerOf = input.FetchOwner === true ? await ownersOf(ctx, bucket, page.rows) : undefined;
    return {
      ...commonOutput(bucket, input, page, limit, encode),
      KeyCount: page.rows.length + page.commonPrefixes.length,
      ...(token === undefined ? {} : { ContinuationToken: token }),
      ...(page.next === undefined ? {} : { NextContinuationToken: encodeToken(page.next) }),
      // A token outranks it, and it is told all the same: "if StartAfter was sent with the request, it is included in the response".
      ...(input.StartAfter === undefined ? {} : { StartAfter: encode(input.StartAfter) }),
      Contents: page.rows.map((row) => ({
        ...toObject(row, encode, ownerOf),
        ...restoreStatus(ctx, row),
      })),
    };
  },
} satisfies Operations<typeof S3, Context>;

interface ListInput {
  readonly Prefix?: string | undefined;
  readonly Delimiter?: string | undefined;
  readonly EncodingType?: S3.EncodingType | undefined;
  readonly OptionalObjectAttributes?: readonly string[] | undefined;
}

function listBucket(ctx: Context, bucket: Bucket, input: ListInput, limit: number, start: Position) {
  const prefix = Buffer.from(input.Prefix ?? "");
  const delimiter = Buffer.from(input.Delimiter ?? "");
  const attributes = wantsRestoreStatus(input);
  return listPage({
    ...{ prefix, delimiter, limit, start, leaps: true },
    fetch: async ({ inclusive, from }, end, count) => {
      const query = { id: bucket.id, from, end, count, delimiter, prefixLength: prefix.length };
      return listedRows(ctx.db, { inclusive, attributes }, query);
    },
  });
}

/** @throws InvalidArgument for another attribute */
export function wantsRestoreStatus({ OptionalObjectAttributes = [] }: ListInput): boolean {
  const unknown = OptionalObjectAttributes.find((name) => name !== "RestoreStatus");
  if (unknown !== undefined) {
    throw invalidArgument("Invalid attribute name specified.", "x-amz-optional-object-attributes", unknown);
  }
  return OptionalObjectAttributes.length > 0;
}

/** How many entries a page may have: S3 shows a thousand at most. */
export function pageSize(requested: number | undefined, name: string): number {
  if (requested === undefined) return maxKeys;
  // https://github.com/versity/versitygw/issues/1794 , https://github.com/brekkylab/backlot/issues/192
  if ((requested | 0) !== requested) {
    throw invalidArgument(`Provided ${name} not an integer or within integer range`, name, requested);
  }
  if (requested < 0) {
    // S3 calls this one otherwise than its parameter.
    const argument = name === "max-keys" ? "maxKeys" : name;
    throw invalidArgument(`Argument ${argument} must be an integer between 0 and 2147483647`, argument, requested);
  }
  return Math.min(requested, maxKeys);
}

export function positionAfter(key: string | undefined): Position {
  return key === undefined ? beginning : { from: Buffer.from(key), inclusive: false };
}

/** What a listing of objects or of uploads says of its own request, and its common prefixes. */
export function commonPrefixesOutput(
  input: ListInput,
  page: Pick<ListingPage<KeyedRow>, "commonPrefixes" | "next">,
  encode: KeyEncoder,
) {
  return {
    IsTruncated: page.next !== undefined,
    Prefix: encode(input.Prefix ?? ""),
    ...(input.Delimiter ? { Delimiter: encode(input.Delimiter) } : {}),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    CommonPrefixes: page.commonPrefixes.map((prefix) => ({ Prefix: encode(prefix.toString()) })),
  };
}

function commonOutput(
  bucket: Bucket,
  input: ListInput,
  page: ListingPage<KeyedRow>,
  limit: number,
  encode: KeyEncoder,
) {
  const $metadata = { httpHeaders: { "x-amz-bucket-region": bucket.region } };
  return { Name: bucket.name, MaxKeys: limit, ...commonPrefixesOutput(input, page, encode), $metadata };
}

type OwnerOf = Awaited<ReturnType<typeof ownersOf>>;

function toObject(row: ListedRow, encode: KeyEncoder, ownerOf: OwnerOf | undefined): S3._Object {
  return {
    Key: encode(row.key.toString()),
    LastModified: new Date(row.last_modified),
    ETag: `"${row.etag}"`,
    ...(row.checksum_algorithm === null ? {} : { ChecksumAlgorithm: [row.checksum_algorithm as S3.ChecksumAlgorithm] }),
    ...(row.checksum_type === null ? {} : { ChecksumType: row.checksum_type as S3.ChecksumType }),
    Size: row.size,
    StorageClass: row.storage_class as S3.ObjectStorageClass,
    ...(ownerOf ? { Owner: ownerOf(row) } : {}),
  };
}

/** A token is a position: whether it is itself listed, then its bytes, which need not be UTF-8 between two keys. */
function encodeToken({ from, inclusive }: Position): string {
  return Buffer.concat([Buffer.from([inclusive ? 1 : 0]), from]).toString("base64url");
}

function decodeToken(token: string): Position {
  const bytes = Buffer.from(token, "base64url");
  const [kind] = bytes;
  if ((kind !== 0 && kind !== 1) || bytes.toString("base64url") !== token) {
    throw invalidArgument("The continuation token provided is incorrect", "continuation-token");
  }
  return { from: bytes.subarray(1), inclusive: kind === 1 };
}
