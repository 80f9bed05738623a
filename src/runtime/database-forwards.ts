import { connect, createServer, type Server, type Socket } from "node:net";
import type { Transform } from "node:stream";
import { type DatabaseForward, type DatabaseForwards, DatabaseLaunchError } from "./database-driver.ts";
import { beginReadOnlyMysql } from "./mysql-read-only.ts";
import { beginMysqlSession } from "./mysql-token-forward.ts";
import { asReadOnly, readFirstMessage } from "./startup-message.ts";
import { beginSession } from "./token-forward.ts";

interface OpenForward {
  forward: DatabaseForward;
  readonly listener: Server;
  readonly sockets: Set<Socket>;
}

/** Forwards over TCP, in this process: they end with it. */
export class TcpForwards implements DatabaseForwards {
  readonly #open = new Map<string, OpenForward>();

  async open(forward: DatabaseForward): Promise<void> {
    const before = this.#open.get(forward.id);
    if (before !== undefined) {
      if (JSON.stringify(before.forward) === JSON.stringify(forward)) return;
      const { listenAddress, port } = before.forward;
      if (listenAddress === forward.listenAddress && port === forward.port) {
        before.forward = forward;
        endConnections(before);
        return;
      }
      await this.close(forward.id);
    }
    const listener = createServer({ noDelay: true, keepAlive: true });
    const opened: OpenForward = { forward, listener, sockets: new Set() };
    listener.on("connection", (client) => accept(client, opened));
    await listen(listener, forward);
    // A connection that could not be accepted is its client's loss alone.
    listener.on("error", () => {});
    this.#open.set(forward.id, opened);
  }

  async close(id: string): Promise<void> {
    const opened = this.#open.get(id);
    if (opened === undefined) return;
    this.#open.delete(id);
    const closed = new Promise<void>((resolve) => opened.listener.close(() => resolve()));
    endConnections(opened);
    await closed;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.close(id)));
  }
}

/** Where no server listens, nothing leads to one. */
export const noForwards: DatabaseForwards = {
  async open() {},
  async close() {},
};

function listen(listener: Server, { listenAddress, port }: DatabaseForward): Promise<void> {
  return new Promise((resolve, reject) => {
    listener.once("error", (error) => {
      const message = `Nothing can listen at port ${port} of ${listenAddress}: ${error.message}`;
      reject(new DatabaseLaunchError(message, { cause: error }));
    });
    listener.listen({ host: listenAddress, port, exclusive: true }, resolve);
  });
}

function endConnections({ sockets }: OpenForward): void {
  for (const socket of sockets) socket.destroy();
}

function accept(client: Socket, { forward, sockets }: OpenForward): void {
  keep(client, sockets);
  const { logins } = forward;
  if (logins !== undefined) {
    const opened: Socket[] = [client];
    const open = (socket: Socket) => {
      opened.push(keep(socket, sockets));
    };
    const session =
      "accounts" in logins
        ? beginMysqlSession(client, { ...forward, logins }, open)
        : beginSession(client, { ...forward, logins }, open);
    session.then(
      (joint) => {
        if (joint === undefined) return;
        endTogether(joint.client, joint.server);
        join(joint.client, joint.server, joint.through);
      },
      () => {
        for (const socket of opened) socket.destroy();
      },
    );
    return;
  }
  const server = keep(connect({ ...forward.target, noDelay: true, keepAlive: true }), sockets);
  endTogether(client, server);
  if (!forward.readOnly) join(client, server);
  else if (forward.engine === "postgres") beginReadOnly(client, server);
  else {
    beginReadOnlyMysql(client, server).then(
      () => join(client, server),
      () => client.destroy(),
    );
  }
}

/** For as long as it is open. The other end sees its connection end, and why is nobody's business here. */
function keep(socket: Socket, sockets: Set<Socket>): Socket {
  sockets.add(socket);
  socket.on("error", () => {});
  socket.once("close", () => sockets.delete(socket));
  return socket;
}

function endTogether(client: Socket, server: Socket): void {
  client.once("close", () => server.destroySoon());
  server.once("close", () => client.destroySoon());
}

/** `through`: changes what the client says. */
function join(client: Socket, server: Socket, through?: Transform): void {
  if (through === undefined) client.pipe(server);
  else client.pipe(through).pipe(server);
  server.pipe(client);
}

/** Refuses encryption, since what is encrypted cannot be changed, and then has the session begin as a read-only one. */
function beginReadOnly(client: Socket, server: Socket): void {
  let bytes: Buffer = Buffer.alloc(0);
  const read = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const first = readFirstMessage(bytes);
      if (first.kind === "incomplete") return;
      if (first.kind === "not-postgresql") {
        client.destroy();
        return;
      }
      const message = bytes.subarray(0, first.length);
      bytes = bytes.subarray(first.length);
      if (first.kind === "encryption-request") {
        client.write("N");
        continue;
      }
      client.off("data", read);
      server.write(Buffer.concat([first.kind === "startup" ? asReadOnly(message) : message, bytes]));
      join(client, server);
      return;
    }
  };
  client.on("data", read);
}
