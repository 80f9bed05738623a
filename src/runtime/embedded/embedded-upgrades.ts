import { DatabaseLaunchError } from "../database-driver.ts";
import type { DatabaseRecord } from "./embedded-replicas.ts";
import type { EmbeddedServers } from "./embedded-servers.ts";
import type { PostgresClients } from "./postgres-clients.ts";
import type { ServerSettings } from "./postgres-cluster.ts";
import type { PostgresLauncher } from "./postgres-launcher.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { dropPrevious, goBack, upgradeData } from "./postgres-upgrade.ts";

interface Upgrading {
  readonly servers: EmbeddedServers<DatabaseRecord, PostgresServer>;
  readonly clients: PostgresClients | undefined;
  launcher(version: string): PostgresLauncher;
  settings(record: DatabaseRecord): Promise<ServerSettings>;
  start(record: DatabaseRecord): Promise<void>;
  /** Whether it follows another server, or is followed. */
  replicates(record: DatabaseRecord): boolean;
  /** What was archived is of no use to data that were made anew. */
  archiveAnew(id: string): Promise<void>;
}

/** Gives servers data of a later major version. */
export class EmbeddedUpgrades {
  readonly #with: Upgrading;

  constructor(upgrading: Upgrading) {
    this.#with = upgrading;
  }

  /** Whether there are programs here that write out the data of a version. */
  writesOut(version: string): boolean {
    return this.#clientsFor(version) !== undefined;
  }

  /** In its server's turn. Where that fails, it goes on with what it had. @throws DatabaseLaunchError */
  async upgrade(id: string, engineVersion: string): Promise<void> {
    const { servers } = this.#with;
    const before = servers.record(id);
    const clients = this.#clientsFor(before.engineVersion);
    if (clients === undefined) {
      throw new DatabaseLaunchError(
        `An upgrade from PostgreSQL ${before.engineVersion} takes pg_dumpall and psql of that version, or of a later one, on this machine.`,
      );
    }
    if (this.#with.replicates(before)) {
      throw new DatabaseLaunchError("A server that follows another, or is followed, cannot be upgraded.");
    }
    const folder = servers.path(id);
    const runs = servers.runs(id);
    const settings = await this.#with.settings(before);
    const [from, to] = [this.#with.launcher(before.engineVersion), this.#with.launcher(engineVersion)];
    await servers.halt(id);
    try {
      await upgradeData({ folder, from, to, clients, settings });
      const after = { ...before, engineVersion };
      servers.save(after);
      await this.#with.start(after);
    } catch (error) {
      await servers.halt(id);
      await goBack(folder);
      servers.save(before);
      if (runs) await this.#with.start(before);
      throw error;
    }
    await this.#with.archiveAnew(id);
    await dropPrevious(folder);
    if (!runs) await servers.halt(id);
  }

  #clientsFor(version: string): PostgresClients | undefined {
    const { clients } = this.#with;
    return clients !== undefined && clients.major >= Number.parseInt(version, 10) ? clients : undefined;
  }
}
