import type { IncomingMessage, Server } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { HttpResponse } from "../aws/http-message.ts";
import { endWith } from "./last-words.ts";

type WebSocketListener = (req: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Hands requests for a WebSocket to `onWebSocket`. Other upgrades, such as Java's and curl's to HTTP/2, are answered as if
 * they had not been asked for (RFC 9110, section 7.8): Node.js itself does so only while nobody listens.
 */
export function listenForUpgrades(server: Server, onWebSocket: WebSocketListener): void {
  server.on("upgrade", (req, socket, head) => {
    // A client that is gone is no error here.
    socket.on("error", () => {});
    if (req.headers.upgrade?.toLowerCase() === "websocket") onWebSocket(req, socket, head);
    else readAgain(server, req, socket, head);
  });
}

/** Writes the answer, and closes the connection. Who asks with HEAD is told the length of what he would get otherwise. */
export function refuseUpgrade(
  { method }: IncomingMessage,
  socket: Duplex,
  { status, headers, body }: HttpResponse,
): void {
  const text = typeof body === "string" ? body : "";
  const lines = Object.entries({ ...headers, "content-length": Buffer.byteLength(text), connection: "close" });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  endWith(socket, `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${head}\r\n${method === "HEAD" ? "" : text}`);
}

/** Gives the connection back to the server, with the request before its body as it came but for the upgrade. */
function readAgain(server: Server, req: IncomingMessage, socket: Duplex, rest: Buffer): void {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`];
  for (let i = 0; i + 1 < req.rawHeaders.length; i += 2) {
    const [name = "", value = ""] = req.rawHeaders.slice(i, i + 2);
    if (/^(?:upgrade|http2-settings)$/i.test(name)) continue;
    const kept = /^connection$/i.test(name) ? withoutUpgrade(value) : value;
    if (kept !== "") lines.push(`${name}: ${kept}`);
  }
  // Node.js gives header bytes as Latin-1.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), rest]));
  server.emit("connection", socket);
}

function withoutUpgrade(connection: string): string {
  const kept = connection.split(",").filter((token) => !/^\s*(?:upgrade|http2-settings)\s*$/i.test(token));
  return kept.join(",").trim();
}
