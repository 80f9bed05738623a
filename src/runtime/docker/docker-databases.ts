import type Docker from "dockerode";
import type { CertificateAuthority, ServerCertificate } from "../certificate-authority.ts";
import type {
  DatabaseChanges,
  DatabaseEngine,
  DatabaseLog,
  DatabaseParameters,
  DatabaseServer,
  DatabaseSpec,
} from "../database-driver.ts";
import type { PostgresDriver } from "../engine-databases.ts";
import { masterStatements } from "../postgres-roles.ts";
import { endReplication, followingSettings, isOutgrown, keepsUp, slotOf } from "../replication.ts";
import {
  accessOfClients,
  admitReader,
  certificateFiles,
  changePassword,
  reload,
  type SuperuserSql,
  settingLines,
} from "../superuser-sql.ts";
import { recoverySignal } from "../wal-archive.ts";
import { readLog } from "./container-log.ts";
import {
  databaseLaunchError,
  moveContainer,
  pullDatabaseImage,
  restartAfterCrash,
  speaking,
} from "./database-containers.ts";
import { DockerArchives } from "./docker-archives.ts";
import { DockerReplicas, passwordOf } from "./docker-replicas.ts";
import { DockerUpgrades, isOfUpgrade } from "./docker-upgrades.ts";
import { type Engine, unlessStatus } from "./engine.ts";
import { idLabel, type Ownership } from "./labels.ts";
import {
  dataFolderOf,
  extend,
  identityOf,
  PostgresContainers,
  versionInContainer,
  writeToData,
} from "./postgres-containers.ts";
import { postgresDataFolder, postgresImage, postgresPort, postgresVersions } from "./postgres-image.ts";
import { ServerContainers } from "./server-containers.ts";
import { psqlAsSuperuser } from "./superuser-exec.ts";
import { VolumeSnapshots } from "./volume-snapshots.ts";

/** The images trust connections from inside the container; what they trust beyond is not needed. */
const accessInside = ["local all all trust", "host all all 127.0.0.1/32 trust", "host all all ::1/128 trust"];

/** Database servers as containers of the official images: one each, with a volume of its own for the data. */
export class DockerDatabases implements PostgresDriver {
  readonly limitations = [];
  readonly archives: DockerArchives;
  readonly #docker: Docker;
  readonly #owner: Ownership;
  readonly #containers: ServerContainers;
  readonly #made: PostgresContainers;
  readonly #snapshots: VolumeSnapshots;
  readonly #replicas: DockerReplicas;
  readonly #upgrades: DockerUpgrades;
  readonly authority: () => Promise<CertificateAuthority>;

  constructor(engine: Engine, options: { folder: string; authority: () => Promise<CertificateAuthority> }) {
    this.authority = options.authority;
    this.#docker = engine.docker;
    this.#owner = { folder: options.folder, kind: "database" };
    this.#snapshots = new VolumeSnapshots(engine.docker, options.folder);
    this.#containers = new ServerContainers(engine, {
      owner: this.#owner,
      snapshots: this.#snapshots,
      askVersion: versionInContainer,
    });
    this.#replicas = new DockerReplicas(engine.docker, options.folder);
    this.archives = new DockerArchives(engine.docker, options.folder);
    this.#made = new PostgresContainers(engine.docker, {
      ...{ owner: this.#owner, archives: this.archives, authority: options.authority },
      nanoCpus: (cpus) => this.#containers.nanoCpus(cpus),
    });
    this.#upgrades = new DockerUpgrades(engine.docker, {
      ...{ owner: this.#owner, containers: this.#containers, snapshots: this.#snapshots },
      make: (spec, image, password) => this.#made.make(spec, image, password),
      start: (id) => this.start(id),
      stop: (id) => this.stop(id),
      configure: (id) => this.configure(id, {}),
      replicates: async (id, container) =>
        (await this.#replicas.follows(container, await dataFolderOf(container))) !== undefined ||
        (await this.#replicas.followersOf(id)).length > 0,
    });
  }

  async mend(): Promise<void> {
    await this.#upgrades.mend();
  }

  async identity(id: string): Promise<ServerCertificate> {
    return await identityOf(await this.#containers.get(id));
  }

  versions(_engine: DatabaseEngine): readonly string[] {
    return postgresVersions;
  }

  absence(): undefined {
    return undefined;
  }

  /** To later major versions; the newest minor version of one is had by pulling its image. */
  upgrades(_engine: DatabaseEngine, version: string): readonly string[] {
    return postgresVersions.filter((later) => Number(later) > Number.parseInt(version, 10));
  }

  async create(spec: DatabaseSpec, progress: (line: string) => void, signal?: AbortSignal): Promise<DatabaseServer> {
    const image = (await speaking(this.#imageOfOrigin(spec))) ?? postgresImage(spec.engineVersion);
    await pullDatabaseImage(this.#docker, image, progress, signal);
    await this.#containers.requireNew(spec.id);
    try {
      signal?.throwIfAborted();
      const source = spec.replicaOf === undefined ? undefined : await this.#containers.get(spec.replicaOf);
      const container = await this.#made.make(spec, image, source && (await passwordOf(source)));
      if (spec.snapshotId !== undefined) {
        progress(`restoring snapshot ${spec.snapshotId}`);
        await this.#snapshots.restore(spec.snapshotId, container, postgresDataFolder(spec.engineVersion));
        // It may be a replica's, whose source it is not to connect to.
        const recovery = spec.recovery && (await this.archives.prepare(spec.recovery, container));
        await writeToData(container, [
          { name: "postgresql.auto.conf", content: settingLines(recovery ?? {}) },
          ...(recovery === undefined ? [] : [{ name: recoverySignal, content: "" }]),
        ]);
      }
      if (source !== undefined) {
        progress(`copying ${spec.replicaOf}`);
        await this.#copyToReplica(source, container, spec);
      }
      const server = await this.#containers.start(spec.id, container, signal);
      await extend(container);
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
      await restartAfterCrash(container);
      return server;
    } catch (error) {
      await this.remove(spec.id);
      await this.archives.remove(spec.id);
      signal?.throwIfAborted();
      throw databaseLaunchError(error);
    }
  }

  /** That of the server whose data it begins with, where that is of the same version: it is here, whatever its name was. */
  async #imageOfOrigin({ snapshotId, replicaOf, engineVersion }: DatabaseSpec): Promise<string | undefined> {
    if (snapshotId !== undefined) return await this.#snapshots.imageOfVersion(snapshotId, engineVersion);
    if (replicaOf === undefined) return undefined;
    const source = await this.#containers.server(replicaOf);
    if (source?.engineVersion !== engineVersion) return undefined;
    return (await (await this.#containers.get(replicaOf)).inspect()).Image;
  }

  async start(id: string): Promise<DatabaseServer> {
    const container = await this.#containers.get(id);
    const server = await speaking(this.#containers.start(id, container));
    // The container may be another than before, with the same data.
    await speaking(extend(container));
    await speaking(this.#replicas.partWithPromoted(container, dataFolderOf));
    await speaking(this.#lead(id));
    return server;
  }

  async stop(id: string): Promise<void> {
    await this.#containers.stop(id);
  }

  async reboot(id: string): Promise<void> {
    await this.stop(id);
    await this.start(id);
  }

  async change(id: string, changes: DatabaseChanges): Promise<void> {
    const { port, engineVersion } = changes;
    const container = await this.#containers.get(id);
    await this.#containers.resize(container, changes);
    if (engineVersion !== undefined) await speaking(this.#upgrades.upgrade(id, container, engineVersion));
    if (port !== undefined) await speaking(this.#moveToPort(id, await this.#containers.get(id), port));
  }

  async promote(id: string): Promise<void> {
    const container = await this.#containers.get(id);
    await speaking(endReplication((sql) => psqlAsSuperuser(container, sql)));
    await speaking(this.#replicas.forget(container));
    await speaking(this.#replicas.part(await this.#replicas.sourceOf(container), id));
  }

  async switchOver(id: string, replicaId: string, patience: number): Promise<void> {
    const container = await this.#containers.get(id);
    await speaking(keepsUp((sql) => psqlAsSuperuser(container, sql), slotOf(replicaId), patience));
    await this.stop(id);
    await this.promote(replicaId);
  }

  async remove(id: string): Promise<void> {
    const container = await this.#containers.find(id);
    const source = container && (await unlessStatus(this.#replicas.sourceOf(container), 404));
    await this.#containers.remove(id);
    // One that is being removed too keeps nothing for anybody.
    await this.#replicas.part(source, id).catch(() => {});
  }

  async get(id: string): Promise<DatabaseServer | undefined> {
    return await this.#containers.server(id);
  }

  async list(): Promise<DatabaseServer[]> {
    return await this.#containers.list();
  }

  async setPassword(id: string, username: string, password: string): Promise<void> {
    const container = await this.#containers.get(id);
    await speaking(changePassword((sql) => psqlAsSuperuser(container, sql), username, password));
  }

  async admitReader(id: string, username: string, password: string): Promise<void> {
    const container = await this.#containers.get(id);
    await speaking(admitReader((sql) => psqlAsSuperuser(container, sql), username, password));
  }

  async configure(id: string, parameters: DatabaseParameters): Promise<{ pendingReboot: string[] }> {
    const container = await this.#containers.get(id);
    const { State } = await container.inspect();
    const follows = await speaking(this.#replicas.follows(container, await dataFolderOf(container)));
    const own = { ...parameters, ssl: "on", ssl_ca_file: certificateFiles.authority };
    const settings = follows === undefined ? own : followingSettings(own, follows);
    const access = [...accessInside, ...accessOfClients(parameters)];
    const files = [
      ...(await speaking(this.#made.encrypt(container, State.Running))),
      { name: "pg_hba.conf", content: access.map((line) => `${line}\n`).join("") },
      // The file that ALTER SYSTEM writes: it is read last, and only a superuser changes it.
      { name: "postgresql.auto.conf", content: settingLines(settings) },
    ];
    await speaking(writeToData(container, files));
    if (!State.Running) return { pendingReboot: [] };
    return { pendingReboot: await speaking(reload((sql) => psqlAsSuperuser(container, sql))) };
  }

  async log(id: string, log: DatabaseLog = "error"): Promise<string> {
    const container = log === "error" ? await this.#containers.find(id) : undefined;
    return container === undefined ? "" : await readLog(this.#docker, container.id, 1024 * 1024);
  }

  async snapshot(id: string, snapshotId: string): Promise<void> {
    await this.#containers.snapshot(id, snapshotId);
  }

  async copySnapshot(snapshotId: string, copyId: string): Promise<void> {
    await this.#snapshots.copy(snapshotId, copyId);
  }

  async removeSnapshot(snapshotId: string): Promise<void> {
    await this.#snapshots.remove(snapshotId);
  }

  async listSnapshots(): Promise<string[]> {
    return (await this.#snapshots.list()).filter((id) => !isOfUpgrade(id));
  }

  async removeAll(): Promise<void> {
    await this.#containers.removeAll();
    await this.#replicas.network.remove();
    await this.#snapshots.removeAll();
    await this.archives.removeAll();
  }

  async close(): Promise<void> {}

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
    await writeToData(replica, [
      { name: "postgresql.auto.conf", content: settingLines(settings) },
      { name: "standby.signal", content: "" },
    ]);
    await this.#replicas.network.connect(replica);
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

  async #moveToPort(id: string, container: Docker.Container, port: number): Promise<void> {
    const { State, HostConfig } = await container.inspect();
    const before = HostConfig.PortBindings?.[`${postgresPort}/tcp`]?.[0]?.HostPort;
    const replicates = await this.#replicas.network.isConnected(container);
    const moveTo = async (from: Docker.Container, outside: number) => {
      const moved = await moveContainer(this.#docker, from, { inside: postgresPort, outside });
      if (replicates) await this.#replicas.network.connect(moved);
      return moved;
    };
    await this.stop(id);
    const moved = await moveTo(container, port);
    if (!State.Running) return;
    try {
      await this.start(id);
    } catch (error) {
      // It goes on as it was: somebody else may have the port by now.
      await moveTo(moved, Number(before));
      await this.start(id);
      throw error;
    }
  }
}
