import { Server, type Socket } from "node:net";
import type { Logger } from "pino";
import { addressAt } from "./cidr-block.ts";
import type { MachinePort } from "./machine-driver.ts";
import type { MachinePackets } from "./machine-packets.ts";
import type { NetworkFabric } from "./network-fabric.ts";
import { NetworkNamespace, tryPacketRules } from "./network-namespace.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import { filterTables, linkLocalTable } from "./packet-rules.ts";

/** Answers a connection that a program in the machine `id` has made. */
export type ServeMachine = (id: string, socket: Socket) => void;

/** Connections that one machine has to one port at the same time at the most: they are this process's. */
const maxConnections = 64;

interface Options {
  readonly userNamespace: boolean;
  readonly fabric?: NetworkFabric | undefined;
  readonly log: Logger;
}

interface Connected {
  readonly pid: number;
  readonly namespace: NetworkNamespace;
  readonly listeners: readonly Server[];
  readonly ports: readonly MachinePort[];
}

/**
 * What machines have in their own networks: LocalAWS's services at 169.254.169.254, packet rules and, with a fabric, their interfaces, which
 * lead to those services. Without, a listener's socket is made in each machine's network. Nothing of it is on the host: sockets belong to
 * this process and end with it; the rules end with the machine.
 */
export class MachineNetworks {
  /** Why there is nothing of it; a sentence. */
  #refusal: string | undefined;
  /** By their ports. */
  readonly #services = new Map<number, ServeMachine>();
  readonly #userNamespace: boolean;
  readonly #fabric: NetworkFabric | undefined;
  readonly #log: Logger;
  readonly #connected = new Map<string, Connected>();
  readonly #oneAtATime = new OneAtATime();

  private constructor({ userNamespace, fabric, log }: Options) {
    this.#userNamespace = userNamespace;
    this.#fabric = fabric;
    this.#log = log;
  }

  /**
   * `refusal`: what is known to stand in the way, as a sentence. `userNamespace`: whether machines have one of their own.
   * Tries whether this process may set packet rules.
   */
  static async open(options: Options & { readonly refusal: string | undefined }): Promise<MachineNetworks> {
    const networks = new MachineNetworks(options);
    try {
      if (options.refusal === undefined) {
        await tryPacketRules(
          options.userNamespace,
          linkLocalTable([[80, 1]]) +
            filterTables({
              rules: [{ direction: "in", peers: ["::/0"] }],
              border: { within: [], entries: [] },
              routes: [],
            }),
        );
      } else networks.refuse(options.refusal);
    } catch (error) {
      const words = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
      networks.refuse(`nftables cannot be used: install it, and have the kernel allow it (${words}).`);
    }
    return networks;
  }

  /** For a driver's `limitations`. */
  get limitations(): string[] {
    if (this.#refusal === undefined) return [];
    return [
      `Instances have no metadata service and no endpoint, and security groups, network ACLs and routes are not enforced. ${this.#refusal}`,
    ];
  }

  /** Whether `connect` has nothing to do. */
  get refused(): boolean {
    return this.#refusal !== undefined;
  }

  /** From now on nothing is set up in machines. Says why, once. */
  refuse(reason: string): void {
    if (this.#refusal !== undefined) return;
    this.#refusal = reason;
    this.#log.warn({ reason }, "instances have no metadata service and no endpoint, and packets are not filtered");
  }

  /** `serve` is given what the machines connect, to this port of 169.254.169.254, that are set up from now on. */
  serve(port: number, serve: ServeMachine): void {
    this.#services.set(port, serve);
    this.#fabric?.serve(port, serve);
  }

  /**
   * Sets up the network of a machine, by one of its processes, as this process counts; what is there already stays. `ports`: those of the
   * fabric that it is to have. The first comes up when all else is done. @throws Error where the machine ends meanwhile
   */
  async connect(
    id: string,
    { pid, packets, ports = [] }: { pid: number; packets?: MachinePackets | undefined; ports?: readonly MachinePort[] },
  ): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      if (this.#refusal !== undefined) return;
      const there = this.#connected.get(id);
      if (there?.pid === pid) return await this.#apply(id, there, packets);
      this.#close(id);
      await this.#fabric?.unplug(id);
      const connected = { pid, ports, namespace: new NetworkNamespace(pid, this.#userNamespace) };
      const listeners: Server[] = [];
      try {
        if (ports.length === 0) listeners.push(...(await this.#listen(id, connected.namespace)));
        this.#connected.set(id, { ...connected, listeners });
        await this.#apply(id, { ...connected, listeners }, packets);
      } catch (error) {
        for (const listener of listeners) listener.close();
        if (this.#connected.has(id)) this.#close(id);
        else connected.namespace.close();
        await this.#fabric?.unplug(id);
        throw error;
      }
    });
  }

  /** Lets other packets pass for a machine that `connect` has set up; nothing for any other. @throws Error where the machine ends meanwhile */
  async filterPackets(id: string, packets: MachinePackets | undefined): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      const there = this.#connected.get(id);
      if (there !== undefined) await this.#apply(id, there, packets);
    });
  }

  async #apply(id: string, connected: Connected, packets: MachinePackets | undefined): Promise<void> {
    const [first] = connected.ports;
    const further = packets?.further ?? [];
    const ports = first === undefined ? [] : [packets?.port ?? first, ...further.map(({ port }) => port)];
    const rules = connected.namespace.applyPacketRules(filterTables(packets, resolversOf(ports)));
    if (first === undefined || this.#fabric === undefined) return await rules;
    const routes = new Map(further.map(({ port, routes }) => [port.name, routes])).set(first.name, packets?.routes);
    // The half of a new port that is outside of the machine is made meanwhile.
    await Promise.all([rules, this.#fabric.plug(id, connected.namespace, { ports, routes, rules })]);
    await this.#fabric.route(id, routes);
  }

  async #listen(id: string, namespace: NetworkNamespace): Promise<Server[]> {
    const services = [...this.#services];
    const listeners = await namespace.listen(services.length);
    const ports = services.map(([port, serve], index): [number, number] => {
      const listener = listeners[index];
      if (listener === undefined) throw new Error("A listener is missing.");
      this.#answer(id, listener, serve);
      return [port, portOf(listener)];
    });
    await namespace.applyPacketRules(linkLocalTable(ports));
    return listeners;
  }

  /** A connection from inside a machine that `connect` has set up; undefined for any other. @throws Error where nothing answers */
  async connectFrom(id: string, target: { host: string; port: number }): Promise<Socket | undefined> {
    return await this.#connected.get(id)?.namespace.connect(target);
  }

  /** A server inside a machine that `connect` has set up; undefined for any other. @throws Error where the port is taken */
  async listenFor(id: string, { host, port }: { host: string; port: number }): Promise<Server | undefined> {
    const [server] = (await this.#connected.get(id)?.namespace.listenAt([{ protocol: "tcp", host, port }])) ?? [];
    return server instanceof Server ? server : undefined;
  }

  /** Of a machine that has ended. */
  async disconnect(id: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      this.#close(id);
      await this.#fabric?.unplug(id);
    });
  }

  /** Disconnects every machine, also one that is being set up. */
  async close(): Promise<void> {
    await Promise.all([...this.#connected.keys(), ...this.#oneAtATime.ids].map((id) => this.disconnect(id)));
    await this.#fabric?.close();
  }

  #answer(id: string, listener: Server, serve: ServeMachine): void {
    listener.maxConnections = maxConnections;
    listener.on("connection", (socket) => serve(id, socket));
    listener.on("error", (error) => this.#log.warn({ err: error, instance: id }, "a listener in an instance failed"));
  }

  #close(id: string): void {
    const there = this.#connected.get(id);
    this.#connected.delete(id);
    for (const listener of there?.listeners ?? []) listener.close();
    there?.namespace.close();
  }
}

/** The name servers that a machine finds in its networks' blocks, too: https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html */
function resolversOf(ports: readonly MachinePort[]): string[] {
  return [...new Set(ports.map(({ cidrBlock }) => addressAt(cidrBlock, 2)))];
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server does not listen at a port.");
  return address.port;
}
