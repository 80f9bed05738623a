import type Docker from "dockerode";
import type { MachineSize, MachineSpec } from "../machine-driver.ts";
import { volumesPath } from "../volume-driver.ts";
import type { Place } from "./bridge-networks.ts";
import { environment } from "./container-exec.ts";
import { logConfig } from "./container-log.ts";
import { hasFile, removeContainer } from "./containers.ts";
import { networkLabel, type Ownership, ownLabels } from "./labels.ts";
import { type BootOptions, bootAlone, bootShell, bootWithShell } from "./machine-boot.ts";

/** Creates the containers of machines, without starting them. */
export class MachineContainers {
  readonly #docker: Docker;
  readonly #owner: Ownership;
  /** What the engine can give a container at the most. */
  readonly #cpus: number;
  /** By image id: whether it has the shell that a machine boots with. */
  readonly #hasShell = new Map<string, boolean>();

  constructor(docker: Docker, owner: Ownership, cpus: number) {
    this.#docker = docker;
    this.#owner = owner;
    this.#cpus = cpus;
  }

  /** `volumes`: a folder of this host, for the machine's volumes. @throws Error of the engine */
  async create(spec: MachineSpec, place: Place, volumes: string | undefined): Promise<Docker.Container> {
    const { Id, Config } = await this.#docker.getImage(spec.image).inspect();
    if (this.#hasShell.get(Id) === false) return await this.#createWith(spec, { ...place, volumes }, bootAlone(Config));
    const container = await this.#createWith(spec, { ...place, volumes }, bootWithShell(Config));
    const hasShell = this.#hasShell.get(Id) ?? (await hasFile(container, bootShell));
    this.#hasShell.set(Id, hasShell);
    if (hasShell) return container;
    await removeContainer(container);
    return await this.#createWith(spec, { ...place, volumes }, bootAlone(Config));
  }

  /** Gives a stopped container other limits. @throws Error of the engine */
  async resize(container: Docker.Container, size: MachineSize): Promise<void> {
    const { HostConfig } = await container.inspect();
    const limits = this.#limits(size);
    if (HostConfig.NanoCpus === limits.NanoCpus && HostConfig.Memory === limits.Memory) return;
    await container.update(limits);
  }

  #limits({ cpus, memoryBytes }: MachineSize) {
    return {
      NanoCpus: Math.round(Math.min(cpus, this.#cpus) * 1e9),
      Memory: memoryBytes,
      // Docker's default, which it does not apply at an update: as much swap as memory.
      MemorySwap: 2 * memoryBytes,
    };
  }

  async #createWith(
    spec: MachineSpec,
    place: Place & { readonly volumes: string | undefined },
    { init, ...boot }: BootOptions,
  ): Promise<Docker.Container> {
    const address = place.privateIpAddress;
    const mac = spec.network.macAddress === undefined ? {} : { MacAddress: spec.network.macAddress };
    return await this.#docker.createContainer({
      name: `localaws-${spec.id}`,
      Image: spec.image,
      ...boot,
      Hostname: spec.hostName,
      // Where engines before API 1.44 look for it.
      ...mac,
      Env: environment(spec.env),
      Labels: { ...ownLabels(this.#owner, spec.id, spec.labels), [networkLabel]: spec.network.id },
      // Programs write to a terminal line by line, so that the console shows what they say when they say it.
      Tty: true,
      HostConfig: {
        Init: init,
        ...this.#limits(spec),
        NetworkMode: place.networkName,
        LogConfig: logConfig,
        ...(place.volumes === undefined
          ? {}
          : { Mounts: [{ Type: "bind", Source: place.volumes, Target: volumesPath }] as Docker.MountConfig }),
      },
      NetworkingConfig: {
        EndpointsConfig: {
          [place.networkName]: {
            Aliases: [...place.names],
            ...mac,
            ...(address === undefined ? {} : { IPAMConfig: { IPv4Address: address } }),
          },
        },
      },
    });
  }
}
