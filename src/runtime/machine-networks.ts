import type { Server, Socket } from "node:net";
import type { Logger } from "pino";
import { applyPacketRules, listenInside, type NetworkNamespace, tryPacketRules } from "./network-namespace.ts";
import { OneAtATime } from "./one-at-a-time.ts";

/** Answers a connection that a program in the machine `id` has made to 169.254.169.254:80. */
export type ServeMetadata = (id: string, socket: Socket) => void;

/** Connections that one machine has at the same time at the most: they are this process's. */
const maxConnections = 64;

interface Connected {
  readonly pid: number;
  readonly listener: Server;
}

/**
 * What machines have in their own networks: the metadata service. Nothing of it is on the host. A listener's socket, made
 * in a machine's network, belongs to this process and ends with it; the packet rules end with the machine.
 */
export class MachineNetworks {
  /** Why there is nothing of it; a sentence. */
  #refusal: string | undefined;
  #serve: ServeMetadata | undefined;
  readonly #log: Logger;
  readonly #connected = new Map<string, Connected>();
  readonly #oneAtATime = new OneAtATime();

  private constructor(log: Logger) {
    this.#log = log;
  }

  /** `refusal`: what is known to stand in the way, as a sentence. Tries whether this process may set packet rules. */
  static async open(options: {
    readonly refusal: string | undefined;
    readonly userNamespace: boolean;
    readonly log: Logger;
  }): Promise<MachineNetworks> {
    const networks = new MachineNetworks(options.log);
    try {
      if (options.refusal === undefined) await tryPacketRules(options.userNamespace, metadataTable(1));
      else networks.refuse(options.refusal);
    } catch (error) {
      const words = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
      networks.refuse(`nftables cannot be used: install it, and have the kernel allow it (${words}).`);
    }
    return networks;
  }

  /** For a driver's `limitations`. */
  get limitations(): string[] {
    return this.#refusal === undefined ? [] : [`Instances have no metadata service. ${this.#refusal}`];
  }

  /** Whether `connect` has nothing to do. */
  get refused(): boolean {
    return this.#refusal !== undefined;
  }

  /** From now on nothing is set up in machines. Says why, once. */
  refuse(reason: string): void {
    if (this.#refusal !== undefined) return;
    this.#refusal = reason;
    this.#log.warn({ reason }, "instances have no metadata service");
  }

  /** `serve` is given what the machines connect that are set up from now on. */
  serveMetadata(serve: ServeMetadata): void {
    this.#serve = serve;
  }

  /** Sets up a machine's network; what is there already stays. @throws Error where the machine ends meanwhile */
  async connect(id: string, namespace: NetworkNamespace): Promise<void> {
    await this.#oneAtATime.run(id, async () => {
      if (this.#refusal !== undefined || this.#connected.get(id)?.pid === namespace.pid) return;
      this.#close(id);
      const listener = await listenInside(namespace);
      this.#connected.set(id, { pid: namespace.pid, listener });
      listener.maxConnections = maxConnections;
      listener.on("connection", (socket) => {
        if (this.#serve === undefined) socket.destroy();
        else this.#serve(id, socket);
      });
      listener.on("error", (error) => this.#log.warn({ err: error, instance: id }, "the metadata service failed"));
      try {
        await applyPacketRules(namespace, metadataTable(portOf(listener)));
      } catch (error) {
        this.#close(id);
        throw error;
      }
    });
  }

  /** Of a machine that ends. */
  async disconnect(id: string): Promise<void> {
    await this.#oneAtATime.run(id, async () => this.#close(id));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connected.keys()].map((id) => this.disconnect(id)));
  }

  #close(id: string): void {
    this.#connected.get(id)?.listener.close();
    this.#connected.delete(id);
  }
}

/** The table is made, so that it can be deleted, and made anew: nothing of an earlier one stays. */
function metadataTable(port: number): string {
  return `table ip localaws_metadata
delete table ip localaws_metadata
table ip localaws_metadata {
  chain output {
    type nat hook output priority -100; policy accept;
    ip daddr 169.254.169.254 tcp dport 80 redirect to :${port}
  }
}
`;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server does not listen at a port.");
  return address.port;
}
