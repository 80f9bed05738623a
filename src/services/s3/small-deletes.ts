import { isSettled, watchRows } from "../../db/prepared-query.ts";
import type { PlainBucket } from "../service.ts";
import type { ServiceContext } from "../service-context.ts";
import { type Bucket, plainBucket } from "./bucket-access.ts";
import { type Content, isKeyTooLong, unreferencedBlobs } from "./object-rows.ts";
import { hasConfiguration } from "./stored-configurations.ts";
import { commit } from "./transactions.ts";
import { removeObjects } from "./version-writes.ts";

/** By name; null for a bucket whose deletes are more than this. */
type Buckets = Map<string, PlainBucket | null>;

const bucketsByStore = new WeakMap<ServiceContext["blobs"], Buckets>();
const maxBuckets = 1000;

/** A delete that waits for a transaction. */
interface Waiting {
  readonly bucket: Bucket;
  readonly key: Buffer;
  /** Whether the bucket is still what it was when this was asked for. */
  readonly isCurrent: () => boolean;
  readonly resolve: (done: boolean) => void;
}

/**
 * A bucket from which its owner may delete with nothing to look at: it never had versioning, so that it has no locks and no
 * replicas either, no policy speaks of it, and nobody is told. Undefined for every other, and where a transaction under way may
 * have changed it: the operation knows about those. It is kept until a bucket, or a configuration of one, changes.
 */
export function plainDeletes(ctx: ServiceContext, name: string): PlainBucket | undefined {
  const kept = bucketsByStore.get(ctx.blobs)?.get(name);
  if (kept !== undefined) return kept ?? undefined;
  if (!isSettled(ctx.db)) return undefined;
  const buckets = bucketsByStore.get(ctx.blobs) ?? watchBuckets(ctx);
  if (buckets.size >= maxBuckets) buckets.clear();
  const found = findBucket(ctx, buckets, name);
  buckets.set(name, found ?? null);
  return found;
}

/** Forgets what changes from now on. */
function watchBuckets({ db, blobs }: ServiceContext): Buckets {
  const buckets: Buckets = new Map();
  watchRows(db, "buckets", [], () => buckets.clear());
  watchRows(db, "s3_bucket_configurations", [], () => buckets.clear());
  bucketsByStore.set(blobs, buckets);
  return buckets;
}

function findBucket(ctx: ServiceContext, buckets: Buckets, name: string): PlainBucket | undefined {
  const bucket = plainBucket(ctx.db, name);
  if (bucket === undefined || bucket.versioning !== null) return undefined;
  if (!ctx.webhooks.none && hasConfiguration(ctx.db, bucket, "Notification")) return undefined;
  const waiting: Waiting[] = [];
  const plain: PlainBucket = {
    accountId: bucket.account_id,
    delete(text) {
      const key = Buffer.from(text);
      if (isKeyTooLong(key)) return undefined;
      return new Promise((resolve) => {
        waiting.push({ bucket, key, isCurrent: () => buckets.get(name) === plain, resolve });
        if (waiting.length === 1) void deleteTogether(ctx, waiting);
      });
    },
  };
  return plain;
}

/** Those that were asked for in one turn of the event loop are one member of a transaction. What fails goes the long way, and fails there. */
async function deleteTogether(ctx: ServiceContext, waiting: Waiting[]): Promise<void> {
  let taken: Waiting[] = [];
  try {
    const done = await commit(ctx, async (trx) => {
      taken = waiting.splice(0);
      // A member before this one may have changed a bucket.
      const current = taken.filter(({ isCurrent }) => isCurrent());
      const contents: Content[] = [];
      for (const { bucket, key } of current) contents.push(...(await removeObjects(trx, bucket, [key])));
      return { result: new Set(current), unreferenced: await unreferencedBlobs(trx, contents) };
    });
    for (const one of taken) one.resolve(done.has(one));
  } catch {
    for (const one of [...taken, ...waiting.splice(0)]) one.resolve(false);
  }
}
