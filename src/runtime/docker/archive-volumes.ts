import type Docker from "dockerode";
import { DatabaseLaunchError } from "../database-driver.ts";
import { mustSucceed } from "./container-exec.ts";
import { findContainer, removeContainer } from "./containers.ts";
import { unlessStatus } from "./engine.ts";
import { idLabel, type Ownership, ownFilter, ownLabels } from "./labels.ts";

/** Where a server's container has the volume of its archive. */
export const archivePlace = "/var/lib/localaws-archive";
/** A folder that is there makes the server archive. */
export const segments = `${archivePlace}/wal`;
/** The same of another archive's volume, in the container by which that is read. */
const readPlace = "/recovery";

/** Archives in volumes of their own, one for each server's container, which outlive these. */
export class ArchiveVolumes {
  readonly #docker: Docker;
  readonly #servers: Ownership;
  readonly #owner: Ownership;

  constructor(docker: Docker, { servers, archives }: { readonly servers: Ownership; readonly archives: Ownership }) {
    this.#docker = docker;
    this.#servers = servers;
    this.#owner = archives;
  }

  /** For the container of a server that is being made. */
  async mountFor(id: string): Promise<Docker.MountSettings> {
    await this.#docker.createVolume({ Name: volumeName(id), Labels: ownLabels(this.#owner, id) });
    return { Type: "volume", Source: volumeName(id), Target: archivePlace };
  }

  async list(): Promise<string[]> {
    const { Volumes } = await this.#docker.listVolumes({ filters: ownFilter(this.#owner) });
    return (Volumes ?? []).flatMap(({ Labels }) => Labels?.[idLabel] ?? []);
  }

  /** Makes the folder, as the account's that the server runs as. */
  async open(container: Docker.Container, account: string): Promise<void> {
    await mustSucceed(container, `mkdir -p ${segments} && chown ${account} ${segments} && chmod 700 ${segments}`);
  }

  /** Drops files that were last written before. */
  async prune(id: string, before: Date): Promise<void> {
    // Of the ways to compare times, the one that every image's `find` knows.
    const minutes = Math.ceil((Date.now() - before.getTime()) / 60_000);
    await this.inServer(id, (container) =>
      mustSucceed(container, `test ! -d ${segments} || find ${segments} -type f -mmin +${minutes} -exec rm -f {} +`),
    );
  }

  async remove(id: string): Promise<void> {
    await this.inServer(id, (container) => mustSucceed(container, `rm -rf ${segments}`));
    // 409: its server's container is there.
    await unlessStatus(this.#docker.getVolume(volumeName(id)).remove(), 404, 409);
  }

  async removeAll(): Promise<void> {
    await Promise.all((await this.list()).map((id) => this.remove(id)));
  }

  /**
   * Reads an archive, by a container of some image that never runs, as a tar of `recovery` with what is in it.
   * @throws DatabaseLaunchError where there is none
   */
  async read(id: string, image: string, use: (archive: NodeJS.ReadableStream) => Promise<unknown>): Promise<void> {
    if (!(await this.list()).includes(id)) throw new DatabaseLaunchError(`There is no archive of ${id}.`);
    const reader = await this.#docker.createContainer({
      Image: image,
      Labels: ownLabels(this.#owner, id),
      HostConfig: { Mounts: [{ Type: "volume", Source: volumeName(id), Target: readPlace, ReadOnly: true }] },
    });
    try {
      await use(await reader.getArchive({ path: readPlace }));
    } finally {
      await removeContainer(reader);
    }
  }

  /** Nothing where it does not run, or was made without an archive. */
  async inServer(id: string, work: (container: Docker.Container) => Promise<void>): Promise<void> {
    const container = await findContainer(this.#docker, this.#servers, id);
    if (container === undefined) return;
    const { State, Mounts } = await container.inspect();
    if (State.Running && Mounts.some(({ Destination }) => Destination === archivePlace)) await work(container);
  }
}

function volumeName(id: string): string {
  return `localaws-archive-${id}`;
}
