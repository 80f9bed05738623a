import type { DatabaseArchives, DatabaseEngine } from "./database-driver.ts";

/** The archives of all drivers: an archive is that driver's which has its server, or had. */
export class EngineArchives implements DatabaseArchives {
  readonly engines: readonly DatabaseEngine[];
  readonly #all: readonly DatabaseArchives[];
  readonly #ofServer: (id: string) => Promise<DatabaseArchives>;

  constructor(all: readonly DatabaseArchives[], ofServer: (id: string) => Promise<DatabaseArchives>) {
    this.#all = all;
    this.#ofServer = ofServer;
    this.engines = all.flatMap(({ engines }) => engines);
  }

  async open(id: string): Promise<void> {
    await (await this.#ofServer(id)).open(id);
  }

  async flush(id: string): Promise<void> {
    await Promise.all(this.#all.map((archives) => archives.flush(id)));
  }

  async prune(id: string, before: Date): Promise<void> {
    await Promise.all(this.#all.map((archives) => archives.prune(id, before)));
  }

  async remove(id: string): Promise<void> {
    await Promise.all(this.#all.map((archives) => archives.remove(id)));
  }

  async list(): Promise<string[]> {
    return (await Promise.all(this.#all.map((archives) => archives.list()))).flat();
  }
}
