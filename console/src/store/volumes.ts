import type { Api } from "../api.ts";
import type { NewVolume, NewVolumeAttachment, Volume } from "../api-types.ts";
import { type Collection, createCollection, ofResourceType } from "./collection.ts";
import { listAll } from "./list-all.ts";
import type { Live } from "./live.ts";

/** EBS. */
export interface Volumes {
  readonly list: Collection<Volume>;
  create(volume: NewVolume): Promise<void>;
  attach(id: string, attachment: NewVolumeAttachment): Promise<void>;
  detach(id: string): Promise<void>;
  remove(id: string): Promise<void>;
}

export function createVolumes(api: Api, live: Live): Volumes {
  const list = createCollection({
    load: () => listAll<Volume>(api, "/ec2/volumes", "volumes"),
    live,
    concerns: ofResourceType("volume"),
  });
  const path = (id: string) => `/ec2/volumes/${encodeURIComponent(id)}`;
  return {
    list,
    async create(json) {
      await api.call("POST", "/ec2/volumes", { json });
      await list.refresh();
    },
    async attach(id, json) {
      await api.call("POST", `${path(id)}/attach`, { json });
      await list.refresh();
    },
    async detach(id) {
      await api.call("POST", `${path(id)}/detach`);
      await list.refresh();
    },
    async remove(id) {
      await api.call("DELETE", path(id));
      await list.refresh();
    },
  };
}
