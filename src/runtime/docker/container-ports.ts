import type Docker from "dockerode";
import type { Logger } from "pino";
import type { MachinePort } from "../machine-driver.ts";
import type { MachineNetworks } from "../machine-networks.ts";
import type { MachinePackets, NetworkPlan } from "../machine-packets.ts";
import type { NetworkFabric } from "../network-fabric.ts";
import { processOf } from "./container-process.ts";
import type { inspectNamed } from "./containers.ts";
import { portLabel } from "./labels.ts";

export const enginesElsewhere =
  "LocalAWS does not see the processes of the Docker engine: it must run on the engine's own host, and in no container.";

export type Inspected = NonNullable<Awaited<ReturnType<typeof inspectNamed>>>;

interface Networks {
  readonly networks: MachineNetworks;
  readonly fabric: NetworkFabric;
  readonly log: Logger;
}

/** The interfaces that containers have from the fabric, by the labels that they were made with. */
export class ContainerPorts {
  readonly #networks: MachineNetworks;
  readonly #fabric: NetworkFabric;
  readonly #log: Logger;
  readonly #tell: (limitation: string) => void;

  constructor({ networks, fabric, log }: Networks, tell: (limitation: string) => void) {
    this.#networks = networks;
    this.#fabric = fabric;
    this.#log = log;
    this.#tell = tell;
  }

  /** After a start: what the engine says of the machine then. One that has ended by itself meanwhile needs no network. */
  async connectStarted(
    id: string,
    container: Docker.Container,
    packets: MachinePackets | undefined,
  ): Promise<Docker.ContainerInspectInfo | undefined> {
    const info = await container.inspect();
    try {
      return (await this.connect(id, { container, info }, packets)) ? info : undefined;
    } catch (error) {
      const goesOn = await processOf(container).then(
        () => true,
        () => false,
      );
      if (goesOn) throw error;
      return await container.inspect();
    }
  }

  /** Whether the machine has the network that it was made for. */
  async connect(id: string, { container, info }: Inspected, packets: MachinePackets | undefined): Promise<boolean> {
    const port = portOf(info);
    const ports = port === undefined ? [] : [port];
    if (this.#networks.refused) return ports.length === 0;
    const pid = await processOf(container, info);
    if (pid === undefined) this.#networks.refuse(enginesElsewhere);
    else await this.#networks.connect(id, { pid, packets, ports });
    return pid !== undefined || ports.length === 0;
  }

  async route(plan: NetworkPlan): Promise<void> {
    if (this.#networks.refused) return;
    try {
      await this.#fabric.apply(plan);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      this.#tell("VPC peering and public addresses carry no packets: see the log.");
      this.#log.warn({ reason: words }, "the networks of instances could not be joined");
    }
  }
}

/** The interface that a container was made for; one in a network of the engine's has none. */
export function portOf({ Config }: Docker.ContainerInspectInfo): MachinePort | undefined {
  const label = Config.Labels[portLabel];
  return label === undefined ? undefined : (JSON.parse(label) as MachinePort);
}
