/** Milliseconds until the first try again; each waits twice as long as the one before. */
const shortest = 1000;
const longest = 60_000;

/**
 * Work that something outside has kept from its end, such as a full disk: it is tried again until it succeeds, since nobody but a
 * restart would otherwise take it up.
 */
export class Retries {
  readonly #delays = new Map<string, number>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #closed = false;

  /** Calls `again` once; what waits for the key already stays as it is. Nothing once it is closed. */
  later(key: string, again: () => void): void {
    if (this.#closed || this.#timers.has(key)) return;
    const delay = this.#delays.get(key) ?? shortest;
    this.#delays.set(key, Math.min(delay * 2, longest));
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      again();
    }, delay);
    this.#timers.set(key, timer.unref());
  }

  /** It has succeeded. */
  done(key: string): void {
    this.#delays.delete(key);
  }

  /** Gives up on all that waits. */
  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#delays.clear();
  }

  /** The same, and on what would come. */
  close(): void {
    this.#closed = true;
    this.clear();
  }
}
