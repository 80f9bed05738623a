import type { Api } from "../api.ts";
import type { NewSubnet, NewVpc, Subnet, Vpc } from "../api-types.ts";
import { type Collection, createCollection, ofResourceType } from "./collection.ts";
import { listAll } from "./list-all.ts";
import type { Live } from "./live.ts";

/** EC2's networks. */
export interface Network {
  readonly vpcs: Collection<Vpc>;
  /** Of all VPCs. */
  readonly subnets: Collection<Subnet>;
  createVpc(vpc: NewVpc): Promise<void>;
  deleteVpc(id: string): Promise<void>;
  createSubnet(subnet: NewSubnet): Promise<void>;
  deleteSubnet(id: string): Promise<void>;
}

export function createNetwork(api: Api, live: Live): Network {
  const vpcs = createCollection({
    load: () => listAll<Vpc>(api, "/ec2/vpcs", "vpcs"),
    live,
    concerns: ofResourceType("vpc"),
  });
  const subnets = createCollection({
    load: () => listAll<Subnet>(api, "/ec2/subnets", "subnets"),
    live,
    concerns: ofResourceType("subnet"),
  });
  return {
    vpcs,
    subnets,
    async createVpc(json) {
      await api.call("POST", "/ec2/vpcs", { json });
      await vpcs.refresh();
    },
    async deleteVpc(id) {
      await api.call("DELETE", `/ec2/vpcs/${encodeURIComponent(id)}`);
      await vpcs.refresh();
    },
    async createSubnet(json) {
      await api.call("POST", "/ec2/subnets", { json });
      await subnets.refresh();
    },
    async deleteSubnet(id) {
      await api.call("DELETE", `/ec2/subnets/${encodeURIComponent(id)}`);
      await subnets.refresh();
    },
  };
}
