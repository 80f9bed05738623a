import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";

/** Milliseconds that a server has to run for its end to be a new crash. */
const shortestRun = 10_000;
/** One that ends as soon as it has started would do so for ever. */
const maxRestarts = 3;
/** Milliseconds: what a crash leaves of a server's processes may take a moment to end. */
const pause = 500;

/** The servers of a driver that run; one that ends by itself is started again. */
export class RunningServers<Server extends { readonly exited: Promise<void> }> {
  readonly #running = new Map<string, Server>();
  /** The ids of those that are to run. */
  readonly #wanted = new Set<string>();
  /** How often each was started again since it last ran for long. */
  readonly #restarts = new Map<string, number>();
  readonly #restart: (id: string) => Promise<unknown>;
  readonly #log: Logger;

  /** `restart`, in the server's turn, does nothing where it is not `missing` any more. */
  constructor({ restart, log }: { restart: (id: string) => Promise<unknown>; log: Logger }) {
    this.#restart = restart;
    this.#log = log;
  }

  has(id: string): boolean {
    return this.#running.has(id);
  }

  get(id: string): Server | undefined {
    return this.#running.get(id);
  }

  /** Whether it is to run, and does not. */
  missing(id: string): boolean {
    return this.#wanted.has(id) && !this.#running.has(id);
  }

  add(id: string, server: Server): void {
    this.#running.set(id, server);
    this.#wanted.add(id);
    const since = performance.now();
    void server.exited.then(async () => {
      if (this.#running.get(id) !== server) return;
      this.#running.delete(id);
      this.#log.warn({ database: id }, "a database server ended by itself");
      await this.#revive(id, performance.now() - since > shortestRun);
    });
  }

  /** Takes it out, to be stopped: it is not to run any more. */
  take(id: string): Server | undefined {
    this.#wanted.delete(id);
    this.#restarts.delete(id);
    const server = this.#running.get(id);
    this.#running.delete(id);
    return server;
  }

  async #revive(id: string, isNewCrash: boolean): Promise<void> {
    if (isNewCrash) this.#restarts.delete(id);
    while (this.missing(id)) {
      const restarts = (this.#restarts.get(id) ?? 0) + 1;
      this.#restarts.set(id, restarts);
      if (restarts > maxRestarts) {
        this.#log.error({ database: id }, "a database server that ended by itself is not started again");
        return;
      }
      try {
        await this.#restart(id);
      } catch (err) {
        this.#log.error({ err, database: id }, "a database server that ended by itself did not start again");
        await delay(pause);
      }
    }
  }
}
