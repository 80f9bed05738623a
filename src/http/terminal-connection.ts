import type { WebSocket } from "ws";
import type { TerminalSession, TerminalViewer } from "../terminal/terminal-session.ts";
import { type CloseCode, closeCodes, parseClientMessage, type ServerMessage } from "./terminal-messages.ts";

/** What may wait for the network before output is paused: bytes, and pieces, since a program may write each byte by itself. */
const limits = { bytes: 256 * 1024, pieces: 1024 } as const;
/** Bytes that a client which acknowledges is sent ahead of its acknowledgement. */
const ackWindow = 1024 * 1024;

/** A session's viewer over a WebSocket: binary frames are the terminal's bytes, text frames control messages. */
export class TerminalConnection implements TerminalViewer {
  readonly #socket: WebSocket;
  readonly #session: TerminalSession;
  /** The place in the output of the first byte that has not been sent, and of the first that has not been acknowledged. */
  #sent: number;
  #acknowledged: number | undefined;
  /** What was written while the message before was on its way; it becomes one message. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #sending = false;
  #paused = false;

  /** Attaches: `received` is how many bytes of output the client has had before. */
  constructor(socket: WebSocket, session: TerminalSession, received: number) {
    this.#socket = socket;
    this.#session = session;
    const { offset, bytes } = session.attach(this, received);
    this.#sent = offset;
    tell(socket, { type: "ready", session: session.id, instance: session.machineId, offset });
    if (bytes.length > 0) this.output(bytes);
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) this.#typed(data);
      else this.#said(data.toString("utf8"));
    });
    socket.once("close", (code) => {
      session.detach(this);
      // Who closes in order has done with the terminal. Pages that are left or loaded anew say 1001.
      if (code === closeCodes.done) void session.close();
    });
  }

  output(bytes: Buffer): boolean {
    this.#sent += bytes.length;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#sending) this.#flush();
    this.#paused = this.#isFull();
    return !this.#paused;
  }

  drained(): void {
    this.#socket.resume();
  }

  exited(exitCode: number): void {
    this.#flush();
    tell(this.#socket, { type: "exit", code: exitCode });
    this.#socket.close(closeCodes.done);
  }

  replaced(): void {
    end(this.#socket, closeCodes.replaced, "The terminal was opened elsewhere.");
  }

  #typed(bytes: Buffer): void {
    if (!this.#session.type(bytes)) this.#socket.pause();
  }

  #said(text: string): void {
    const message = parseClientMessage(text);
    switch (message.type) {
      case "resize":
        // A terminal that ends just now takes no size; its exit is told anyway.
        this.#session.resize(message.columns, message.rows).catch(() => {});
        return;
      case "ack":
        if (message.offset > this.#sent) {
          end(this.#socket, closeCodes.notAllowed, "What has not been sent was acknowledged.");
          return;
        }
        this.#acknowledged = Math.max(this.#acknowledged ?? 0, message.offset);
        this.#goOn();
        return;
      case "close":
        this.#socket.close(closeCodes.done);
        void this.#session.close();
        return;
      case "bad":
        end(this.#socket, message.code, message.reason);
    }
  }

  #flush(): void {
    const [first, ...more] = this.#waiting;
    if (first === undefined) return;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#sending = true;
    this.#socket.send(more.length === 0 ? first : Buffer.concat([first, ...more]), { binary: true }, () => {
      this.#sending = false;
      this.#flush();
      this.#goOn();
    });
  }

  #goOn(): void {
    if (!this.#paused || this.#isFull()) return;
    this.#paused = false;
    this.#session.resume();
  }

  #isFull(): boolean {
    const ahead = this.#acknowledged === undefined ? 0 : this.#sent - this.#acknowledged;
    return (
      this.#waiting.length > limits.pieces ||
      this.#waitingBytes + this.#socket.bufferedAmount > limits.bytes ||
      ahead > ackWindow
    );
  }
}

/** Says why, and closes. */
export function end(socket: WebSocket, code: CloseCode, message: string): void {
  tell(socket, { type: "error", message });
  // The protocol has room for 123 bytes.
  socket.close(code, message.slice(0, 100));
}

function tell(socket: WebSocket, message: ServerMessage): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
}
