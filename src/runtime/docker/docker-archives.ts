import type Docker from "dockerode";
import type { DatabaseArchives, RecoveryPoint } from "../database-driver.ts";
import { archiveSettings, flushWal, recoverySettings } from "../wal-archive.ts";
import { ArchiveVolumes, archivePlace, segments } from "./archive-volumes.ts";
import { mustSucceed } from "./container-exec.ts";
import { psqlAsSuperuser } from "./superuser-exec.ts";

/** The segments of a recovery. */
const recovered = `${archivePlace}/recovery`;

/** Arguments of each server. */
export const archiveArguments = Object.entries(archiveSettings(segments)).flatMap(([name, value]) => [
  "-c",
  `${name}=${value}`,
]);

/** Archives that PostgreSQL's servers write to. */
export class DockerArchives implements DatabaseArchives {
  readonly engines = ["postgres"] as const;
  readonly #volumes: ArchiveVolumes;

  constructor(docker: Docker, folder: string) {
    this.#volumes = new ArchiveVolumes(docker, {
      servers: { folder, kind: "database" },
      archives: { folder, kind: "archive" },
    });
  }

  /** For the container of a server that is being made. */
  mountFor(id: string): Promise<Docker.MountSettings> {
    return this.#volumes.mountFor(id);
  }

  async open(id: string): Promise<void> {
    await this.#volumes.inServer(id, (container) => this.#volumes.open(container, "postgres"));
  }

  async flush(id: string): Promise<void> {
    await this.#volumes.inServer(id, (container) => flushWal((sql) => psqlAsSuperuser(container, sql)));
  }

  async prune(id: string, before: Date): Promise<void> {
    await this.#volumes.prune(id, before);
  }

  async remove(id: string): Promise<void> {
    await this.#volumes.remove(id);
  }

  list(): Promise<string[]> {
    return this.#volumes.list();
  }

  async removeAll(): Promise<void> {
    await this.#volumes.removeAll();
  }

  /** Gives a container that has not been started the segments of another server's archive, and what it goes by with them. */
  async prepare({ archiveOf, until }: RecoveryPoint, container: Docker.Container) {
    const { Image } = await container.inspect();
    await this.flush(archiveOf);
    await this.#volumes.read(archiveOf, Image, (archive) => container.putArchive(archive, { path: archivePlace }));
    return recoverySettings(`${recovered}/wal`, until);
  }

  /** A server that has recovered needs no archive but its own. */
  async tidy(container: Docker.Container): Promise<void> {
    await mustSucceed(container, `rm -rf ${recovered}`);
  }
}
