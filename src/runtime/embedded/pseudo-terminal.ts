import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import { ReadStream } from "node:tty";
import { checkTerminalSize, TerminalError } from "../terminal.ts";

/** https://man7.org/linux/man-pages/man2/TIOCSPTLCK.2const.html, TIOCGPTN and TIOCSWINSZ: the same on every processor that Node.js is built for. */
const requests = { unlock: 0x40045431, number: 0x80045430, resize: 0x5414 } as const;

const chunkBytes = 64 * 1024;
/** Milliseconds between the attempts to write to a program that does not read: nothing tells of its reading. */
const retry = { first: 1, last: 20 } as const;

type Ioctl = (descriptor: number, request: number, argument: Buffer) => void;

/** A pseudo-terminal of one devpts file system. The side that programs have is opened, and held, here too. */
export class PseudoTerminal {
  /** For the programs' descriptors 0, 1 and 2. */
  readonly slave: number;
  readonly output: Readable;
  readonly input: Writable;
  readonly #master: number;
  readonly #stream: ReadStream;
  readonly #ioctl: Ioctl;
  #open = true;

  private constructor(ioctl: Ioctl, master: number, slave: number) {
    this.#ioctl = ioctl;
    this.#master = master;
    this.slave = slave;
    this.#stream = new ReadStream(master);
    // With the other side held here there is no error to come but that of a terminal that is gone.
    this.#stream.on("error", () => this.close());
    this.#stream.on("data", (chunk: Buffer) => {
      if (!this.output.push(chunk)) this.#stream.pause();
    });
    this.output = new Readable({
      highWaterMark: chunkBytes,
      read: () => {
        if (this.#open) this.#stream.resume();
      },
    });
    this.input = new Writable({
      highWaterMark: chunkBytes,
      write: (bytes: Buffer, _encoding, done) => this.#write(bytes, done, retry.first),
    });
  }

  /** `folder`: where that file system is mounted. @throws TerminalError without the library that this takes */
  static async open(folder: string): Promise<PseudoTerminal> {
    const ioctl = await loadIoctl();
    // Node.js closes both in every program that it starts.
    const master = openSync(`${folder}/ptmx`, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    try {
      ioctl(master, requests.unlock, Buffer.alloc(4));
      const number = Buffer.alloc(4);
      ioctl(master, requests.number, number);
      const name = `${folder}/${number.readUInt32LE()}`;
      return new PseudoTerminal(ioctl, master, openSync(name, constants.O_RDWR | constants.O_NOCTTY));
    } catch (error) {
      closeSync(master);
      throw error;
    }
  }

  /** Sends SIGWINCH to the programs. @throws RangeError */
  resize(columns: number, rows: number): void {
    checkTerminalSize(columns, rows);
    if (!this.#open) return;
    this.#ioctl(this.#master, requests.resize, Buffer.from(new Uint16Array([rows, columns, 0, 0]).buffer));
  }

  /** Reads what has been written so far, and ends `output` after it: for when the program has ended. */
  finish(): void {
    if (!this.#open) return;
    for (let held: Buffer | null = this.#stream.read(); held !== null; held = this.#stream.read()) {
      this.output.push(held);
    }
    for (let rest = this.#readNow(); rest !== undefined; rest = this.#readNow()) this.output.push(rest);
    this.close();
  }

  /** Hangs up: the kernel sends SIGHUP to the session's leader and to what runs in the foreground. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stream.destroy();
    closeSync(this.slave);
    this.input.destroy();
    this.output.push(null);
  }

  #readNow(): Buffer | undefined {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    try {
      const length = readSync(this.#master, chunk);
      return length === 0 ? undefined : chunk.subarray(0, length);
    } catch {
      // EAGAIN: there is no more.
      return undefined;
    }
  }

  /** Not by the stream: on this side of a pseudo-terminal its writes block, and with them everything. */
  #write(bytes: Buffer, done: () => void, wait: number): void {
    const written = this.#open ? this.#writeNow(bytes) : bytes.length;
    if (written === bytes.length) {
      done();
      return;
    }
    const next = written > 0 ? retry.first : Math.min(wait * 2, retry.last);
    setTimeout(() => this.#write(bytes.subarray(written), done, next), next);
  }

  /** How much of it the terminal takes; all, of what nobody will read. */
  #writeNow(bytes: Buffer): number {
    try {
      return writeSync(this.#master, bytes);
    } catch (error) {
      return error instanceof Error && "code" in error && error.code === "EAGAIN" ? 0 : bytes.length;
    }
  }
}

let loading: Promise<Ioctl> | undefined;

function loadIoctl(): Promise<Ioctl> {
  loading ??= findIoctl().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function findIoctl(): Promise<Ioctl> {
  try {
    const { default: koffi } = await import("koffi");
    const call = koffi.load(null).func("int ioctl(int descriptor, unsigned long request, void *argument)");
    return (descriptor, request, argument) => {
      if (call(descriptor, request, argument) !== 0) {
        throw new Error(`The terminal refused a request: error ${koffi.errno()}.`);
      }
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new TerminalError(
      "Unavailable",
      `A terminal of the embedded runtime takes the npm package koffi, which cannot be loaded here (${reason}). Install it without --omit=optional, or use Docker.`,
      { cause: error },
    );
  }
}
