import { isSettled, watchRows } from "../../db/prepared-query.ts";
import type { SmallObject } from "../service.ts";
import type { ServiceContext } from "../service-context.ts";
import { plainBucket } from "./bucket-access.ts";
import { checksumOutput } from "./checksum-claims.ts";
import { smallBytes } from "./content.ts";
import { describedObject, expiresHeader } from "./get-object.ts";
import { archiveOf, type ObjectMetadata } from "./object-metadata.ts";
import { currentVersion, type ObjectRow } from "./object-rows.ts";
import { rowAtOnce } from "./small-contents.ts";
import { hasConfiguration } from "./stored-configurations.ts";

interface Known {
  /** By bucket and key; null for what takes more than a plain read. */
  readonly objects: Map<string, SmallObject | null>;
  /** The names of their buckets, by id. */
  readonly buckets: Map<number, string>;
  /** How many bytes of theirs are kept. */
  bytes: number;
}

/** By the store. */
const knownByStore = new WeakMap<ServiceContext["blobs"], Known>();
const maxKnown = 2000;
/** Of all objects together; beyond it what is known is forgotten, and read again by who asks. */
const maxKeptBytes = 8 * 1024 * 1024;

/**
 * What a plain read of a small object is answered with, for its bucket's owner: nobody else's leave has to be looked at, and
 * nothing of it depends on the time. Undefined for every other object, and for one that a transaction under way may have changed:
 * the operation knows about those. It is kept until one of its rows changes: what is answered is never older than the last write.
 */
export function smallObject(ctx: ServiceContext, bucket: string, key: string): SmallObject | undefined {
  // No bucket's name has a slash in it.
  const name = `${bucket}/${key}`;
  const kept = knownByStore.get(ctx.blobs)?.objects.get(name);
  if (kept !== undefined) return kept ?? undefined;
  if (!isSettled(ctx.db)) return undefined;
  const all = knownByStore.get(ctx.blobs) ?? watchObjects(ctx);
  const object = findSmallObject(ctx, all, bucket, key);
  if (all.objects.size >= maxKnown || all.bytes >= maxKeptBytes) {
    all.objects.clear();
    all.bytes = 0;
  }
  all.objects.set(name, object ?? null);
  return object;
}

/** Forgets what changes from now on. */
function watchObjects({ db, blobs }: ServiceContext): Known {
  const all: Known = { objects: new Map(), buckets: new Map(), bytes: 0 };
  const forgetAll = () => {
    all.objects.clear();
    all.bytes = 0;
    all.buckets.clear();
  };
  watchRows(db, "s3_objects", ["bucket_id", "key"], (id: number, key: Buffer) => {
    const bucket = all.buckets.get(id);
    if (bucket !== undefined) all.objects.delete(`${bucket}/${key}`);
  });
  watchRows(db, "buckets", [], forgetAll);
  watchRows(db, "s3_bucket_configurations", [], forgetAll);
  knownByStore.set(blobs, all);
  return all;
}

function findSmallObject(ctx: ServiceContext, known: Known, bucketName: string, key: string): SmallObject | undefined {
  const bucket = plainBucket(ctx.db, bucketName);
  if (bucket === undefined) return undefined;
  known.buckets.set(bucket.id, bucket.name);
  const object = currentVersion(ctx.db, bucket, key);
  if (object === undefined || object.is_delete_marker !== 0 || object.owner !== null) return undefined;
  if (object.size > smallBytes || object.content_kind === "parts" || object.content_id === null) return undefined;
  if (archiveOf(object.storage_class) !== undefined || hasConfiguration(ctx.db, bucket, "Lifecycle")) return undefined;
  const metadata = JSON.parse(object.attributes) as ObjectMetadata;
  if (metadata.SSECustomerKeyMD5 !== undefined || metadata.ObjectLockEventHold === "ON") return undefined;
  return {
    accountId: bucket.account_id,
    output: { ...describedObject(bucket, object, metadata, ctx.now()), ...expiresHeader("", metadata) },
    checksum: checksumOutput(object),
    ...reader(ctx, known, object.content_id, object),
  };
}

function reader(
  ctx: ServiceContext,
  known: Known,
  id: string,
  { content_kind, size }: ObjectRow,
): Pick<SmallObject, "read" | "isThere"> {
  if (size === 0) return { read: () => new Uint8Array(), isThere: () => true };
  if (content_kind === "row") {
    let kept: Uint8Array | undefined;
    const read = () => {
      if (kept === undefined) {
        kept = rowAtOnce(ctx.db, id);
        known.bytes += kept?.length ?? 0;
      }
      return kept;
    };
    return { read, isThere: () => read() !== undefined };
  }
  const range = { start: 0, end: size - 1 };
  return {
    read: () => ctx.blobs.read(id, range),
    isThere() {
      ctx.blobs.check([{ blob: id, range }]);
      return true;
    },
  };
}
