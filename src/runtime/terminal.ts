import type { Readable, Writable } from "node:stream";

export interface TerminalOptions {
  /** The program and its arguments; none: `bash -l` where the machine has it, else `sh -l`. */
  readonly argv?: readonly string[];
  /** Characters a line: 1 to 65,535, what the kernel can hold. */
  readonly columns: number;
  /** Lines: 1 to 65,535. */
  readonly rows: number;
  /** Beside the machine's own variables and `TERM=xterm-256color`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A program in a machine behind a pseudo-terminal of its own. Bytes pass both ways as they are. */
export interface Terminal {
  /**
   * What the program writes. It ends when the program has ended and all has been read; it may close without an end when
   * the connection to the engine breaks. A program whose output nobody reads waits.
   */
  readonly output: Readable;
  /** What is typed. `write` gives false, and `drain` follows, while the program does not read it. */
  readonly input: Writable;
  /** The program is told (SIGWINCH). @throws RangeError for a size that no terminal has; nothing happens after the program's end */
  resize(columns: number, rows: number): Promise<void>;
  /**
   * Resolves when the program has ended: its exit code, 128 + the signal's number for one that a signal ended (129, 137 or
   * 143 when the machine stops under it), 255 when the connection to the engine broke. Never rejects.
   */
  readonly exited: Promise<{ readonly exitCode: number }>;
  /**
   * Hangs up: every process of the terminal's session gets SIGHUP, as when a connection breaks; what is left after two
   * seconds is killed. What ignores the signal in a session of its own (`setsid`) goes on. Resolves when that is done.
   */
  close(): Promise<void>;
}

/** A terminal that cannot be had; the message is a sentence for people. */
export class TerminalError extends Error {
  /** `Unavailable`: this runtime or this machine has no terminals at all. */
  readonly reason: "NotFound" | "NotRunning" | "Unavailable";
  constructor(reason: TerminalError["reason"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TerminalError";
    this.reason = reason;
  }

  static notFound(id: string): TerminalError {
    return new TerminalError("NotFound", `There is no machine ${id}.`);
  }

  static notRunning(id: string): TerminalError {
    return new TerminalError("NotRunning", `The machine ${id} is not running.`);
  }
}

const maxSize = 65_535;

/** @throws RangeError */
export function checkTerminalSize(columns: number, rows: number): void {
  for (const size of [columns, rows]) {
    if (!Number.isInteger(size) || size < 1 || size > maxSize) {
      throw new RangeError(`A terminal has 1 to ${maxSize} columns and rows, not ${columns} by ${rows}.`);
    }
  }
}
