import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type Docker from "dockerode";
import {
  type DatabaseChanges,
  type DatabaseDriver,
  type DatabaseEngine,
  DatabaseLaunchError,
  type DatabaseParameters,
  type DatabaseServer,
  type DatabaseSpec,
} from "../database-driver.ts";
import { TcpForwards } from "../database-forwards.ts";
import { endReplication, followingSettings, isOutgrown } from "../replication.ts";
import {
  changePassword,
  masterStatements,
  reload,
  type SuperuserSql,
  settingLines,
  superuser,
} from "../superuser-sql.ts";
import { recoverySignal } from "../wal-archive.ts";
import { environment, execInContainer } from "./container-exec.ts";
import { logConfig, readLog } from "./container-log.ts";
import { findContainer, removeContainer } from "./containers.ts";
import { archiveArguments, DockerArchives } from "./docker-archives.ts";
import { DockerReplicas, passwordOf, replicaLabels } from "./docker-replicas.ts";
import { type Engine, engineWords, unlessStatus } from "./engine.ts";
import { pullMissingImage } from "./images.ts";
import { idLabel, type Ownership, ownFilter, ownLabels } from "./labels.ts";
import {
  askVersion,
  postgresDataFolder,
  postgresImage,
  postgresPort,
  postgresVersions,
  shortVersion,
} from "./postgres-image.ts";
import { singleFileArchive } from "./single-file-archive.ts";
import { psqlAsSuperuser } from "./superuser-exec.ts";
import { VolumeSnapshots } from "./volume-snapshots.ts";

/** Seconds that a server has for its shutdown checkpoint before it is killed. */
const stopGrace = 30;
/** Milliseconds that a server has, from its container's start, to accept a connection: a crash's recovery included. */
const readyTimeout = 180_000;

/** Database servers as containers of the official images: one each, with a volume of its own for the data. */
export class DockerDatabases implements DatabaseDriver {
  readonly kind = "docker";
  readonly limitations: readonly string[];
  readonly forwards = new TcpForwards();
  readonly archives: DockerArchives;
  readonly #docker: Docker;
  readonly #cpus: number;
  readonly #owner: Ownership;
  readonly #snapshots: VolumeSnapshots;
  readonly #replicas: DockerReplicas;
  /** By container id; a container's image, and so its version, never changes. */
  readonly #versions = new Map<string, string>();

  constructor(engine: Engine, options: { folder: string }) {
    this.limitations = engine.limitations;
    this.#docker = engine.docker;
    this.#cpus = engine.cpus;
    this.#owner = { folder: options.folder, kind: "database" };
    this.#snapshots = new VolumeSnapshots(engine.docker, options.folder);
    this.#replicas = new DockerReplicas(engine.docker, options.folder);
    this.archives = new DockerArchives(engine.docker, options.folder);
  }

  versions(_engine: DatabaseEngine): readonly string[] {
    return postgresVersions;
  }

  absence(): undefined {
    return undefined;
  }

  /** An image holds one major version's programs; its newest minor version is had by pulling it. */
  upgrades(): readonly string[] {
    return [];
  }

  async create(spec: DatabaseSpec, progress: (line: string) => void, signal?: AbortSignal): Promise<DatabaseServer> {
    const image = postgresImage(spec.engineVersion);
    try {
      await pullMissingImage(this.#docker, image, progress, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw new DatabaseLaunchError(`The image ${image} cannot be had: ${engineWords(error)}`, { cause: error });
    }
    if ((await this.#find(spec.id)) !== undefined)
      throw new DatabaseLaunchError(`There is a server ${spec.id} already.`);
    try {
      signal?.throwIfAborted();
      const source = spec.replicaOf === undefined ? undefined : await this.#get(spec.replicaOf);
      const container = await this.#createContainer(spec, image, source && (await passwordOf(source)));
      if (spec.snapshotId !== undefined) {
        progress(`restoring snapshot ${spec.snapshotId}`);
        await this.#snapshots.restore(spec.snapshotId, container, postgresDataFolder(spec.engineVersion));
        // It may be a replica's, whose source it is not to connect to.
        const recovery = spec.recovery && (await this.archives.prepare(spec.recovery, container));
        await this.#writeToData(container, "postgresql.auto.conf", settingLines(recovery ?? {}));
        if (recovery !== undefined) await this.#writeToData(container, recoverySignal, "");
      }
      if (source !== undefined) {
        progress(`copying ${spec.replicaOf}`);
        await this.#copyToReplica(source, container, spec);
      }
      const server = await this.#startContainer(spec.id, container, signal);
      if (source !== undefined || spec.snapshotId !== undefined) await this.#replicas.tidy(container);
      if (spec.snapshotId !== undefined) await endReplication((sql) => psqlAsSuperuser(container, sql));
      if (source === undefined && spec.snapshotId === undefined) {
        const statements = masterStatements(spec, Number.parseInt(server.engineVersion ?? spec.engineVersion, 10));
        await psqlAsSuperuser(container, statements.join(";\n"));
      }
      if (spec.recovery !== undefined) await this.archives.tidy(container);
      if (spec.archived === true) await this.archives.open(spec.id);
      const { pendingReboot } = await this.configure(spec.id, spec.parameters ?? {});
      if (pendingReboot.length > 0) await this.reboot(spec.id);
      return server;
    } catch (error) {
      await this.remove(spec.id);
      await this.archives.remove(spec.id);
      signal?.throwIfAborted();
      throw this.#launchError(error);
    }
  }

  async start(id: string): Promise<DatabaseServer> {
    const container = await this.#get(id);
    const server = await this.#speaking(this.#startContainer(id, container));
    await this.#speaking(this.#lead(id));
    return server;
  }

  async stop(id: string): Promise<void> {
    const container = await this.#find(id);
    // 304: it has ended already.
    if (container !== undefined) await unlessStatus(container.stop({ t: stopGrace }), 304, 404);
  }

  async reboot(id: string): Promise<void> {
    await this.stop(id);
    await this.start(id);
  }

  async change(id: string, { port, memoryBytes, cpus, engineVersion }: DatabaseChanges): Promise<void> {
    const container = await this.#get(id);
    if (engineVersion !== undefined) throw new DatabaseLaunchError(`An upgrade to ${engineVersion} is not possible.`);
    const size = {
      // Docker's default for the swap, twice the memory, is kept from the creation on otherwise.
      ...(memoryBytes !== undefined && { Memory: memoryBytes, MemorySwap: 2 * memoryBytes }),
      ...(cpus !== undefined && { NanoCpus: this.#nanoCpus(cpus) }),
    };
    // The engine refuses an update of nothing.
    if (Object.keys(size).length > 0) await this.#speaking(container.update(size));
    if (port !== undefined) await this.#speaking(this.#moveToPort(id, container, port));
  }

  async promote(id: string): Promise<void> {
    const container = await this.#get(id);
    await this.#speaking(endReplication((sql) => psqlAsSuperuser(container, sql)));
    await this.#speaking(this.#replicas.forget(container));
    await this.#speaking(this.#replicas.part(await this.#replicas.sourceOf(container), id));
  }

  async remove(id: string): Promise<void> {
    const container = await this.#find(id);
    if (container !== undefined) {
      const source = await unlessStatus(this.#replicas.sourceOf(container), 404);
      await removeContainer(container);
      // One that is being removed too keeps nothing for anybody.
      await this.#replicas.part(source, id).catch(() => {});
    }
    await this.#removeVolumes({ [idLabel]: id });
  }

  async get(id: string): Promise<DatabaseServer | undefined> {
    const filters = ownFilter(this.#owner, { [idLabel]: id });
    const [container] = await this.#docker.listContainers({ all: true, filters });
    return container && (await this.#toServer(container));
  }

  async list(): Promise<DatabaseServer[]> {
    const containers = await this.#docker.listContainers({ all: true, filters: ownFilter(this.#owner) });
    return await Promise.all(containers.map((container) => this.#toServer(container)));
  }

  async setPassword(id: string, username: string, password: string): Promise<void> {
    const container = await this.#get(id);
    await this.#speaking(changePassword((sql) => psqlAsSuperuser(container, sql), username, password));
  }

  async configure(id: string, parameters: DatabaseParameters): Promise<{ pendingReboot: string[] }> {
    const container = await this.#get(id);
    const { State } = await container.inspect();
    const follows = await this.#speaking(this.#replicas.follows(container, await dataFolderOf(container)));
    const settings = follows === undefined ? parameters : followingSettings(parameters, follows);
    // The file that ALTER SYSTEM writes: it is read last, and only a superuser changes it.
    await this.#speaking(this.#writeToData(container, "postgresql.auto.conf", settingLines(settings)));
    if (!State.Running) return { pendingReboot: [] };
    return { pendingReboot: await this.#speaking(reload((sql) => psqlAsSuperuser(container, sql))) };
  }

  async log(id: string): Promise<string> {
    const container = await this.#find(id);
    return container === undefined ? "" : await readLog(this.#docker, container.id, 1024 * 1024);
  }

  async snapshot(id: string, snapshotId: string): Promise<void> {
    const container = await this.#get(id);
    const { State, Image, Mounts } = await container.inspect();
    // Those of an archive have other names.
    const data = Mounts.find(({ Name }) => Name === `localaws-${id}`);
    if (data === undefined) throw new DatabaseLaunchError(`The server ${id} has no volume.`);
    const runs = State.Running && !State.Paused;
    if (runs) await container.pause();
    try {
      await this.#snapshots.take(snapshotId, { container, image: Image, folder: data.Destination });
    } catch (error) {
      throw this.#launchError(error);
    } finally {
      if (runs) await container.unpause();
    }
  }

  async copySnapshot(snapshotId: string, copyId: string): Promise<void> {
    await this.#snapshots.copy(snapshotId, copyId);
  }

  async removeSnapshot(snapshotId: string): Promise<void> {
    await this.#snapshots.remove(snapshotId);
  }

  async listSnapshots(): Promise<string[]> {
    return await this.#snapshots.list();
  }

  async removeAll(): Promise<void> {
    await this.forwards.closeAll();
    const containers = await this.#docker.listContainers({ all: true, filters: ownFilter(this.#owner) });
    await Promise.all(containers.map(({ Id }) => removeContainer(this.#docker.getContainer(Id))));
    await this.#removeVolumes();
    await this.#replicas.removeAll();
    await this.#snapshots.removeAll();
    await this.archives.removeAll();
  }

  async close(): Promise<void> {
    await this.forwards.closeAll();
  }

  /** Copies a running server, which keeps from then on what the copy has to take over. */
  async #copyToReplica(source: Docker.Container, replica: Docker.Container, spec: DatabaseSpec): Promise<void> {
    await this.#replicas.admit(source, spec.id);
    const copyId = `replica-${spec.id}`;
    await this.snapshot(spec.replicaOf ?? "", copyId);
    try {
      await this.#snapshots.restore(copyId, replica, postgresDataFolder(spec.engineVersion));
    } finally {
      await this.#snapshots.remove(copyId);
    }
    const follows = await this.#replicas.following(source, replica);
    const settings = followingSettings(spec.parameters ?? {}, follows);
    await this.#writeToData(replica, "postgresql.auto.conf", settingLines(settings));
    await this.#writeToData(replica, "standby.signal", "");
    await this.#replicas.connect(replica);
  }

  /** Gives the replicas of a server that has started as much as it has. */
  async #lead(id: string): Promise<void> {
    for (const follower of await this.#replicas.followersOf(id)) {
      const follows = await this.#replicas.follows(follower, await dataFolderOf(follower));
      const sql: SuperuserSql = (text) => psqlAsSuperuser(follower, text);
      if (follows === undefined || !(await isOutgrown(sql, follows))) continue;
      await this.#replicas.raise(follower, follows);
      await this.reboot((await follower.inspect()).Config.Labels[idLabel] ?? "");
    }
  }

  async #writeToData(container: Docker.Container, name: string, text: string): Promise<void> {
    await container.putArchive(singleFileArchive(name, text), { path: await dataFolderOf(container) });
  }

  async #createContainer(spec: DatabaseSpec, image: string, password?: string): Promise<Docker.Container> {
    const labels = { ...ownLabels(this.#owner, spec.id, spec.labels), ...replicaLabels(spec.replicaOf) };
    const name = `localaws-${spec.id}`;
    await this.#docker.createVolume({ Name: name, Labels: labels });
    return await this.#docker.createContainer({
      name,
      Image: image,
      Cmd: ["postgres", ...archiveArguments],
      Labels: labels,
      Env: environment({
        POSTGRES_USER: superuser,
        // Only replicas have to know it: connections from inside the container are trusted.
        POSTGRES_PASSWORD: password ?? randomBytes(24).toString("hex"),
        POSTGRES_DB: "postgres",
      }),
      // The fast shutdown: it ends the clients' connections and writes a checkpoint.
      StopSignal: "SIGINT",
      ExposedPorts: { [`${postgresPort}/tcp`]: {} },
      HostConfig: {
        PortBindings: { [`${postgresPort}/tcp`]: [{ HostIp: spec.listenAddress, HostPort: String(spec.port) }] },
        Mounts: [
          { Type: "volume", Source: name, Target: postgresDataFolder(spec.engineVersion) },
          await this.archives.mountFor(spec.id),
        ],
        NanoCpus: this.#nanoCpus(spec.cpus),
        Memory: spec.memoryBytes,
        // Parallel queries share memory by files there; the engine's default of 64 MiB is too little for them.
        ShmSize: Math.max(64 * 1024 * 1024, Math.floor(spec.memoryBytes / 4)),
        LogConfig: logConfig,
      },
    });
  }

  #nanoCpus(cpus: number): number {
    return Math.round(Math.min(cpus, this.#cpus) * 1e9);
  }

  /** The engine sets a container's ports when it makes it: another one takes over the volume. */
  async #moveToPort(id: string, container: Docker.Container, port: number): Promise<void> {
    const { Config, HostConfig, Name, State } = await container.inspect();
    const replicates = await this.#replicas.isConnected(container);
    await this.stop(id);
    const [hostIp] = HostConfig.PortBindings?.[`${postgresPort}/tcp`] ?? [];
    const moved = await this.#docker.createContainer({
      ...Config,
      name: `${Name.slice(1)}-moving`,
      HostConfig: {
        ...HostConfig,
        PortBindings: { [`${postgresPort}/tcp`]: [{ ...hostIp, HostPort: String(port) }] },
      },
    });
    await removeContainer(container);
    await moved.rename({ name: Name.slice(1) });
    if (replicates) await this.#replicas.connect(moved);
    if (State.Running) await this.start(id);
  }

  async #startContainer(id: string, container: Docker.Container, signal?: AbortSignal): Promise<DatabaseServer> {
    // 304: it runs already.
    await unlessStatus(container.start(), 304);
    const deadline = performance.now() + readyTimeout;
    for (;;) {
      signal?.throwIfAborted();
      const engineVersion = await this.#askVersion(container);
      if (engineVersion !== undefined) return { id, state: "running", engineVersion };
      if (!(await container.inspect()).State.Running || performance.now() > deadline) {
        throw new DatabaseLaunchError(`The server did not come up: ${await this.#lastWords(container)}`);
      }
      await delay(100);
    }
  }

  /** None while the server accepts no connections. */
  async #askVersion(container: Docker.Container): Promise<string | undefined> {
    // 409: the container is not running.
    const answer = await unlessStatus(execInContainer(container, askVersion), 404, 409);
    const version = answer?.exitCode === 0 ? shortVersion(answer.stdout) : undefined;
    if (version !== undefined) this.#versions.set(container.id, version);
    return version;
  }

  async #lastWords(container: Docker.Container): Promise<string> {
    const log = await readLog(this.#docker, container.id, 4096);
    return log.trim().split("\n").slice(-5).join("\n");
  }

  async #toServer({ Id, Labels, State }: Docker.ContainerInfo): Promise<DatabaseServer> {
    const state = State === "running" ? "running" : "stopped";
    let engineVersion = this.#versions.get(Id);
    if (engineVersion === undefined && state === "running") {
      engineVersion = await this.#askVersion(this.#docker.getContainer(Id));
    }
    return { id: Labels[idLabel] ?? "", state, ...(engineVersion === undefined ? {} : { engineVersion }) };
  }

  async #removeVolumes(labels: Readonly<Record<string, string>> = {}): Promise<void> {
    const { Volumes } = await this.#docker.listVolumes({ filters: ownFilter(this.#owner, labels) });
    const removals = (Volumes ?? []).map(({ Name }) => unlessStatus(this.#docker.getVolume(Name).remove(), 404));
    await Promise.all(removals);
  }

  async #speaking<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw this.#launchError(error);
    }
  }

  #launchError(error: unknown): DatabaseLaunchError {
    if (error instanceof DatabaseLaunchError) return error;
    const words = engineWords(error);
    const taken = /port is already allocated|address already in use/i.test(words);
    return new DatabaseLaunchError(taken ? `The port is in use by another program: ${words}` : words, { cause: error });
  }

  #find(id: string): Promise<Docker.Container | undefined> {
    return findContainer(this.#docker, this.#owner, id);
  }

  async #get(id: string): Promise<Docker.Container> {
    const container = await this.#find(id);
    if (container === undefined) throw new DatabaseLaunchError(`There is no database server ${id}.`);
    return container;
  }
}

async function dataFolderOf(container: Docker.Container): Promise<string> {
  const { Config } = await container.inspect();
  const data = Config.Env.find((variable) => variable.startsWith("PGDATA="))?.slice("PGDATA=".length);
  if (data === undefined) throw new DatabaseLaunchError(`The image ${Config.Image} says no data folder.`);
  return data;
}
