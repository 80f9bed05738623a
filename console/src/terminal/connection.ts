import { type ReadonlySignal, signal } from "@preact/signals";
import type { Api } from "../api.ts";
import type { Ticket } from "../api-types.ts";

export type ConnectionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "reconnecting" }
  /** The program has ended; the instance may have, too. */
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "failed"; readonly message: string };

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal in an instance, over a WebSocket that is made again when it breaks (docs/terminal.md has the protocol). */
export interface TerminalConnection {
  readonly state: ReadonlySignal<ConnectionState>;
  type(bytes: Uint8Array<ArrayBuffer>): void;
  resize(size: Size): void;
  /** Ends the shell. */
  close(): void;
}

export interface ConnectionOptions {
  readonly api: Api;
  readonly instanceId: string;
  readonly size: Size;
  /** `shown` is to be called when the bytes have been shown: the server sends no more than a window ahead of that. */
  readonly onOutput: (bytes: Uint8Array, shown: () => void) => void;
}

const closedInOrder = 1000;
const closedByPage = 4000;
/** The server goes, or the network: the shell is kept for a minute. */
const isBreak = (code: number) => code === 1006 || code === 1012 || code === 1013;
const longestRetryMs = 55_000;
const firstDelayMs = 300;
const longestDelayMs = 5000;
/** Bytes between acknowledgements; the server's window is 1 MiB. */
const ackStep = 128 * 1024;

export function connectTerminal({ api, instanceId, size, onOutput }: ConnectionOptions): TerminalConnection {
  const state = signal<ConnectionState>({ kind: "connecting" });
  const path = `/ec2/instances/${encodeURIComponent(instanceId)}/console`;
  let wanted = size;
  let socket: WebSocket | undefined;
  let session: string | undefined;
  /** Bytes of output, from the session's beginning: those that came, those that were shown, those that were acknowledged. */
  const offset = { received: 0, shown: 0, acknowledged: 0 };
  let brokenSince: number | undefined;
  let delay = firstDelayMs;
  let reason = "";

  const isOver = () => state.value.kind === "exited" || state.value.kind === "failed";
  const fail = (message: string) => {
    if (!isOver()) state.value = { kind: "failed", message };
  };
  const say = (message: object) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };

  async function open(): Promise<void> {
    try {
      const { ticket } = await api.call<Ticket>("POST", "/auth/ticket", { json: { path } });
      if (isOver()) return;
      const query = new URLSearchParams({ ticket, columns: String(wanted.columns), rows: String(wanted.rows) });
      if (session !== undefined) {
        query.set("session", session);
        query.set("offset", String(offset.received));
      }
      const opened = new WebSocket(`${location.origin.replace(/^http/, "ws")}${path}?${query}`, "localaws.terminal");
      opened.binaryType = "arraybuffer";
      opened.onmessage = ({ data }: MessageEvent<unknown>) => received(data);
      opened.onclose = ({ code, reason: said }) => closed(code, said);
      socket = opened;
    } catch (error) {
      retry(error instanceof Error ? error.message : String(error));
    }
  }

  function received(data: unknown): void {
    if (data instanceof ArrayBuffer) {
      offset.received += data.byteLength;
      onOutput(new Uint8Array(data), () => {
        offset.shown += data.byteLength;
        if (offset.shown - offset.acknowledged < ackStep) return;
        offset.acknowledged = offset.shown;
        say({ type: "ack", offset: offset.shown });
      });
    } else if (typeof data === "string") told(JSON.parse(data) as Partial<Record<string, unknown>>);
  }

  function told(message: Partial<Record<string, unknown>>): void {
    const { type, session: id, offset: at, code, message: text } = message;
    if (type === "ready" && typeof id === "string") {
      session = id;
      // What the server no longer has is lost: it goes on from a later place.
      if (typeof at === "number" && at > offset.received) offset.shown += at - offset.received;
      if (typeof at === "number") offset.received = at;
      brokenSince = undefined;
      delay = firstDelayMs;
      state.value = { kind: "open" };
      say({ type: "ack", offset: offset.shown });
    } else if (type === "exit" && typeof code === "number") state.value = { kind: "exited", code };
    else if (type === "error" && typeof text === "string") reason = text;
  }

  function closed(code: number, said: string): void {
    socket = undefined;
    if (isOver()) return;
    if (isBreak(code)) retry("The connection to LocalAWS broke.");
    else if (code === closedInOrder || code === closedByPage) fail(reason || "The terminal is closed.");
    else fail(reason || said || "The terminal could not be opened.");
  }

  /** A ticket or a WebSocket that could not be had; a first try that fails is told at once. */
  function retry(message: string): void {
    brokenSince ??= performance.now();
    if (session === undefined || performance.now() - brokenSince > longestRetryMs) {
      fail(message);
      return;
    }
    state.value = { kind: "reconnecting" };
    setTimeout(() => void open(), delay);
    delay = Math.min(delay * 2, longestDelayMs);
  }

  void open();
  return {
    state,
    type(bytes) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(bytes);
    },
    resize(next) {
      wanted = next;
      say({ type: "resize", columns: next.columns, rows: next.rows });
    },
    close() {
      say({ type: "close" });
      fail("The terminal is closed.");
    },
  };
}
