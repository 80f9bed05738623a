import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Connection } from "ssh2";
import type { MachineDriver } from "../runtime/machine-driver.ts";
import { joinChannel } from "./forwarding.ts";
import type { Login } from "./login.ts";

interface Place {
  readonly bindAddr: string;
  readonly bindPort: number;
}

/**
 * What a client has listened to in its instance (`ssh -R`). As with OpenSSH's `GatewayPorts no`, that is at 127.0.0.1 whatever it asks
 * for, and a port below 1024 is root's: https://www.rfc-editor.org/rfc/rfc4254#section-7.1
 */
export class ReverseForwarding {
  readonly #machines: MachineDriver;
  readonly #connection: Connection;
  readonly #login: Login;
  readonly #servers = new Map<number, Server>();
  readonly #sockets = new Set<Socket>();
  readonly #asked = new Set<Promise<number>>();
  #closed = false;

  constructor(machines: MachineDriver, connection: Connection, login: Login) {
    this.#machines = machines;
    this.#connection = connection;
    this.#login = login;
    connection.once("close", () => this.#close());
  }

  /** Resolves with the port. @throws Error where it cannot be had */
  listen(place: Place): Promise<number> {
    const listens = this.#listen(place);
    this.#asked.add(listens);
    return listens.finally(() => this.#asked.delete(listens));
  }

  /** When what has been asked for is there, or refused. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#asked);
  }

  async #listen({ bindAddr, bindPort }: Place): Promise<number> {
    if (bindPort > 0 && bindPort < 1024 && this.#login.user.name !== "root") {
      throw new Error(`The port ${bindPort} is root's.`);
    }
    const server = await this.#machines.listenFor(this.#login.instanceId, { host: "127.0.0.1", port: bindPort });
    if (server === undefined) throw new Error("The runtime has no way into the instance's network.");
    if (this.#closed) {
      server.close();
      return bindPort;
    }
    const { port } = server.address() as AddressInfo;
    this.#servers.set(port, server);
    server.on("error", () => {});
    // Whoever has said all may still be answered.
    Object.assign(server, { allowHalfOpen: true });
    server.on("connection", (socket) => this.#forward(socket, { bindAddr, bindPort: port }));
    return port;
  }

  /** Whether there was one. */
  async end({ bindPort }: Place): Promise<boolean> {
    const server = this.#servers.get(bindPort);
    if (server === undefined) return false;
    this.#servers.delete(bindPort);
    server.close();
    // The port is free for another by the time that the client hears of it, but for connections that go on.
    if (this.#sockets.size === 0) await once(server, "close");
    return true;
  }

  #forward(socket: Socket, { bindAddr, bindPort }: Place): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const { remoteAddress = "127.0.0.1", remotePort = 0 } = socket;
    this.#connection.forwardOut(bindAddr, bindPort, remoteAddress, remotePort, (error, channel) => {
      if (error !== undefined) return socket.destroy();
      joinChannel(channel, socket);
    });
  }

  #close(): void {
    this.#closed = true;
    for (const server of this.#servers.values()) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
