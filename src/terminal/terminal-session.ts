import { finished } from "node:stream";
import type { Terminal } from "../runtime/terminal.ts";
import { ReplayBuffer } from "./replay-buffer.ts";

/** Who looks at a terminal, by whatever protocol. None of these may throw. */
export interface TerminalViewer {
  /** What the program wrote. After false nothing more comes until the session's `resume` is called. */
  output(bytes: Buffer): boolean;
  /** The program has read what was typed: see `TerminalSession.type`. */
  drained(): void;
  /** The program has ended, and all that it wrote has been given out. */
  exited(exitCode: number): void;
  /** Another viewer took the place of this one. */
  replaced(): void;
}

export interface TerminalSessionOptions {
  /** What a viewer names to come back. */
  readonly id: string;
  /** The machine. */
  readonly machineId: string;
  /** Whose it is: nobody else finds it. */
  readonly owner: string;
  readonly terminal: Terminal;
  /** Milliseconds that it waits for a viewer before it hangs up. */
  readonly keep: number;
  /** When nothing is left of it. */
  readonly onEnd: () => void;
}

/** Bytes of output that a viewer who comes back can get again. */
const replayBytes = 256 * 1024;

/**
 * A terminal that outlives the connection to who looks at it: one viewer at a time; while there is none the program goes on,
 * and its last output is kept. It knows no protocol: a WebSocket, SSH or Session Manager's channel drive it alike.
 */
export class TerminalSession {
  readonly id: string;
  readonly machineId: string;
  readonly owner: string;
  readonly #terminal: Terminal;
  readonly #keep: number;
  readonly #onEnd: () => void;
  readonly #replay = new ReplayBuffer(replayBytes);
  #viewer: TerminalViewer | undefined;
  #exitCode: number | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: TerminalSessionOptions) {
    this.id = options.id;
    this.machineId = options.machineId;
    this.owner = options.owner;
    this.#terminal = options.terminal;
    this.#keep = options.keep;
    this.#onEnd = options.onEnd;
    const { output, input } = this.#terminal;
    output.on("data", (bytes: Buffer) => this.#wrote(bytes));
    finished(output, { writable: false }, () => void this.#ended());
    // What is typed after the end goes nowhere; `output` tells of it.
    input.on("error", () => {});
    input.on("drain", () => this.#viewer?.drained());
    this.#wait();
  }

  /**
   * Takes a viewer, in the place of the one that there was. `place` is how many bytes of output it has had already: what came
   * after them is handed back for it, from `offset` on, which is further where that much is not kept. Everything
   * later comes by `output`, and the exit, if that has been, right after this call.
   */
  attach(viewer: TerminalViewer, place = 0): { readonly offset: number; readonly bytes: Buffer } {
    this.#viewer?.replaced();
    this.#viewer = viewer;
    clearTimeout(this.#expiry);
    const missed = this.#replay.from(place);
    const exitCode = this.#exitCode;
    if (exitCode !== undefined) queueMicrotask(() => this.#tellExit(viewer, exitCode));
    this.resume();
    return missed;
  }

  /** The viewer is gone, and may come back for as long as the session is kept. */
  detach(viewer: TerminalViewer): void {
    if (this.#viewer !== viewer) return;
    this.#viewer = undefined;
    this.resume();
    this.#wait();
  }

  /** The viewer can take output again. */
  resume(): void {
    if (this.#closing === undefined) this.#terminal.output.resume();
  }

  /** Bytes from the viewer's keyboard. After false the viewer waits for `drained` before it sends more. */
  type(bytes: Buffer): boolean {
    return !this.#terminal.input.writable || this.#terminal.input.write(bytes);
  }

  /** @throws RangeError for a size that no terminal has */
  async resize(columns: number, rows: number): Promise<void> {
    await this.#terminal.resize(columns, rows);
  }

  /** Hangs up. Resolves when the program and its children have ended. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#expiry);
    this.#viewer = undefined;
    try {
      if (this.#exitCode === undefined) await this.#terminal.close();
    } finally {
      this.#onEnd();
    }
  }

  #wrote(bytes: Buffer): void {
    this.#replay.append(bytes);
    if (this.#viewer !== undefined && !this.#viewer.output(bytes)) this.#terminal.output.pause();
  }

  async #ended(): Promise<void> {
    const { exitCode } = await this.#terminal.exited;
    this.#exitCode = exitCode;
    if (this.#viewer !== undefined) this.#tellExit(this.#viewer, exitCode);
  }

  #tellExit(viewer: TerminalViewer, exitCode: number): void {
    if (this.#viewer !== viewer) return;
    void this.close();
    viewer.exited(exitCode);
  }

  #wait(): void {
    if (this.#closing !== undefined) return;
    this.#expiry = setTimeout(() => void this.close(), this.#keep);
    // What waits here keeps no process from its end.
    this.#expiry.unref();
  }
}
