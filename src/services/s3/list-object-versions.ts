import type * as S3 from "@aws-sdk/client-s3";
import { interleaved, type Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import { invalidArgument } from "./errors.ts";
import { type KeyEncoder, keyEncoder } from "./key-encoding.ts";
import { commonPrefixesOutput, pageSize, positionAfter, wantsRestoreStatus } from "./list-objects.ts";
import { listPage, type Position } from "./listing.ts";
import { ownersOf } from "./object-access.ts";
import { restoreStatus } from "./object-restore.ts";
import { findVersion, nullVersion, type ObjectRow, validateVersionId } from "./object-rows.ts";

export const listObjectVersions = {
  async ListObjectVersions(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const encode = keyEncoder(input.EncodingType);
    const limit = pageSize(input.MaxKeys, "max-keys");
    const withRestore = wantsRestoreStatus(input);
    const page = await listPage({
      prefix: Buffer.from(input.Prefix ?? ""),
      delimiter: Buffer.from(input.Delimiter ?? ""),
      limit,
      start: await startOf(ctx, bucket, input),
      fetch: (position, end, count) => fetchVersions(ctx, bucket, { position, end, count }),
    });
    const { next, last } = page;
    const lastVersion = next?.afterId === undefined ? undefined : page.rows.at(-1)?.version_id;
    const ownerOf = await ownersOf(ctx, bucket, page.rows);
    const versions: S3.ObjectVersion[] = [];
    const markers: S3.DeleteMarkerEntry[] = [];
    const mixed = page.rows.map((row) => {
      const entry = { ...toEntry(row, encode), Owner: ownerOf(row) };
      if (row.is_delete_marker !== 0) {
        markers.push(entry);
        return ["DeleteMarkers", entry] as const;
      }
      const restore = withRestore ? restoreStatus(ctx, row) : {};
      const version = { ...entry, ...versionMembers(row), ...restore };
      versions.push(version);
      return ["Versions", version] as const;
    });
    const output = {
      Name: bucket.name,
      KeyMarker: encode(input.KeyMarker ?? ""),
      VersionIdMarker: input.VersionIdMarker ?? "",
      ...(next === undefined ? {} : { NextKeyMarker: encode(last?.toString() ?? "") }),
      ...(lastVersion === undefined ? {} : { NextVersionIdMarker: lastVersion }),
      MaxKeys: limit,
      ...commonPrefixesOutput(input, page, encode),
      Versions: versions,
      DeleteMarkers: markers,
    };
    return interleaved(output, mixed);
  },
} satisfies Operations<typeof S3, Context>;

/** Keys in their order, the versions of each newest first. */
async function fetchVersions(
  ctx: Context,
  bucket: Bucket,
  { position, end, count }: { position: Position; end: Buffer | undefined; count: number },
) {
  const { from, inclusive, afterId } = position;
  const versions = ctx.db
    .selectFrom("s3_objects")
    .selectAll()
    .where("bucket_id", "=", bucket.id)
    .orderBy("key")
    .orderBy("id", "desc");
  // What is left of one key is asked for apart: the index then steps over what is not listed.
  const rest =
    afterId === undefined
      ? []
      : await versions.where("key", "=", from).where("id", "<", Number(afterId)).limit(count).execute();
  const following =
    rest.length === count
      ? []
      : await versions
          .where("key", inclusive ? ">=" : ">", from)
          .$if(end !== undefined, (query) => query.where("key", "<", end ?? from))
          .limit(count - rest.length)
          .execute();
  return [...rest, ...following].map((row) => ({ ...row, id: String(row.id) }));
}

type MarkerInput = Pick<S3.ListObjectVersionsRequest, "KeyMarker" | "VersionIdMarker">;

async function startOf(ctx: Context, bucket: Bucket, { KeyMarker, VersionIdMarker }: MarkerInput): Promise<Position> {
  const start = positionAfter(KeyMarker);
  if (VersionIdMarker === undefined) return start;
  if (KeyMarker === undefined || KeyMarker === "") {
    const message = "A version-id marker cannot be specified without a key marker.";
    throw invalidArgument(message, "version-id-marker", VersionIdMarker);
  }
  if (VersionIdMarker === "") {
    throw invalidArgument("A version-id marker cannot be empty.", "version-id-marker", VersionIdMarker);
  }
  validateVersionId(VersionIdMarker);
  const versions = ctx.db
    .selectFrom("s3_objects")
    .select("id")
    .where("bucket_id", "=", bucket.id)
    .where("key", "=", start.from);
  const marker = await findVersion(ctx.db, bucket, { Key: KeyMarker, VersionId: VersionIdMarker });
  if (marker !== undefined) return { ...start, afterId: String(marker.id) };
  // It was deleted since the last page: go on after what is newer, as the order of ids tells. A null version's does not.
  const newer =
    VersionIdMarker === nullVersion
      ? undefined
      : await versions
          .where("version_id", ">", VersionIdMarker)
          .where("version_id", "!=", nullVersion)
          .orderBy("id")
          .limit(1)
          .executeTakeFirst();
  return newer === undefined ? { from: start.from, inclusive: true } : { ...start, afterId: String(newer.id) };
}

type ListedRow = Omit<ObjectRow, "id">;

/** What versions and delete markers are both listed with. */
function toEntry(row: ListedRow, encode: KeyEncoder): S3.DeleteMarkerEntry {
  return {
    Key: encode(row.key.toString()),
    VersionId: row.version_id,
    IsLatest: row.is_latest === 1,
    LastModified: new Date(row.last_modified),
  };
}

function versionMembers(row: ListedRow): S3.ObjectVersion {
  return {
    ETag: `"${row.etag}"`,
    Size: row.size,
    StorageClass: row.storage_class as S3.ObjectVersionStorageClass,
    ...(row.checksum_algorithm === null ? {} : { ChecksumAlgorithm: [row.checksum_algorithm as S3.ChecksumAlgorithm] }),
    ...(row.checksum_type === null ? {} : { ChecksumType: row.checksum_type as S3.ChecksumType }),
  };
}
