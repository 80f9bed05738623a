/** Runs work of one key in the order in which it was given, and work of different keys side by side. */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Whether work of this key would begin at once. */
  isIdle(key: string): boolean {
    return !this.#last.has(key);
  }

  /** When all work of this key is done that has been given so far, well or not. */
  async drained(key: string): Promise<void> {
    await this.#last.get(key)?.then(
      () => undefined,
      () => undefined,
    );
  }

  run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const done = before.then(work, work);
    this.#last.set(key, done);
    const forget = () => {
      if (this.#last.get(key) === done) this.#last.delete(key);
    };
    done.then(forget, forget);
    return done;
  }
}
