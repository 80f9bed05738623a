import type Docker from "dockerode";
import { addressAt } from "../cidr-block.ts";
import type { Uplink } from "../fabric-edge.ts";
import type { Bridge } from "../network-edge.ts";
import { removeNetwork } from "./bridge-networks.ts";
import { type Ownership, ownFilter, ownLabels } from "./labels.ts";

/** A bridge network of the engine, with no container in it, by which machines get out: the engine translates for it and has its firewall let it. */
export class UplinkNetwork implements Uplink {
  readonly #docker: Docker;
  readonly #owner: Ownership;

  constructor(docker: Docker, folder: string) {
    this.#docker = docker;
    this.#owner = { folder, kind: "uplink" };
  }

  async open(): Promise<Bridge | undefined> {
    const [existing] = await this.#list();
    const network = existing ?? (await this.#create());
    const { Subnet: cidrBlock, Gateway } = network.IPAM?.Config?.[0] ?? {};
    if (cidrBlock === undefined) return undefined;
    const name = network.Options?.["com.docker.network.bridge.name"] ?? `br-${network.Id.slice(0, 12)}`;
    return { name, cidrBlock, gateway: Gateway ?? addressAt(cidrBlock, 1) };
  }

  async close(): Promise<void> {
    for (const network of await this.#list()) await removeNetwork(this.#docker, network.Id);
  }

  async #create(): Promise<Docker.NetworkInspectInfo> {
    const network = await this.#docker.createNetwork({
      Name: `localaws-${this.#owner.folder}-uplink`,
      Driver: "bridge",
      Labels: ownLabels(this.#owner, "uplink"),
    });
    return await network.inspect();
  }

  #list(): Promise<Docker.NetworkInspectInfo[]> {
    return this.#docker.listNetworks({ filters: ownFilter(this.#owner) });
  }
}
