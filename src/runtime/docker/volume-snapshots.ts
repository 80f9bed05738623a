import { posix } from "node:path";
import type Docker from "dockerode";
import { DatabaseLaunchError } from "../database-driver.ts";
import { pauseContainer, removeContainer } from "./containers.ts";
import { unlessStatus } from "./engine.ts";
import { idLabel, type Ownership, ownFilter, ownLabels } from "./labels.ts";

/** Where a snapshot's volume is in the container that never runs, by which the engine lets it be reached. */
const place = "/snapshot";
/** Names the image by which a snapshot's volume can be reached again. */
const imageLabel = "localaws.snapshot-image";
/** The version that the server said. */
const versionLabel = "localaws.snapshot-version";

export function versionLabels(version: string | undefined): Labels {
  return version === undefined ? {} : { [versionLabel]: version };
}

type Labels = Readonly<Record<string, string>>;

interface Source {
  readonly container: Docker.Container;
  /** Its image's id. */
  readonly image: string;
  /** Where its data are. */
  readonly folder: string;
  readonly labels: Labels;
}

/** Copies of the data of containers, each in a volume of its own. */
export class VolumeSnapshots {
  readonly #docker: Docker;
  readonly #owner: Ownership;

  constructor(docker: Docker, folder: string, kind: "snapshot" | "mysql-snapshot" = "snapshot") {
    this.#docker = docker;
    this.#owner = { folder, kind };
  }

  /**
   * Copies a volume of a container, which stands still meanwhile. `labels`: what is to be found again with the copy.
   * @throws Error of the engine, and leaves nothing
   */
  async take(id: string, container: Docker.Container, volume: string, labels: Labels = {}): Promise<void> {
    const { State, Image, Mounts } = await container.inspect();
    const data = Mounts.find(({ Name }) => Name === volume);
    if (data === undefined) throw new DatabaseLaunchError(`There is no volume ${volume}.`);
    const runs = State.Running && !State.Paused;
    if (runs) await pauseContainer(container);
    try {
      await this.#copy(id, { container, image: Image, folder: data.Destination, labels });
    } finally {
      if (runs) await container.unpause();
    }
  }

  async #copy(id: string, { container, image, folder, labels }: Source): Promise<void> {
    try {
      await this.#docker.createVolume({
        Name: volumeName(id),
        Labels: { ...labels, ...ownLabels(this.#owner, id), [imageLabel]: image },
      });
      await this.#withVolume(id, image, async (holder) => {
        await holder.putArchive(await container.getArchive({ path: folder }), { path: place });
      });
    } catch (error) {
      await this.remove(id);
      throw error;
    }
  }

  /** Fills the data folder of a container that has not been started. @throws DatabaseLaunchError */
  async restore(id: string, container: Docker.Container, folder: string): Promise<void> {
    await this.#withVolume(id, await this.imageOf(id), async (holder) => {
      const archive = await holder.getArchive({ path: posix.join(place, posix.basename(folder)) });
      await container.putArchive(archive, { path: posix.dirname(folder) });
    });
  }

  async copy(id: string, copyId: string): Promise<void> {
    const image = await this.imageOf(id);
    const labels = versionLabels((await this.labelsOf(id))[versionLabel]);
    await this.#withVolume(id, image, async (holder) => {
      await this.#docker.createVolume({
        Name: volumeName(copyId),
        Labels: { ...labels, ...ownLabels(this.#owner, copyId), [imageLabel]: image },
      });
      await this.#withVolume(copyId, image, async (copy) => {
        await copy.putArchive(await holder.getArchive({ path: place }), { path: "/" });
      });
    });
  }

  async remove(id: string): Promise<void> {
    await unlessStatus(this.#docker.getVolume(volumeName(id)).remove(), 404);
  }

  async list(): Promise<string[]> {
    const { Volumes } = await this.#docker.listVolumes({ filters: ownFilter(this.#owner) });
    return (Volumes ?? []).flatMap(({ Labels }) => Labels?.[idLabel] ?? []);
  }

  async removeAll(): Promise<void> {
    await Promise.all((await this.list()).map((id) => this.remove(id)));
  }

  /** The id of the image that a snapshot's data are of. @throws DatabaseLaunchError where there is no such snapshot */
  async imageOf(id: string): Promise<string> {
    const image = (await this.labelsOf(id))[imageLabel];
    if (image === undefined) throw new DatabaseLaunchError(`There is no snapshot ${id}.`);
    return image;
  }

  /** The image whose server left the data, if that was of this version and is here still. */
  async imageOfVersion(id: string, version: string): Promise<string | undefined> {
    const { [imageLabel]: image, [versionLabel]: own } = await this.labelsOf(id);
    if (image === undefined || own !== version) return undefined;
    return (await unlessStatus(this.#docker.getImage(image).inspect(), 404))?.Id;
  }

  /** None where there is no such snapshot. */
  async labelsOf(id: string): Promise<Labels> {
    return (await unlessStatus(this.#docker.getVolume(volumeName(id)).inspect(), 404))?.Labels ?? {};
  }

  async #withVolume(id: string, image: string, work: (holder: Docker.Container) => Promise<void>): Promise<void> {
    const holder = await this.#docker.createContainer({
      Image: image,
      Labels: ownLabels(this.#owner, id),
      HostConfig: { Mounts: [{ Type: "volume", Source: volumeName(id), Target: place }] },
    });
    try {
      await work(holder);
    } finally {
      await removeContainer(holder);
    }
  }
}

function volumeName(id: string): string {
  return `localaws-snapshot-${id}`;
}
