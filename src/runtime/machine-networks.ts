import type { Server, Socket } from "node:net";
import type { Logger } from "pino";
import type { MachinePackets } from "./machine-packets.ts";
import { NetworkNamespace, tryPacketRules } from "./network-namespace.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import { filterTables, linkLocalTable } from "./packet-rules.ts";

/** Answers a connection that a program in the machine `id` has made. */
export type ServeMachine = (id: string, socket: Socket) => void;

/** Connections that one machine has to one port at the same time at the most: they are this process's. */
const maxConnections = 64;

/** What our routes are told from the engine's by: a number that nobody has, https://man7.org/linux/man-pages/man8/ip-route.8.html */
const routeProtocol = 211;

interface Connected {
  readonly pid: number;
  readonly namespace: NetworkNamespace;
  readonly listeners: readonly Server[];
  /** The router's address in the machine's network. */
  readonly router: () => Promise<string | undefined>;
  /** The commands that have set the machine's routes to it. */
  routes: string;
}

/**
 * What machines have in their own networks: LocalAWS's services at 169.254.169.254, and packet rules. Nothing of it is on the host. A
 * listener's socket, made in a machine's network, belongs to this process and ends with it; the rules end with the machine.
 */
export class MachineNetworks {
  /** Why there is nothing of it; a sentence. */
  #refusal: string | undefined;
  /** By their ports. */
  readonly #services = new Map<number, ServeMachine>();
  readonly #userNamespace: boolean;
  readonly #log: Logger;
  readonly #connected = new Map<string, Connected>();
  readonly #oneAtATime = new OneAtATime();

  private constructor({ userNamespace, log }: { readonly userNamespace: boolean; readonly log: Logger }) {
    this.#userNamespace = userNamespace;
    this.#log = log;
  }

  /**
   * `refusal`: what is known to stand in the way, as a sentence. `userNamespace`: whether machines have one of their own.
   * Tries whether this process may set packet rules.
   */
  static async open(options: {
    readonly refusal: string | undefined;
    readonly userNamespace: boolean;
    readonly log: Logger;
  }): Promise<MachineNetworks> {
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
  }

  /**
   * Sets up the network of a machine, by one of its processes, as this process counts; a listener that is there already
   * stays. `router`: the router's address in the machine's network. @throws Error where the machine ends meanwhile
   */
  async connect(
    id: string,
    pid: number,
    packets: MachinePackets | undefined,
    router: () => Promise<string | undefined> = async () => undefined,
  ): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      if (this.#refusal !== undefined) return;
      const there = this.#connected.get(id);
      if (there?.pid === pid) return await this.#apply(there, packets);
      this.#close(id);
      const namespace = new NetworkNamespace(pid, this.#userNamespace);
      try {
        await namespace.applyPacketRules(filterTables(packets));
        const services = [...this.#services];
        const listeners = await namespace.listen(services.length);
        const connected: Connected = { pid, namespace, listeners, router, routes: "" };
        this.#connected.set(id, connected);
        const ports = services.map(([port, serve], index): [number, number] => {
          const listener = listeners[index];
          if (listener === undefined) throw new Error("A listener is missing.");
          this.#answer(id, listener, serve);
          return [port, portOf(listener)];
        });
        await namespace.applyPacketRules(linkLocalTable(ports));
        await this.#route(connected, packets);
      } catch (error) {
        if (this.#connected.has(id)) this.#close(id);
        else namespace.close();
        throw error;
      }
    });
  }

  /** Lets other packets pass for a machine that `connect` has set up; nothing for any other. @throws Error where the machine ends meanwhile */
  async filterPackets(id: string, packets: MachinePackets | undefined): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      const there = this.#connected.get(id);
      if (there !== undefined) await this.#apply(there, packets);
    });
  }

  async #apply(connected: Connected, packets: MachinePackets | undefined): Promise<void> {
    await connected.namespace.applyPacketRules(filterTables(packets));
    await this.#route(connected, packets);
  }

  async #route(connected: Connected, packets: MachinePackets | undefined): Promise<void> {
    const destinations = (packets?.routes ?? [])
      .filter(({ passes, byRouter }) => passes && byRouter === true)
      .flatMap((route) => route.destinations);
    const router = destinations.length === 0 ? undefined : await connected.router();
    const routes = router === undefined ? "" : routeCommands(destinations, router);
    if (routes === connected.routes) return;
    await connected.namespace.run(["ip", "-batch", "-"], `route flush proto ${routeProtocol}\n${routes}`);
    connected.routes = routes;
  }

  /** A connection from inside a machine that `connect` has set up; undefined for any other. @throws Error where nothing answers */
  async connectFrom(id: string, target: { host: string; port: number }): Promise<Socket | undefined> {
    return await this.#connected.get(id)?.namespace.connect(target);
  }

  /** Of a machine that has ended. */
  async disconnect(id: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => this.#close(id));
  }

  /** Disconnects every machine, also one that is being set up. */
  async close(): Promise<void> {
    await Promise.all([...this.#connected.keys(), ...this.#oneAtATime.ids].map((id) => this.disconnect(id)));
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

function routeCommands(destinations: readonly string[], router: string): string {
  return [...new Set(destinations)]
    .map((block) => `route replace ${block} via ${router} proto ${routeProtocol}\n`)
    .join("");
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server does not listen at a port.");
  return address.port;
}
