import { networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import type { MachineNetwork } from "../machine-driver.ts";
import { blocksOverlap, moveAddress } from "./cidr-block.ts";
import { engineStatus, engineWords, unlessStatus } from "./engine.ts";
import { idLabel, type Ownership, ownFilter, ownLabels, subnetLabel } from "./labels.ts";

const removalTries = 50;

/** A machine's place in the engine's network for its subnet; without an address, the engine chooses. */
export interface Place {
  readonly networkName: string;
  readonly privateIpAddress?: string;
}

/** One bridge network a subnet, made for the first machine in it and removed with the last. */
export class SubnetNetworks {
  readonly #docker: Docker;
  readonly #owner: Ownership;
  readonly #machines: Ownership;
  /** By subnet id: its network is made, given out and removed by one at a time. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Told when a subnet could not have its own block. */
  readonly #onOtherBlock: () => void;

  constructor(docker: Docker, folder: string, onOtherBlock: () => void) {
    this.#docker = docker;
    this.#owner = { folder, kind: "network" };
    this.#machines = { folder, kind: "machine" };
    this.#onOtherBlock = onOtherBlock;
  }

  /** Calls `create` with the machine's place. The network is not removed before that has ended. @throws Error of the engine */
  withPlace<T>(network: MachineNetwork, create: (place: Place) => Promise<T>): Promise<T> {
    return this.#inTurn(network.id, async () => create(await this.#place(network)));
  }

  /** Removes the subnet's network when no machine is left in it. */
  release(subnetId: string): Promise<void> {
    return this.#inTurn(subnetId, async () => {
      const filters = ownFilter(this.#machines, { [subnetLabel]: subnetId });
      if ((await this.#docker.listContainers({ all: true, filters })).length > 0) return;
      for (const network of await this.#list(subnetId)) await this.#remove(network.Id);
    });
  }

  /** Removes every network that `removeAll` of the machines has left. */
  async removeAll(): Promise<void> {
    const networks = await this.#docker.listNetworks({ filters: ownFilter(this.#owner) });
    await Promise.all(networks.map((network) => this.#remove(network.Id)));
  }

  async #place({ id, cidrBlock, privateIpAddress }: MachineNetwork): Promise<Place> {
    const [existing] = await this.#list(id);
    const network = existing ?? (await this.#create(id, cidrBlock));
    const block = network.IPAM?.Config?.[0]?.Subnet ?? cidrBlock;
    if (block !== cidrBlock) this.#onOtherBlock();
    const address = moveAddress(privateIpAddress, cidrBlock, block);
    return { networkName: network.Name, ...(address === undefined ? {} : { privateIpAddress: address }) };
  }

  /**
   * Bridge networks of one engine cannot overlap, and a bridge over addresses that the host itself is on would cut the
   * host off from them: in both cases a block of the engine's choice takes the subnet's place.
   */
  async #create(subnetId: string, cidrBlock: string): Promise<Docker.NetworkInspectInfo> {
    if (hostBlocks().some((block) => blocksOverlap(block, cidrBlock))) return await this.#createElsewhere(subnetId);
    try {
      return await this.#createWith(subnetId, cidrBlock);
    } catch (error) {
      // Docker: "Pool overlaps with other one on this address space"; Podman: "subnet … is already used on the host".
      if (!/overlap|already used/i.test(engineWords(error))) throw error;
      return await this.#createElsewhere(subnetId);
    }
  }

  /** Fixed addresses are to be had only in a block that was asked for: take the one that the engine chose, and ask for it. */
  async #createElsewhere(subnetId: string): Promise<Docker.NetworkInspectInfo> {
    const chosen = await this.#createWith(subnetId);
    const block = chosen.IPAM?.Config?.[0]?.Subnet;
    if (block === undefined) return chosen;
    await this.#remove(chosen.Id);
    return await this.#createWith(subnetId, block);
  }

  async #createWith(subnetId: string, cidrBlock?: string): Promise<Docker.NetworkInspectInfo> {
    const network = await this.#docker.createNetwork({
      Name: `localaws-${this.#owner.folder}-${subnetId}`,
      Driver: "bridge",
      Labels: ownLabels(this.#owner, subnetId),
      ...(cidrBlock === undefined ? {} : { IPAM: { Driver: "default", Config: [{ Subnet: cidrBlock }] } }),
    });
    return await network.inspect();
  }

  #list(subnetId: string): Promise<Docker.NetworkInspectInfo[]> {
    return this.#docker.listNetworks({ filters: ownFilter(this.#owner, { [idLabel]: subnetId }) });
  }

  /** A busy engine lets go of the place of a container a moment after that is gone, and refuses until then (403). */
  async #remove(networkId: string): Promise<void> {
    for (let tries = removalTries; ; tries--) {
      try {
        return await unlessStatus(this.#docker.getNetwork(networkId).remove(), 404);
      } catch (error) {
        if (engineStatus(error) !== 403 || tries <= 1) throw error;
        await delay(100);
      }
    }
  }

  async #inTurn<T>(subnetId: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(subnetId) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    this.#turns.set(subnetId, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(subnetId) === settled) this.#turns.delete(subnetId);
    }
  }
}

function hostBlocks(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === "IPv4" && address.cidr !== null)
    .map((address) => address.cidr ?? "");
}
