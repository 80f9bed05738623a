import { Socket as Datagrams } from "node:dgram";
import type { Server, Socket } from "node:net";
import type { Logger } from "pino";
import type { ServeMachine } from "./machine-networks.ts";
import type { SocketAddress } from "./network-namespace.ts";
import { type NetworkSpace, resolverAddress, serviceAddress } from "./network-space.ts";

/** Connections that one machine has to one port at the same time at the most: they are this process's. */
const maxConnections = 64;

/** Answers a message of DNS that the machine `id` has sent; undefined: not at all. `overTcp`: the answer may have any length. */
export type AnswerName = (id: string, question: Buffer, overTcp: boolean) => Promise<Buffer | undefined>;

/** What LocalAWS serves to the machines within each of their networks: names, and the ports of its own services. */
export class NetworkServices {
  readonly #log: Logger;
  readonly #services = new Map<number, ServeMachine>();
  readonly #listeners = new Map<string, (Server | Datagrams)[]>();
  #answerName: AnswerName | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  serve(port: number, serve: ServeMachine): void {
    this.#services.set(port, serve);
  }

  answerNames(answer: AnswerName): void {
    this.#answerName = answer;
  }

  /** `resolver`: the address at which its machines expect names, beside the one that is the same in every network. @throws Error */
  async open(space: NetworkSpace, resolver: string): Promise<void> {
    const services = [...this.#services];
    const resolvers = this.#answerName === undefined ? [] : [resolverAddress, resolver];
    const wanted: SocketAddress[] = [
      ...services.map(([port]) => ({ protocol: "tcp", host: serviceAddress, port }) as const),
      ...resolvers.flatMap((host) => [
        { protocol: "tcp", host, port: 53 } as const,
        { protocol: "udp", host, port: 53 } as const,
      ]),
    ];
    const sockets = await space.namespace.listenAt(wanted);
    this.#listeners.set(space.id, sockets);
    for (const [index, socket] of sockets.entries()) {
      socket.on("error", (error) => this.#log.warn({ err: error, network: space.id }, "a listener in a VPC failed"));
      const serve = services[index]?.[1] ?? ((id, connection) => this.#serveNames(id, connection));
      if (socket instanceof Datagrams) this.#answerDatagrams(space, socket);
      else answer(space, socket, serve);
    }
  }

  close(spaceId: string): void {
    for (const listener of this.#listeners.get(spaceId) ?? []) listener.close();
    this.#listeners.delete(spaceId);
  }

  #answerDatagrams(space: NetworkSpace, socket: Datagrams): void {
    socket.on("message", (question, from) => {
      const id = space.machineAt(from.address);
      if (id === undefined) return;
      this.#answerName?.(id, question, false).then(
        (message) => message && socket.send(message, from.port, from.address, () => {}),
        (error: unknown) => this.#log.debug({ err: error, instance: id }, "a name was not answered"),
      );
    });
  }

  /** Messages with their lengths before them: https://www.rfc-editor.org/rfc/rfc1035#section-4.2.2 */
  #serveNames(id: string, connection: Socket): void {
    let pending = Buffer.alloc(0);
    connection.setTimeout(10_000, () => connection.destroy());
    connection.on("error", () => connection.destroy());
    connection.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE()) {
        const end = 2 + pending.readUInt16BE();
        const question = pending.subarray(2, end);
        pending = pending.subarray(end);
        this.#answerName?.(id, question, true).then(
          (message) => {
            if (message === undefined || connection.destroyed) return connection.destroy();
            const length = Buffer.alloc(2);
            length.writeUInt16BE(message.length);
            connection.write(Buffer.concat([length, message]));
          },
          () => connection.destroy(),
        );
      }
    });
  }
}

/** Which machine asks is told by its address: the space lets nobody send from another's. */
function answer(space: NetworkSpace, server: Server, serve: ServeMachine): void {
  const open = new Map<string, number>();
  server.on("connection", (socket) => {
    const id = space.machineAt(socket.remoteAddress);
    const count = open.get(id ?? "") ?? 0;
    if (id === undefined || count >= maxConnections) return void socket.destroy();
    open.set(id, count + 1);
    socket.once("close", () => {
      const left = (open.get(id) ?? 1) - 1;
      if (left > 0) open.set(id, left);
      else open.delete(id);
    });
    serve(id, socket);
  });
}
