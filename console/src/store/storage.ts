import type { Api } from "../api.ts";
import type { Bucket, DeletedObjects, NewBucket, ObjectMetadata, PresignedLink } from "../api-types.ts";
import { type Collection, createCollection, ofResourceType } from "./collection.ts";
import { listAll } from "./list-all.ts";
import { createListing, type Listing } from "./listing.ts";
import type { Live } from "./live.ts";

export interface LinkOptions {
  /** Seconds. */
  readonly expiresIn: number;
  readonly disposition?: "inline" | "attachment";
}

/** S3. */
export interface Storage {
  readonly buckets: Collection<Bucket>;
  /** One folder of a bucket. */
  listing(bucket: string, prefix: string): Listing;
  createBucket(bucket: NewBucket): Promise<void>;
  deleteBucket(name: string): Promise<void>;
  metadata(bucket: string, key: string): Promise<ObjectMetadata>;
  /** Folders (keys that end with a slash) with everything in them. Resolves with how many objects were deleted. */
  deleteObjects(bucket: string, keys: readonly string[]): Promise<number>;
  link(bucket: string, key: string, options: LinkOptions): Promise<PresignedLink>;
}

/** The most that one request deletes. */
const deletionsAtOnce = 1000;

export function bucketPath(name: string): string {
  return `/s3/buckets/${encodeURIComponent(name)}`;
}

export function createStorage(api: Api, live: Live): Storage {
  const buckets = createCollection({
    load: () => listAll<Bucket>(api, "/s3/buckets", "buckets"),
    live,
    concerns: ofResourceType("bucket"),
  });

  async function keysBelow(bucket: string, keys: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    for (const key of keys) {
      if (!key.endsWith("/")) found.push(key);
      else {
        const objects = await listAll<{ key: string }>(api, `${bucketPath(bucket)}/objects`, "objects", {
          prefix: key,
        });
        found.push(...objects.map((object) => object.key));
      }
    }
    return found;
  }

  return {
    buckets,
    listing: (bucket, prefix) => createListing(api, { bucket, prefix, live }),
    async createBucket(json) {
      await api.call("POST", "/s3/buckets", { json });
      await buckets.refresh();
    },
    async deleteBucket(name) {
      await api.call("DELETE", bucketPath(name));
      await buckets.refresh();
    },
    metadata: (bucket, key) => api.call("GET", `${bucketPath(bucket)}/metadata`, { query: { key } }),
    async deleteObjects(bucket, chosen) {
      const keys = await keysBelow(bucket, chosen);
      for (let at = 0; at < keys.length; at += deletionsAtOnce) {
        const json = { keys: keys.slice(at, at + deletionsAtOnce) };
        const { errors } = await api.call<DeletedObjects>("POST", `${bucketPath(bucket)}/delete-objects`, { json });
        const [failed] = errors;
        if (failed !== undefined) throw new Error(`${failed.key}: ${failed.message}`);
      }
      return keys.length;
    },
    link(bucket, key, { expiresIn, disposition }) {
      const json = { expires_in: expiresIn, ...(disposition && { disposition }) };
      return api.call("POST", `${bucketPath(bucket)}/objects/${encodeURIComponent(key)}/presign`, { json });
    },
  };
}
