import { stateNumber } from "../../db/prepared-query.ts";
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
  readonly state: number;
  readonly object: SmallObject | undefined;
}

/** By the store, then by bucket and key. */
const known = new WeakMap<ServiceContext["blobs"], Map<string, Known>>();
const maxKnown = 2000;

/**
 * What a plain read of a small object is answered with, for its bucket's owner: nobody else's leave has to be looked at, and
 * nothing of it depends on the time. Undefined for every other object: the operation knows about those. It is looked up anew
 * after anything was written to the database: what is answered is never older than the last write.
 */
export function smallObject(ctx: ServiceContext, bucket: string, key: string): SmallObject | undefined {
  const state = stateNumber(ctx.db);
  if (state === undefined) return undefined;
  let objects = known.get(ctx.blobs);
  if (objects === undefined) {
    objects = new Map();
    known.set(ctx.blobs, objects);
  }
  // No bucket's name has a slash in it.
  const name = `${bucket}/${key}`;
  const kept = objects.get(name);
  if (kept?.state === state) return kept.object;
  const object = findSmallObject(ctx, bucket, key);
  if (objects.size >= maxKnown) objects.clear();
  objects.set(name, { state, object });
  return object;
}

function findSmallObject(ctx: ServiceContext, bucketName: string, key: string): SmallObject | undefined {
  const bucket = plainBucket(ctx.db, bucketName);
  if (bucket === undefined) return undefined;
  const object = currentVersion(ctx.db, bucket, key);
  if (object === undefined || object.is_delete_marker !== 0 || object.owner !== null) return undefined;
  if (object.size > smallBytes || object.content_kind === "parts" || object.content_id === null) return undefined;
  if (archiveOf(object.storage_class) !== undefined || hasConfiguration(ctx.db, bucket, "Lifecycle")) return undefined;
  const metadata = JSON.parse(object.attributes) as ObjectMetadata;
  if (metadata.SSECustomerKeyMD5 !== undefined) return undefined;
  return {
    accountId: bucket.account_id,
    output: { ...describedObject(bucket, object, metadata), ...expiresHeader("", metadata) },
    checksum: checksumOutput(object),
    read: reader(ctx, object.content_id, object),
  };
}

function reader(ctx: ServiceContext, id: string, { content_kind, size }: ObjectRow): SmallObject["read"] {
  if (size === 0) return () => new Uint8Array();
  if (content_kind === "row") return () => rowAtOnce(ctx.db, id);
  return () => ctx.blobs.read(id, { start: 0, end: size - 1 });
}
