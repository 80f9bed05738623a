import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { adminName } from "../auth/session-token.ts";
import type { AwsError } from "../aws/aws-error.ts";
import { TerminalError } from "../runtime/terminal.ts";
import type { TerminalSession } from "../terminal/terminal-session.ts";
import { TerminalSessions } from "../terminal/terminal-sessions.ts";
import type { App } from "./app.ts";
import { bearerToken } from "./bearer-token.ts";
import { refuseForeign } from "./browser-guard.ts";
import { problemResponse, refusal, unauthorized } from "./json-api/problem.ts";
import { end, TerminalConnection } from "./terminal-connection.ts";
import { type CloseCode, closeCodes } from "./terminal-messages.ts";
import { refuseUpgrade } from "./upgrade.ts";

const protocolName = "localaws.terminal";
const tokenPrefix = "localaws.bearer.";
/** Bytes of one message: a large paste is one. */
const maxPayload = 4 * 1024 * 1024;
/** Milliseconds between pings. */
const pingMilliseconds = 30_000;
/**
 * A peer that has answered none of so many pings in turn is dropped. Not of one: where this process was busy until it is time for the
 * next, no answer has been read yet.
 */
const mostUnanswered = 2;
/** Milliseconds that a peer has to answer the closing at the end. */
const closeGrace = 1000;

const size = z.coerce.number().int().min(1).max(65_535);
const wishes = z.object({
  ticket: z.string().optional(),
  session: z.string().optional(),
  offset: z.coerce.number().int().min(0).default(0),
  columns: size.default(80),
  rows: size.default(24),
});

interface Wanted extends z.output<typeof wishes> {
  readonly instance: string;
}

/** The terminals of `/ec2/instances/{id}/console`, over WebSockets; docs/terminal.md has the protocol. */
export class TerminalSockets {
  readonly #app: App;
  readonly #sessions: TerminalSessions;
  readonly #server: WebSocketServer;
  readonly #unanswered = new WeakMap<WebSocket, number>();
  readonly #pinging: NodeJS.Timeout;
  #closing = false;

  constructor(app: App, options: { ping?: number; keep?: number } = {}) {
    const { keep, ping = pingMilliseconds } = options;
    this.#app = app;
    this.#sessions = new TerminalSessions({
      machines: app.serviceContext.machines,
      log: app.log,
      ...(keep !== undefined && { keep }),
    });
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(protocolName) ? protocolName : false),
    });
    this.#pinging = setInterval(() => this.#ping(), ping).unref();
  }

  /** Answers a request to upgrade to a WebSocket: whoever may not have one is refused by a status of HTTP. */
  async upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    try {
      const wanted = await this.#admit(req);
      this.#server.handleUpgrade(req, socket, head, (webSocket) => void this.#serve(webSocket, wanted));
    } catch (error) {
      refuseUpgrade(req, socket, problemResponse(this.#toRefusal(error), randomUUID()));
    }
  }

  /** Closes every connection, and ends every terminal. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#pinging);
    const closed = [...this.#server.clients].map((client) => {
      client.close(closeCodes.stopping, "LocalAWS stops.");
      return once(client, "close");
    });
    const grace = delay(closeGrace, undefined, { ref: false });
    await Promise.all([this.#sessions.close(), Promise.race([Promise.all(closed), grace])]);
    for (const client of this.#server.clients) client.terminate();
  }

  /** The order keeps other origins' pages from using up a ticket. */
  async #admit(req: IncomingMessage): Promise<Wanted> {
    const [path = "", query = ""] = (req.url ?? "").split("?", 2);
    const instance = /^\/ec2\/instances\/([\w-]+)\/console$/.exec(path)?.[1];
    if (instance === undefined) throw refusal(404, "NotFound", `There is no WebSocket at ${path}.`);
    const foreign = refuseForeign(this.#app.config, req);
    if (foreign !== undefined) throw refusal(foreign.status, foreign.code, foreign.detail);
    const wanted = wishes.safeParse(Object.fromEntries(new URLSearchParams(query)));
    if (!wanted.success) {
      const words = wanted.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
      throw refusal(400, "ValidationError", `The query cannot be used: ${words.join("; ")}`);
    }
    await this.#authenticate(req, path, wanted.data.ticket);
    if (this.#closing) throw refusal(503, "ServiceUnavailable", "LocalAWS stops.");
    return { ...wanted.data, instance };
  }

  /** By a ticket for this very path; or by the access token, as no browser can send it, or as a browser can: a subprotocol. */
  async #authenticate(req: IncomingMessage, path: string, ticket: string | undefined): Promise<void> {
    const { tickets, sessions } = this.#app;
    if (ticket !== undefined) {
      if (tickets.redeem(ticket, path)) return;
      throw unauthorized("The ticket has been used, has expired, or is for something else: ask POST /auth/ticket.");
    }
    const offered = (req.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    const token =
      bearerToken(req) ?? offered.find((name) => name.startsWith(tokenPrefix))?.slice(tokenPrefix.length) ?? "";
    if (await sessions.verify(token)) return;
    throw unauthorized("Open the terminal with a ticket of POST /auth/ticket, or with an access token that is valid.");
  }

  async #serve(socket: WebSocket, wanted: Wanted): Promise<void> {
    socket.on("error", (error) =>
      this.#app.log.debug({ err: error, instance: wanted.instance }, "a terminal's client"),
    );
    socket.on("pong", () => this.#unanswered.delete(socket));
    // What is sent before there is a terminal waits.
    socket.pause();
    try {
      const session = await this.#session(wanted);
      if (session === undefined) {
        end(socket, closeCodes.sessionGone, `The session ${wanted.session} has ended.`);
      } else {
        new TerminalConnection(socket, session, wanted.offset);
        if (wanted.session !== undefined) await session.resize(wanted.columns, wanted.rows);
      }
    } catch (error) {
      this.#fail(socket, wanted.instance, error);
    } finally {
      socket.resume();
    }
  }

  async #session(wanted: Wanted): Promise<TerminalSession | undefined> {
    const { instance, session, columns, rows } = wanted;
    if (session !== undefined) return this.#sessions.find(session, instance, adminName);
    await this.#app.ready();
    const opened = await this.#sessions.open(instance, adminName, { columns, rows });
    this.#app.log.info({ instance }, "a terminal was opened");
    return opened;
  }

  #fail(socket: WebSocket, instance: string, error: unknown): void {
    if (error instanceof TerminalError) {
      const [code, message] = explained(error, instance);
      end(socket, code, message);
      return;
    }
    this.#app.log.error({ err: error, instance }, "a terminal failed unexpectedly");
    end(socket, closeCodes.failed, "The terminal could not be opened; the log of LocalAWS says why.");
  }

  /** Keeps proxies from dropping a connection that is idle, and drops peers that are gone. */
  #ping(): void {
    for (const client of this.#server.clients) {
      // Of a client whose typing waits for the program no answer is read, and those that came lie behind what it has typed.
      const unanswered = client.isPaused ? 0 : (this.#unanswered.get(client) ?? 0);
      if (unanswered === mostUnanswered) {
        client.terminate();
        continue;
      }
      this.#unanswered.set(client, unanswered + 1);
      client.ping();
    }
  }

  #toRefusal(error: unknown): AwsError {
    if (error instanceof Error && error.name === "AwsError") return error as AwsError;
    this.#app.log.error({ err: error }, "a terminal could not be admitted");
    return refusal(500, "InternalFailure", "LocalAWS failed to answer; its log says why.");
  }
}

function explained({ reason, message }: TerminalError, instance: string): [CloseCode, string] {
  switch (reason) {
    case "NotFound":
      return [closeCodes.notFound, `There is no instance ${instance}, or it has not been launched yet.`];
    case "NotRunning":
      return [closeCodes.notRunning, `The instance ${instance} is not running: start it to open a terminal.`];
    case "Unavailable":
      return [closeCodes.unavailable, message];
  }
}
