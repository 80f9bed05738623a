import { readFile, rm, writeFile } from "node:fs/promises";
import type { Readable } from "node:stream";

/** Bytes kept of a machine's console, as EC2's GetConsoleOutput has them. */
const capacity = 64 * 1024;

/** The last 64 KiB that a machine wrote, in a file that survives it. */
export class ConsoleLog {
  readonly #file: string;
  #tail: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
  }

  /** Empties it: a console shows what was written since the last start. */
  async clear(): Promise<void> {
    this.#tail = Buffer.alloc(0);
    await rm(this.#file, { force: true });
  }

  /**
   * Takes all that the stream has. The next piece is read when this one is in the file: who floods it waits. What cannot be written (a full
   * disk) is kept in memory alone.
   */
  async follow(stream: Readable): Promise<void> {
    for await (const chunk of stream) {
      this.#tail = Buffer.concat([this.#tail, chunk as Buffer]).subarray(-capacity);
      await writeFile(this.#file, this.#tail, { mode: 0o600 }).catch(() => {});
    }
  }

  async text(): Promise<string> {
    if (this.#tail.length > 0) return this.#tail.toString("utf8");
    return await readFile(this.#file, "utf8").catch(() => "");
  }
}
