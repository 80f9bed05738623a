import type { Api } from "../api.ts";
import type {
  Bucket,
  DeletedObjects,
  NewBucket,
  ObjectMetadata,
  ObjectVersion,
  ObjectVersionList,
  PresignedLink,
} from "../api-types.ts";
import { createBucketSettings, type SettingsOfBucket } from "./bucket-settings.ts";
import { type Collection, createCollection, ofResourceType } from "./collection.ts";
import { listAll } from "./list-all.ts";
import { createListing, type Listing } from "./listing.ts";
import type { Live } from "./live.ts";
import { createPages, type Pages } from "./pages.ts";

export interface LinkOptions {
  /** Seconds. */
  readonly expiresIn: number;
  readonly disposition?: "inline" | "attachment";
  /** The latest, where none is given. */
  readonly versionId?: string;
}

/** S3. */
export interface Storage {
  readonly buckets: Collection<Bucket>;
  /** One folder of a bucket. */
  listing(bucket: string, prefix: string): Listing;
  /** Of all objects whose keys begin with the prefix: each key's newest first. */
  versions(bucket: string, prefix: string): Pages<ObjectVersion>;
  settings(bucket: string): SettingsOfBucket;
  createBucket(bucket: NewBucket): Promise<void>;
  deleteBucket(name: string): Promise<void>;
  metadata(bucket: string, key: string): Promise<ObjectMetadata>;
  /** Folders (keys that end with a slash) with everything in them. Resolves with how many objects were deleted. */
  deleteObjects(bucket: string, keys: readonly string[]): Promise<number>;
  /** Makes it the latest again: what is there stays. */
  restoreVersion(bucket: string, version: ObjectVersion): Promise<void>;
  /** For good. */
  deleteVersion(bucket: string, version: ObjectVersion): Promise<void>;
  link(bucket: string, key: string, options: LinkOptions): Promise<PresignedLink>;
}

const versionsOfPage = 200;
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

  const settings = new Map<string, SettingsOfBucket>();
  const versionOf = ({ key, version_id }: ObjectVersion) => ({ key, version_id });

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
    versions: (bucket, prefix) =>
      createPages({
        bucket,
        live,
        async load(token) {
          const query = { prefix, limit: versionsOfPage, next_token: token ?? undefined };
          const list = await api.call<ObjectVersionList>("GET", `${bucketPath(bucket)}/versions`, { query });
          return { items: list.versions, next: list.next_token };
        },
      }),
    settings(bucket) {
      const known = settings.get(bucket) ?? createBucketSettings(api, { bucket, path: bucketPath(bucket), live });
      settings.set(bucket, known);
      return known;
    },
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
    async restoreVersion(bucket, version) {
      await api.call("POST", `${bucketPath(bucket)}/versions/restore`, { json: versionOf(version) });
    },
    async deleteVersion(bucket, version) {
      await api.call("DELETE", `${bucketPath(bucket)}/versions`, { query: versionOf(version) });
    },
    link(bucket, key, { expiresIn, disposition, versionId }) {
      const json = {
        expires_in: expiresIn,
        ...(disposition && { disposition }),
        ...(versionId !== undefined && { version_id: versionId }),
      };
      return api.call("POST", `${bucketPath(bucket)}/objects/${encodeURIComponent(key)}/presign`, { json });
    },
  };
}
