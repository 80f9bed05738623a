import type Docker from "dockerode";
import { type DatabaseArchives, DatabaseLaunchError, type RecoveryPoint } from "../database-driver.ts";
import { archiveSettings, flushWal, recoverySettings } from "../wal-archive.ts";
import { mustSucceed } from "./container-exec.ts";
import { findContainer, removeContainer } from "./containers.ts";
import { unlessStatus } from "./engine.ts";
import { idLabel, type Ownership, ownFilter, ownLabels } from "./labels.ts";
import { psqlAsSuperuser } from "./superuser-exec.ts";

/** Where a server's container has the volume of its archive. */
const place = "/var/lib/localaws-archive";
/** A folder that is there makes the server archive. */
const segments = `${place}/wal`;
/** The segments of a recovery: under this name in the container by which another archive is read, too. */
const recoveryName = "recovery";
const recovered = `${place}/${recoveryName}`;

/** Arguments of each server. */
export const archiveArguments = Object.entries(archiveSettings(segments)).flatMap(([name, value]) => [
  "-c",
  `${name}=${value}`,
]);

/** Archives in volumes of their own, one for each server's container, which outlive these. */
export class DockerArchives implements DatabaseArchives {
  readonly engines = ["postgres"] as const;
  readonly #docker: Docker;
  readonly #databases: Ownership;
  readonly #owner: Ownership;

  constructor(docker: Docker, folder: string) {
    this.#docker = docker;
    this.#databases = { folder, kind: "database" };
    this.#owner = { folder, kind: "archive" };
  }

  /** For the container of a server that is being made. */
  async mountFor(id: string): Promise<Docker.MountSettings> {
    await this.#docker.createVolume({ Name: volumeName(id), Labels: ownLabels(this.#owner, id) });
    return { Type: "volume", Source: volumeName(id), Target: place };
  }

  async open(id: string): Promise<void> {
    await this.#inServer(id, (container) =>
      mustSucceed(container, `mkdir -p ${segments} && chown postgres ${segments} && chmod 700 ${segments}`),
    );
  }

  async flush(id: string): Promise<void> {
    await this.#inServer(id, (container) => flushWal((sql) => psqlAsSuperuser(container, sql)));
  }

  async prune(id: string, before: Date): Promise<void> {
    // Of the ways to compare times, the one that every image's `find` knows.
    const minutes = Math.ceil((Date.now() - before.getTime()) / 60_000);
    await this.#inServer(id, (container) =>
      mustSucceed(container, `test ! -d ${segments} || find ${segments} -type f -mmin +${minutes} -exec rm -f {} +`),
    );
  }

  async remove(id: string): Promise<void> {
    await this.#inServer(id, (container) => mustSucceed(container, `rm -rf ${segments}`));
    // 409: its server's container is there.
    await unlessStatus(this.#docker.getVolume(volumeName(id)).remove(), 404, 409);
  }

  async list(): Promise<string[]> {
    const { Volumes } = await this.#docker.listVolumes({ filters: ownFilter(this.#owner) });
    return (Volumes ?? []).flatMap(({ Labels }) => Labels?.[idLabel] ?? []);
  }

  async removeAll(): Promise<void> {
    await Promise.all((await this.list()).map((id) => this.remove(id)));
  }

  /** Gives a container that has not been started the segments of another server's archive, and what it goes by with them. */
  async prepare({ archiveOf, until }: RecoveryPoint, container: Docker.Container) {
    const { Image } = await container.inspect();
    if (!(await this.list()).includes(archiveOf)) {
      throw new DatabaseLaunchError(`There is no archive of ${archiveOf}.`);
    }
    await this.flush(archiveOf);
    const mounted = `/${recoveryName}`;
    const reader = await this.#docker.createContainer({
      Image,
      Labels: ownLabels(this.#owner, archiveOf),
      HostConfig: { Mounts: [{ Type: "volume", Source: volumeName(archiveOf), Target: mounted, ReadOnly: true }] },
    });
    try {
      await container.putArchive(await reader.getArchive({ path: mounted }), { path: place });
    } finally {
      await removeContainer(reader);
    }
    return recoverySettings(`${recovered}/wal`, until);
  }

  /** A server that has recovered needs no archive but its own. */
  async tidy(container: Docker.Container): Promise<void> {
    await mustSucceed(container, `rm -rf ${recovered}`);
  }

  /** Nothing where it does not run, or was made without an archive. */
  async #inServer(id: string, work: (container: Docker.Container) => Promise<void>): Promise<void> {
    const container = await findContainer(this.#docker, this.#databases, id);
    if (container === undefined) return;
    const { State, Mounts } = await container.inspect();
    if (State.Running && Mounts.some(({ Destination }) => Destination === place)) await work(container);
  }
}

function volumeName(id: string): string {
  return `localaws-archive-${id}`;
}
