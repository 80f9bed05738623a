import type { Server } from "node:http";
import type { Socket } from "node:net";

export interface SocketServer {
  /** Speaks HTTP on a connection that others have accepted. */
  serve(socket: Socket): void;
  /** Ends every connection. */
  close(): void;
}

/** Has `server` answer connections that it does not listen for; one that is idle for `idleTimeout` milliseconds ends. */
export function serveSockets(server: Server, idleTimeout: number): SocketServer {
  const sockets = new Set<Socket>();
  return {
    serve(socket) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      socket.setTimeout(idleTimeout, () => socket.destroy());
      server.emit("connection", socket);
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
