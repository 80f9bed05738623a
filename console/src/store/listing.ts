import type { Api } from "../api.ts";
import type { ObjectList } from "../api-types.ts";
import type { Live } from "./live.ts";
import { createPages, type Pages } from "./pages.ts";

export interface Entry {
  /** The whole key, or the prefix of a folder. */
  readonly key: string;
  readonly folder: boolean;
  /** Bytes. */
  readonly size?: number;
  readonly lastModified?: string | null;
  readonly storageClass?: string;
}

/** One folder of a bucket. */
export interface Listing extends Pages<Entry> {
  readonly bucket: string;
  readonly prefix: string;
}

const pageSize = 1000;

export function createListing(api: Api, options: { bucket: string; prefix: string; live: Live }): Listing {
  const { bucket, prefix, live } = options;
  const pages = createPages({
    bucket,
    live,
    async load(token) {
      const query = { prefix, delimiter: "/", limit: pageSize, next_token: token ?? undefined };
      const path = `/s3/buckets/${encodeURIComponent(bucket)}/objects`;
      const list = await api.call<ObjectList>("GET", path, { query });
      return { items: entriesOf(list, prefix), next: list.next_token };
    },
  });
  return { bucket, prefix, ...pages };
}

/** Folders and objects in one order, which is that of their keys within a page. */
function entriesOf({ objects, prefixes }: ObjectList, prefix: string): Entry[] {
  const folders = prefixes.map((key): Entry => ({ key, folder: true }));
  const files = objects
    // The empty object by which some clients mark a folder.
    .filter(({ key }) => key !== prefix)
    .map(({ key, size, last_modified, storage_class }): Entry => {
      return { key, folder: false, size, lastModified: last_modified, storageClass: storage_class };
    });
  return [...folders, ...files];
}
