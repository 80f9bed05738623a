import type Docker from "dockerode";
import type { MachinePort, MachineSize, MachineSpec } from "../machine-driver.ts";
import { resolverAddress, searchDomain } from "../network-space.ts";
import { volumesPath } from "../volume-driver.ts";
import type { Place } from "./bridge-networks.ts";
import { environment } from "./container-exec.ts";
import { logConfig } from "./container-log.ts";
import { hasFile, removeContainer } from "./containers.ts";
import { networkLabel, type Ownership, ownLabels, portLabel } from "./labels.ts";
import { type BootOptions, bootAlone, bootShell, bootWithShell } from "./machine-boot.ts";

/** A machine that LocalAWS gives its interface once it runs. */
interface OwnPlace {
  readonly port: MachinePort;
  readonly names: readonly string[];
}

/** Of a machine's container. */
export function machineName(id: string): string {
  return `localaws-${id}`;
}

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
  async create(spec: MachineSpec, place: Place | OwnPlace, volumes: string | undefined): Promise<Docker.Container> {
    const { Id, Config } = await this.#docker.getImage(spec.image).inspect();
    const network = "port" in place ? ownNetwork(place) : engineNetwork(spec, place);
    if (this.#hasShell.get(Id) === false) return await this.#createWith(spec, { network, volumes }, bootAlone(Config));
    const boot = bootWithShell(Config, "port" in place);
    const container = await this.#createWith(spec, { network, volumes }, boot);
    const hasShell = this.#hasShell.get(Id) ?? (await hasFile(container, bootShell));
    this.#hasShell.set(Id, hasShell);
    if (hasShell) return container;
    await removeContainer(container);
    return await this.#createWith(spec, { network, volumes }, bootAlone(Config));
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
    { network, volumes }: { readonly network: NetworkOptions; readonly volumes: string | undefined },
    { init, ...boot }: BootOptions,
  ): Promise<Docker.Container> {
    const { HostConfig, Labels, ...options } = network;
    return await this.#docker.createContainer({
      name: machineName(spec.id),
      Image: spec.image,
      ...boot,
      Hostname: spec.hostName,
      ...options,
      Env: environment(spec.env),
      Labels: { ...ownLabels(this.#owner, spec.id, spec.labels), [networkLabel]: spec.network.id, ...Labels },
      // Programs write to a terminal line by line, so that the console shows what they say when they say it.
      Tty: true,
      HostConfig: {
        Init: init,
        ...this.#limits(spec),
        ...HostConfig,
        LogConfig: logConfig,
        ...(volumes === undefined
          ? {}
          : { Mounts: [{ Type: "bind", Source: volumes, Target: volumesPath }] as Docker.MountConfig }),
      },
    });
  }
}

type NetworkOptions = Pick<
  Docker.ContainerCreateOptions & { MacAddress?: string },
  "Labels" | "HostConfig" | "NetworkingConfig" | "MacAddress"
>;

/** The engine gives it none; LocalAWS answers what it asks for names. */
function ownNetwork({ port, names }: OwnPlace): NetworkOptions {
  const domain = searchDomain(names);
  return {
    Labels: { [portLabel]: JSON.stringify(port) },
    HostConfig: {
      NetworkMode: "none",
      Dns: [resolverAddress],
      ...(domain === undefined ? {} : { DnsSearch: [domain] }),
      ExtraHosts: names.map((name) => `${name}:${port.addresses[0]}`),
    },
  };
}

function engineNetwork({ network }: MachineSpec, place: Place): NetworkOptions {
  const address = place.privateIpAddress;
  const mac = network.macAddress === undefined ? {} : { MacAddress: network.macAddress };
  return {
    HostConfig: { NetworkMode: place.networkName },
    // Where engines before API 1.44 look for it.
    ...mac,
    NetworkingConfig: {
      EndpointsConfig: {
        [place.networkName]: {
          Aliases: [...place.names],
          ...mac,
          ...(address === undefined ? {} : { IPAMConfig: { IPv4Address: address } }),
        },
      },
    },
  };
}
