import type Docker from "dockerode";
import { type DatabaseChanges, DatabaseLaunchError, type DatabaseServer } from "../database-driver.ts";
import { findContainer, removeContainer } from "./containers.ts";
import { removeVolumes, speaking, startUntil } from "./database-containers.ts";
import { type Engine, unlessStatus } from "./engine.ts";
import { idLabel, type Ownership, ownFilter } from "./labels.ts";
import { type VolumeSnapshots, versionLabels } from "./volume-snapshots.ts";

/** Seconds that a server has for its shutdown before it is killed. */
const stopGrace = 30;

/** How often one that starts is asked before somebody looks whether it is still to start: for two seconds. */
export const triesAtStart = 20;

interface ServerContainersOptions {
  readonly owner: Ownership;
  readonly snapshots: VolumeSnapshots;
  /** What a container's server says that it is; none while it accepts no connections, at each of `tries` a tenth of a second apart. */
  readonly askVersion: (container: Docker.Container, tries: number) => Promise<string | undefined>;
}

/** The containers of one driver's servers, each with the volume of its data: what is alike for all engines. */
export class ServerContainers {
  readonly docker: Docker;
  readonly #cpus: number;
  readonly #owner: Ownership;
  readonly #snapshots: VolumeSnapshots;
  readonly #askVersion: ServerContainersOptions["askVersion"];
  /** By container id; a container's image, and so its version, never changes. */
  readonly #versions = new Map<string, string>();

  constructor({ docker, cpus }: Engine, { owner, snapshots, askVersion }: ServerContainersOptions) {
    this.docker = docker;
    this.#cpus = cpus;
    this.#owner = owner;
    this.#snapshots = snapshots;
    this.#askVersion = askVersion;
  }

  find(id: string): Promise<Docker.Container | undefined> {
    return findContainer(this.docker, this.#owner, id);
  }

  /** @throws DatabaseLaunchError */
  async get(id: string): Promise<Docker.Container> {
    const container = await this.find(id);
    if (container === undefined) throw new DatabaseLaunchError(`There is no database server ${id}.`);
    return container;
  }

  /** @throws DatabaseLaunchError */
  async requireNew(id: string): Promise<void> {
    if ((await this.find(id)) !== undefined) throw new DatabaseLaunchError(`There is a server ${id} already.`);
  }

  /** Resolves when the server accepts connections. @throws DatabaseLaunchError */
  async start(id: string, container: Docker.Container, signal?: AbortSignal): Promise<DatabaseServer> {
    const ask = () => this.#version(container, triesAtStart);
    return { id, state: "running", engineVersion: await startUntil(this.docker, container, ask, signal) };
  }

  async stop(id: string): Promise<void> {
    const container = await this.find(id);
    // 304: it has ended already.
    if (container !== undefined) await unlessStatus(container.stop({ t: stopGrace }), 304, 404);
  }

  async resize(container: Docker.Container, { memoryBytes, cpus }: DatabaseChanges): Promise<void> {
    const size = {
      // Docker's default for the swap, twice the memory, is kept from the creation on otherwise.
      ...(memoryBytes !== undefined && { Memory: memoryBytes, MemorySwap: 2 * memoryBytes }),
      ...(cpus !== undefined && { NanoCpus: this.nanoCpus(cpus) }),
    };
    // The engine refuses an update of nothing.
    if (Object.keys(size).length > 0) await speaking(container.update(size));
  }

  /** With its volumes. */
  async remove(id: string): Promise<void> {
    const container = await this.find(id);
    if (container !== undefined) await removeContainer(container);
    await removeVolumes(this.docker, ownFilter(this.#owner, { [idLabel]: id }));
  }

  async removeAll(): Promise<void> {
    const containers = await this.docker.listContainers({ all: true, filters: ownFilter(this.#owner) });
    await Promise.all(containers.map(({ Id }) => removeContainer(this.docker.getContainer(Id))));
    await removeVolumes(this.docker, ownFilter(this.#owner));
  }

  async server(id: string): Promise<DatabaseServer | undefined> {
    const [server] = await this.list({ [idLabel]: id });
    return server;
  }

  async list(labels: Readonly<Record<string, string>> = {}): Promise<DatabaseServer[]> {
    const containers = await this.docker.listContainers({ all: true, filters: ownFilter(this.#owner, labels) });
    return await Promise.all(containers.map((container) => this.#toServer(container)));
  }

  async snapshot(id: string, snapshotId: string): Promise<void> {
    // A server may have further volumes, which are no part of it.
    const container = await this.get(id);
    const labels = versionLabels(this.#versions.get(container.id) ?? (await this.server(id))?.engineVersion);
    await speaking(this.#snapshots.take(snapshotId, container, `localaws-${id}`, labels));
  }

  nanoCpus(cpus: number): number {
    return Math.round(Math.min(cpus, this.#cpus) * 1e9);
  }

  async #version(container: Docker.Container, tries = 1): Promise<string | undefined> {
    // 409: the container is not running.
    const version = await unlessStatus(this.#askVersion(container, tries), 404, 409);
    if (version !== undefined) this.#versions.set(container.id, version);
    return version;
  }

  async #toServer({ Id, Labels, State }: Docker.ContainerInfo): Promise<DatabaseServer> {
    const state = State === "running" ? "running" : "stopped";
    const asked = state === "running" ? () => this.#version(this.docker.getContainer(Id)) : () => undefined;
    const engineVersion = this.#versions.get(Id) ?? (await asked());
    return { id: Labels[idLabel] ?? "", state, ...(engineVersion === undefined ? {} : { engineVersion }) };
  }
}
