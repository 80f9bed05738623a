import type { Duplex } from "node:stream";

/** Milliseconds that a client has to close its side of a connection. */
const patience = 5000;

/** Ends a connection with a text. A client that neither reads nor closes would keep it for good. */
export function endWith(socket: Duplex, text: string): void {
  socket.end(text);
  const timer = setTimeout(() => socket.destroy(), patience).unref();
  socket.once("close", () => clearTimeout(timer));
}
