import type Docker from "dockerode";
import { DatabaseLaunchError, type DatabaseSpec } from "../database-driver.ts";
import { pullDatabaseImage, restartAfterCrash, specOfContainer } from "./database-containers.ts";
import { passwordOf } from "./docker-replicas.ts";
import { idLabel, type Ownership, ownFilter } from "./labels.ts";
import { postgresDataFolder, postgresImage, postgresPort } from "./postgres-image.ts";
import { archiveAnew, archiveOn, isWrittenOut, letIn, readIn, writeOut } from "./postgres-upgrade.ts";
import type { ServerContainers } from "./server-containers.ts";
import type { VolumeSnapshots } from "./volume-snapshots.ts";

/** Of the snapshot that is kept during an upgrade: what the server was made with, as JSON. */
const specLabel = "localaws.upgrade-of";
const snapshotPrefix = "upgrade-";

/** Whether a snapshot is what a server goes back to. */
export function isOfUpgrade(snapshotId: string): boolean {
  return snapshotId.startsWith(snapshotPrefix);
}

interface Servers {
  readonly owner: Ownership;
  readonly containers: ServerContainers;
  readonly snapshots: VolumeSnapshots;
  make(spec: DatabaseSpec, image: string, password?: string): Promise<Docker.Container>;
  start(id: string): Promise<unknown>;
  stop(id: string): Promise<void>;
  configure(id: string): Promise<unknown>;
  /** Whether it follows another server, or is followed. */
  replicates(id: string, container: Docker.Container): Promise<boolean>;
}

/** Gives servers data of a later major version. Where that fails or is cut off, they go on with those that they had. */
export class DockerUpgrades {
  readonly #docker: Docker;
  readonly #servers: Servers;

  constructor(docker: Docker, servers: Servers) {
    this.#docker = docker;
    this.#servers = servers;
  }

  async upgrade(id: string, container: Docker.Container, engineVersion: string): Promise<void> {
    const { containers, snapshots } = this.#servers;
    const before = await container.inspect();
    if (await this.#servers.replicates(id, container)) {
      throw new DatabaseLaunchError("A server that follows another, or is followed, cannot be upgraded.");
    }
    await pullDatabaseImage(this.#docker, postgresImage(engineVersion), () => {});
    if (!before.State.Running) await this.#servers.start(id);
    const password = await passwordOf(container);
    const versionBefore = (await containers.server(id))?.engineVersion ?? "";
    const outside = await writeOut(container);
    await this.#servers.stop(id);
    const copyId = `${snapshotPrefix}${id}`;
    await snapshots.take(copyId, container, `localaws-${id}`, {
      [specLabel]: JSON.stringify(specOf(before, versionBefore)),
    });
    await containers.remove(id);
    try {
      const spec = specOf(before, engineVersion);
      const upgraded = await this.#servers.make(spec, postgresImage(engineVersion), password);
      await containers.start(id, upgraded);
      await readIn(upgraded, outside);
      await this.#servers.configure(id);
      await archiveAnew(upgraded);
      await this.#servers.stop(id);
      await this.#servers.start(id);
      // Says that it is done, should LocalAWS end here.
      await restartAfterCrash(upgraded);
    } catch (error) {
      await this.#goBack(id, password);
      throw error;
    } finally {
      await snapshots.remove(copyId);
      if (!before.State.Running) await this.#servers.stop(id);
    }
  }

  /** After the end of LocalAWS: servers whose upgrade that has cut off go on with what they had. */
  async mend(): Promise<void> {
    const { owner, containers, snapshots } = this.#servers;
    const ids = (await snapshots.list()).filter(isOfUpgrade).map((one) => one.slice(snapshotPrefix.length));
    for (const id of ids) {
      const copyId = `${snapshotPrefix}${id}`;
      const present = await (await containers.find(id))?.inspect();
      const isOld = present?.Image === (await snapshots.imageOf(copyId));
      const isDone = present?.HostConfig.RestartPolicy?.Name === "on-failure";
      // Of one that is still there the copy need not be whole.
      if (!isOld && !isDone) await this.#goBack(id);
      await snapshots.remove(copyId);
    }
    const all = await this.#docker.listContainers({ all: true, filters: ownFilter(owner) });
    for (const { Id, Labels } of all) {
      const container = this.#docker.getContainer(Id);
      if (!(await isWrittenOut(container))) continue;
      await containers.start(Labels[idLabel] ?? "", container);
      await letIn(container);
      await archiveOn(container);
    }
  }

  async #goBack(id: string, password?: string): Promise<void> {
    const { containers, snapshots } = this.#servers;
    const copyId = `${snapshotPrefix}${id}`;
    const spec: DatabaseSpec = JSON.parse((await snapshots.labelsOf(copyId))[specLabel] ?? "{}");
    await containers.remove(id);
    const restored = await this.#servers.make(spec, await snapshots.imageOf(copyId), password);
    await snapshots.restore(copyId, restored, postgresDataFolder(`${Number.parseInt(spec.engineVersion, 10)}`));
    await containers.start(id, restored);
    await archiveOn(restored);
    await restartAfterCrash(restored);
  }
}

function specOf(inspected: Docker.ContainerInspectInfo, engineVersion: string): DatabaseSpec {
  return { ...specOfContainer(inspected, postgresPort), engine: "postgres", engineVersion };
}
