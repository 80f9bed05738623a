import type { Api } from "../api.ts";
import type { BucketSettings, BucketVersioning } from "../api-types.ts";
import { type Collection, createCollection } from "./collection.ts";
import type { Live } from "./live.ts";
import { isOf } from "./pages.ts";

/** What a bucket is set to. */
export interface SettingsOfBucket {
  /** One item, as soon as it is loaded. */
  readonly settings: Collection<BucketSettings>;
  setVersioning(status: BucketVersioning["status"]): Promise<void>;
  /** The document's text. */
  setPolicy(policy: string): Promise<void>;
  deletePolicy(): Promise<void>;
}

export function createBucketSettings(
  api: Api,
  { bucket, path, live }: { bucket: string; path: string; live: Live },
): SettingsOfBucket {
  const settings = createCollection({
    load: async () => [await api.call<BucketSettings>("GET", `${path}/settings`)],
    live,
    // Whatever is written to a bucket is told so.
    concerns: (type, data) => type === "objects" && isOf(data, bucket),
  });
  return {
    settings,
    async setVersioning(status) {
      await api.call("PUT", `${path}/versioning`, { json: { status } });
      await settings.refresh();
    },
    async setPolicy(policy) {
      await api.call("PUT", `${path}/policy`, { json: { policy } });
      await settings.refresh();
    },
    async deletePolicy() {
      await api.call("DELETE", `${path}/policy`);
      await settings.refresh();
    },
  };
}
