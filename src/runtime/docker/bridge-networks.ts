import { networkInterfaces } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import { blocksOverlap, moveAddress } from "../cidr-block.ts";
import type { MachineNetwork } from "../machine-driver.ts";
import { engineStatus, engineWords, unlessStatus } from "./engine.ts";
import { blockLabel, idLabel, networkLabel, type Ownership, ownFilter, ownLabels } from "./labels.ts";

const removalTries = 50;

/** A machine's place in the engine's network for its own; without an address, the engine chooses. */
export interface Place {
  readonly networkName: string;
  readonly privateIpAddress?: string;
  /** What the engine's name server answers the network's other machines. */
  readonly names: readonly string[];
}

/**
 * Where LocalAWS cannot make networks itself: one bridge network a block of a machine network, made for the first machine in it and removed with
 * the last of the network.
 */
export class BridgeNetworks {
  readonly #docker: Docker;
  readonly #owner: Ownership;
  readonly #machines: Ownership;
  /** By network id: the engine's network is made, given out and removed by one at a time. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** Told when a network could not have its own block. */
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

  /** Removes the engine's network when no machine is left in it. */
  release(networkId: string): Promise<void> {
    return this.#inTurn(networkId, async () => {
      const filters = ownFilter(this.#machines, { [networkLabel]: networkId });
      if ((await this.#docker.listContainers({ all: true, filters })).length > 0) return;
      for (const network of await this.#list(networkId)) await this.#remove(network.Id);
    });
  }

  /** Removes every network that `removeAll` of the machines has left. */
  async removeAll(): Promise<void> {
    const networks = await this.#docker.listNetworks({ filters: ownFilter(this.#owner) });
    await Promise.all(networks.map((network) => this.#remove(network.Id)));
  }

  async #place({ id, cidrBlock, privateIpAddress, names = [] }: MachineNetwork): Promise<Place> {
    const [existing] = await this.#list(id, cidrBlock);
    const network = existing ?? (await this.#create(id, cidrBlock));
    const block = network.IPAM?.Config?.[0]?.Subnet ?? cidrBlock;
    if (block !== cidrBlock) this.#onOtherBlock();
    const address = moveAddress(privateIpAddress, cidrBlock, block);
    if (address === undefined) return { networkName: network.Name, names };
    const moved = names.map((name) => name.replace(dashed(privateIpAddress), dashed(address)));
    return { networkName: network.Name, privateIpAddress: address, names: moved };
  }

  /**
   * Bridge networks of one engine cannot overlap, and a bridge over addresses that the host itself is on would cut the
   * host off from them: in both cases another block of the same size takes the place of the network's own, so that each
   * address keeps its place in it; where there is none, a block of the engine's choice.
   */
  async #create(networkId: string, cidrBlock: string): Promise<Docker.NetworkInspectInfo> {
    for (const block of [cidrBlock, ...otherBlocks(cidrBlock)]) {
      if (hostBlocks().some((taken) => blocksOverlap(taken, block))) continue;
      try {
        return await this.#createWith(networkId, { cidrBlock, block });
      } catch (error) {
        // Docker: "Pool overlaps with other one on this address space"; Podman: "subnet … is already used on the host".
        if (!/overlap|already used/i.test(engineWords(error))) throw error;
      }
    }
    return await this.#createWhereEngineLikes(networkId, cidrBlock);
  }

  /** Fixed addresses are to be had only in a block that was asked for: take the one that the engine chose, and ask for it. */
  async #createWhereEngineLikes(networkId: string, cidrBlock: string): Promise<Docker.NetworkInspectInfo> {
    const chosen = await this.#createWith(networkId, { cidrBlock });
    const block = chosen.IPAM?.Config?.[0]?.Subnet;
    if (block === undefined) return chosen;
    await this.#remove(chosen.Id);
    return await this.#createWith(networkId, { cidrBlock, block });
  }

  /** `block`: where the network's own is not to be had. */
  async #createWith(
    networkId: string,
    { cidrBlock, block }: { cidrBlock: string; block?: string },
  ): Promise<Docker.NetworkInspectInfo> {
    const network = await this.#docker.createNetwork({
      Name: `localaws-${this.#owner.folder}-${networkId}-${cidrBlock.replaceAll(/[./]/g, "-")}`,
      Driver: "bridge",
      Labels: ownLabels(this.#owner, networkId, { [blockLabel]: cidrBlock }),
      ...(block === undefined ? {} : { IPAM: { Driver: "default", Config: [{ Subnet: block }] } }),
    });
    return await network.inspect();
  }

  #list(networkId: string, cidrBlock?: string): Promise<Docker.NetworkInspectInfo[]> {
    const block = cidrBlock === undefined ? {} : { [blockLabel]: cidrBlock };
    return this.#docker.listNetworks({ filters: ownFilter(this.#owner, { [idLabel]: networkId, ...block }) });
  }

  #remove(engineId: string): Promise<void> {
    return removeNetwork(this.#docker, engineId);
  }

  async #inTurn<T>(networkId: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(networkId) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    this.#turns.set(networkId, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(networkId) === settled) this.#turns.delete(networkId);
    }
  }
}

/** A busy engine lets go of the place of a container a moment after that is gone, and refuses until then (403). */
export async function removeNetwork(docker: Docker, engineId: string): Promise<void> {
  for (let tries = removalTries; ; tries--) {
    try {
      await unlessStatus(docker.getNetwork(engineId).remove(), 404);
      return;
    } catch (error) {
      if (engineStatus(error) !== 403 || tries <= 1) throw error;
      await delay(100);
    }
  }
}

/** Of the same size, in 10.224.0.0/11; none for a larger one than that has 32 of. */
function otherBlocks(cidrBlock: string): string[] {
  const length = Number(cidrBlock.split("/")[1]);
  return length < 16 ? [] : Array.from({ length: 32 }, (_, index) => `10.${224 + index}.0.0/${length}`);
}

/** As names of hosts have it: `10-0-0-5`. */
function dashed(address: string): string {
  return address.replaceAll(".", "-");
}

function hostBlocks(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === "IPv4" && address.cidr !== null)
    .map((address) => address.cidr ?? "");
}
