import type Docker from "dockerode";
import { unlessStatus } from "./engine.ts";
import { idLabel, type Ownership, ownFilter, ownLabels } from "./labels.ts";

/** A network by which the containers of servers reach each other, and nothing else; made for the first replica. */
export class ReplicationNetwork {
  readonly #docker: Docker;
  readonly #owner: Ownership;

  constructor(docker: Docker, folder: string, kind: "replication" | "mysql-replication") {
    this.#docker = docker;
    this.#owner = { folder, kind };
  }

  /** A server's container comes into it, under its id. */
  async connect(container: Docker.Container): Promise<void> {
    const { Config, NetworkSettings } = await container.inspect();
    if (NetworkSettings.Networks[this.#name] !== undefined) return;
    const network = await this.#network();
    await network.connect({
      Container: container.id,
      EndpointConfig: { Aliases: [hostOf(Config.Labels[idLabel] ?? "")] },
    });
  }

  async isConnected(container: Docker.Container): Promise<boolean> {
    const { NetworkSettings } = await container.inspect();
    return NetworkSettings.Networks[this.#name] !== undefined;
  }

  /** After the containers. */
  async remove(): Promise<void> {
    const networks = await this.#docker.listNetworks({ filters: ownFilter(this.#owner) });
    await Promise.all(networks.map(({ Id }) => unlessStatus(this.#docker.getNetwork(Id).remove(), 404)));
  }

  get #name(): string {
    return `localaws-${this.#owner.kind}-${this.#owner.folder}`;
  }

  async #network(): Promise<Docker.Network> {
    const [found] = await this.#docker.listNetworks({ filters: ownFilter(this.#owner) });
    if (found !== undefined) return this.#docker.getNetwork(found.Id);
    const Labels = ownLabels(this.#owner, "replication");
    return await this.#docker.createNetwork({ Name: this.#name, Driver: "bridge", Internal: true, Labels });
  }
}

/** The name of a server in the network. */
export function hostOf(id: string): string {
  return id.toLowerCase();
}
