/** Runs what concerns one id in the order of the calls, and different ids at the same time. */
export class OneAtATime {
  readonly #last = new Map<string, Promise<unknown>>();

  /** The ids that something is being done to. */
  get ids(): string[] {
    return [...this.#last.keys()];
  }

  async run<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(id) ?? Promise.resolve();
    const now = before.then(work, work);
    this.#last.set(id, now);
    try {
      return await now;
    } finally {
      if (this.#last.get(id) === now) this.#last.delete(id);
    }
  }
}
