import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { type Replay, replay } from "../binlog-recovery.ts";
import type { CertificateAuthority } from "../certificate-authority.ts";
import {
  type DatabaseChanges,
  type DatabaseEngine,
  DatabaseLaunchError,
  type DatabaseLog,
  type DatabaseParameters,
  type DatabaseServer,
  type DatabaseSpec,
} from "../database-driver.ts";
import type { ArchivingDriver } from "../engine-databases.ts";
import {
  allowMysqlReplication,
  beginFollowing,
  endFollowing,
  type FollowedMysqlServer,
  follow,
  forgetOrigin,
  madeUpPassword,
  replicationOptions,
} from "../mysql-replication.ts";
import { applySettings, logFiles, optionFile, type ServerTuning, tlsFiles } from "../mysql-settings.ts";
import {
  admitMysqlReader,
  changeMysqlPassword,
  dropOtherUsers,
  type MysqlEngine,
  makeMasterUser,
  mysqlEngine,
  requirePlain,
  superuserStatements,
} from "../mysql-users.ts";
import { RecordFolder } from "../records/record-folder.ts";
import { serverAddresses } from "../superuser-sql.ts";
import { environment, execInContainer } from "./container-exec.ts";
import { logConfig, readLog } from "./container-log.ts";
import {
  databaseLaunchError,
  moveContainer,
  pullDatabaseImage,
  restartAfterCrash,
  speaking,
} from "./database-containers.ts";
import { DockerBinlogArchives } from "./docker-binlog-archives.ts";
import { type Engine, unlessStatus } from "./engine.ts";
import { type Ownership, ownLabels } from "./labels.ts";
import {
  askMysqlVersion,
  firstStatementsFolder,
  imageVersions,
  mysqlDataFolder,
  mysqlInContainer,
  mysqlPort,
  optionFolder,
  rootEnvironment,
  secretFile,
  secretName,
} from "./mysql-images.ts";
import { hostOf, ReplicationNetwork } from "./replication-network.ts";
import { ServerContainers } from "./server-containers.ts";
import { singleFileArchive } from "./single-file-archive.ts";
import { VolumeSnapshots } from "./volume-snapshots.ts";

const logLimit = 1024 * 1024;

interface ServerRecord {
  readonly engine: MysqlEngine;
  /** What it is to go by, and what it went by at its last start. */
  readonly tuning: ServerTuning;
  readonly started: ServerTuning;
  /** The server that it follows. */
  readonly replicaOf?: string;
  /** With which replicas connect to it; one that is a replica has it from the server that it follows. */
  readonly replicationPassword?: string;
  readonly archived?: boolean;
}

/** Servers of MariaDB and MySQL as containers of the official images: one each, with a volume of its own for the data. */
export class DockerMysqlDatabases implements ArchivingDriver {
  readonly limitations = [];
  readonly archives: DockerBinlogArchives;
  readonly #docker: Docker;
  readonly #owner: Ownership;
  readonly #containers: ServerContainers;
  readonly #snapshots: VolumeSnapshots;
  readonly #folder: RecordFolder<ServerRecord>;
  readonly #records: Map<string, ServerRecord>;
  readonly #network: ReplicationNetwork;

  readonly #authority: () => Promise<CertificateAuthority>;

  constructor(
    engine: Engine,
    options: {
      readonly folder: string;
      readonly dataDir: string;
      readonly authority: () => Promise<CertificateAuthority>;
    },
  ) {
    this.#authority = options.authority;
    this.#docker = engine.docker;
    this.#owner = { folder: options.folder, kind: "mysql-database" };
    this.#snapshots = new VolumeSnapshots(engine.docker, options.folder, "mysql-snapshot");
    this.#containers = new ServerContainers(engine, {
      owner: this.#owner,
      snapshots: this.#snapshots,
      askVersion: askMysqlVersion,
    });
    this.archives = new DockerBinlogArchives(engine.docker, options.folder, (id, archived) => {
      const record = this.#records.get(id);
      if (record !== undefined) this.#save(id, { ...record, archived });
    });
    this.#network = new ReplicationNetwork(engine.docker, options.folder, "mysql-replication");
    this.#folder = new RecordFolder(join(options.dataDir, "docker", "mysql"), "server.json");
    this.#records = this.#folder.readAll().records;
  }

  versions(engine: DatabaseEngine): readonly string[] {
    return engine === "postgres" ? [] : imageVersions[engine];
  }

  absence(): undefined {
    return undefined;
  }

  /** An image holds one version's programs. */
  upgrades(): readonly string[] {
    return [];
  }

  async create(spec: DatabaseSpec, progress: (line: string) => void, signal?: AbortSignal): Promise<DatabaseServer> {
    const engine = mysqlEngine(spec.engine);
    requirePlain(spec);
    const { id, snapshotId, replicaOf, memoryBytes, parameters = {} } = spec;
    // That of the data, which is there, in place of one that would have to be pulled.
    const image =
      replicaOf !== undefined
        ? (await (await this.#containers.get(replicaOf)).inspect()).Image
        : snapshotId !== undefined
          ? await this.#snapshots.imageOf(snapshotId)
          : `${engine}:${spec.engineVersion}`;
    await pullDatabaseImage(this.#docker, image, progress, signal);
    await this.#containers.requireNew(id);
    try {
      signal?.throwIfAborted();
      const container = await this.#createContainer(spec, engine, image);
      let replaying: Replay | undefined;
      const tuning = { memoryBytes, parameters };
      this.#save(id, { engine, tuning, started: tuning });
      if (replicaOf !== undefined) {
        progress(`copying ${replicaOf}`);
        await this.#copyToReplica(replicaOf, container, id);
      } else if (snapshotId !== undefined) {
        progress(`restoring snapshot ${snapshotId}`);
        await this.#snapshots.restore(snapshotId, container, mysqlDataFolder);
        replaying = spec.recovery && (await this.archives.prepare(spec.recovery, container));
      } else {
        await prepareData(container, engine);
      }
      const server = await this.#startContainer(id, container, signal);
      const sql = mysqlInContainer(container);
      const source = this.#sourceOf(id);
      if (source !== undefined) {
        await beginFollowing(sql, source);
      } else if (snapshotId !== undefined) {
        if (replaying !== undefined) await replay(sql, replaying);
        else if (engine === "mariadb") await forgetOrigin(sql);
      } else {
        await dropOtherUsers(sql);
        await makeMasterUser(sql, engine, spec);
        await mustSucceed(container, ["rm", "-f", `${firstStatementsFolder}/localaws.sql`]);
      }
      if (spec.archived === true) await this.archives.open(id);
      await restartAfterCrash(container);
      return server;
    } catch (error) {
      await this.remove(id);
      await this.archives.remove(id);
      signal?.throwIfAborted();
      throw databaseLaunchError(error);
    }
  }

  async start(id: string): Promise<DatabaseServer> {
    const container = await this.#containers.get(id);
    const server = await speaking(this.#startContainer(id, container));
    const source = this.#sourceOf(id);
    if (source !== undefined) await speaking(follow(mysqlInContainer(container), source));
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
    const { port, memoryBytes, engineVersion } = changes;
    const container = await this.#containers.get(id);
    if (engineVersion !== undefined) throw new DatabaseLaunchError(`An upgrade to ${engineVersion} is not possible.`);
    const { State } = await container.inspect();
    await this.#containers.resize(container, changes);
    const record = this.#record(id);
    if (memoryBytes !== undefined) this.#save(id, { ...record, tuning: { ...record.tuning, memoryBytes } });
    if (port === undefined && memoryBytes === undefined) return;
    await this.stop(id);
    if (port !== undefined) {
      const replicates = await this.#network.isConnected(container);
      const moved = await speaking(moveContainer(this.#docker, container, { inside: mysqlPort, outside: port }));
      if (replicates) await speaking(this.#network.connect(moved));
    }
    if (State.Running) await this.start(id);
  }

  async promote(id: string): Promise<void> {
    const container = await this.#containers.get(id);
    await speaking(endFollowing(mysqlInContainer(container)));
    const { replicaOf: _, ...record } = this.#record(id);
    this.#save(id, record);
    await speaking(this.#writeOptions(id, container));
  }

  async switchOver(id: string): Promise<void> {
    await this.promote(id);
  }

  async remove(id: string): Promise<void> {
    await this.#containers.remove(id);
    this.#forget(id);
  }

  async get(id: string): Promise<DatabaseServer | undefined> {
    return await this.#containers.server(id);
  }

  async list(): Promise<DatabaseServer[]> {
    return await this.#containers.list();
  }

  async setPassword(id: string, username: string, password: string): Promise<void> {
    const container = await this.#containers.get(id);
    const { engine } = this.#record(id);
    await speaking(changeMysqlPassword(mysqlInContainer(container), engine, { username, password }));
  }

  async admitReader(id: string, username: string, password: string): Promise<void> {
    const container = await this.#containers.get(id);
    const { engine } = this.#record(id);
    await speaking(admitMysqlReader(mysqlInContainer(container), engine, { username, password }));
  }

  async configure(id: string, parameters: DatabaseParameters): Promise<{ pendingReboot: string[] }> {
    const container = await this.#containers.get(id);
    const record = this.#record(id);
    const { started, tuning: before } = record;
    const after = { ...before, parameters };
    this.#save(id, { ...record, tuning: after });
    // A server that crashes is started again by the engine.
    await speaking(this.#writeOptions(id, container));
    if (!(await container.inspect()).State.Running) return { pendingReboot: [] };
    const sql = mysqlInContainer(container);
    return { pendingReboot: await speaking(applySettings(sql, { started, before, after })) };
  }

  async log(id: string, log: DatabaseLog = "error"): Promise<string> {
    const container = await this.#containers.find(id);
    if (container === undefined) return "";
    if (log === "error") return await readLog(this.#docker, container.id, logLimit);
    const tail = ["tail", "-c", `${logLimit}`, `${mysqlDataFolder}/${logFiles[log]}`];
    // 409: it does not run.
    return (await unlessStatus(execInContainer(container, tail), 404, 409))?.stdout ?? "";
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
    return await this.#snapshots.list();
  }

  async removeAll(): Promise<void> {
    await this.#containers.removeAll();
    await this.#network.remove();
    await this.#snapshots.removeAll();
    await this.archives.removeAll();
    for (const id of [...this.#records.keys()]) this.#forget(id);
  }

  async close(): Promise<void> {}

  /** Copies a running server, which lets the copy follow it. */
  async #copyToReplica(sourceId: string, replica: Docker.Container, id: string): Promise<void> {
    const source = await this.#containers.get(sourceId);
    const { replicationPassword = madeUpPassword(), ...record } = this.#record(sourceId);
    if (record.replicaOf === undefined) await allowMysqlReplication(mysqlInContainer(source), replicationPassword);
    this.#save(sourceId, { ...record, replicationPassword });
    const copyId = `replica-${id}`;
    await this.snapshot(sourceId, copyId);
    try {
      await this.#snapshots.restore(copyId, replica, mysqlDataFolder);
    } finally {
      await this.#snapshots.remove(copyId);
    }
    await this.#network.connect(source);
    await this.#network.connect(replica);
    this.#save(id, { ...this.#record(id), replicaOf: sourceId, replicationPassword });
  }

  /** Where a replica finds the server that it follows; none of any other, or where that is gone. */
  #sourceOf(id: string): FollowedMysqlServer | undefined {
    const { replicaOf = "", replicationPassword: password = "" } = this.#record(id);
    return this.#records.has(replicaOf) ? { host: hostOf(replicaOf), port: mysqlPort, password } : undefined;
  }

  async #createContainer(spec: DatabaseSpec, engine: MysqlEngine, image: string): Promise<Docker.Container> {
    const labels = ownLabels(this.#owner, spec.id, spec.labels);
    const name = `localaws-${spec.id}`;
    await this.#docker.createVolume({ Name: name, Labels: labels });
    return await this.#docker.createContainer({
      name,
      Image: image,
      Labels: labels,
      Env: environment(rootEnvironment(engine, randomBytes(24).toString("hex"))),
      ExposedPorts: { [`${mysqlPort}/tcp`]: {} },
      HostConfig: {
        PortBindings: { [`${mysqlPort}/tcp`]: [{ HostIp: spec.listenAddress, HostPort: String(spec.port) }] },
        Mounts: [
          { Type: "volume", Source: name, Target: mysqlDataFolder },
          ...(engine === "mariadb" ? [await this.archives.mountFor(spec.id)] : []),
        ],
        NanoCpus: this.#containers.nanoCpus(spec.cpus),
        Memory: spec.memoryBytes,
        LogConfig: logConfig,
      },
    });
  }

  async #startContainer(id: string, container: Docker.Container, signal?: AbortSignal): Promise<DatabaseServer> {
    if (!(await container.inspect()).State.Running) {
      const { tuning, ...record } = this.#record(id);
      await this.#encrypt(container);
      await this.#writeOptions(id, container);
      this.#save(id, { ...record, tuning, started: tuning });
    }
    return await this.#containers.start(id, container, signal);
  }

  async #writeOptions(id: string, container: Docker.Container): Promise<void> {
    const { tuning, replicaOf, archived = false } = this.#record(id);
    const text = optionFile(tuning, {
      ...replicationOptions(id, { follows: replicaOf !== undefined, archived }),
      ssl_cert: `${mysqlDataFolder}/${tlsFiles.certificate}`,
      ssl_key: `${mysqlDataFolder}/${tlsFiles.privateKey}`,
    });
    await container.putArchive(singleFileArchive("localaws.cnf", text), { path: optionFolder });
  }

  /** What is in the data folder becomes the server's when it starts. */
  async #encrypt(container: Docker.Container): Promise<void> {
    const issued = await (await this.#authority()).issue(serverAddresses);
    for (const part of ["certificate", "privateKey"] as const) {
      const file = singleFileArchive(tlsFiles[part], issued[part], 0o600);
      await container.putArchive(file, { path: mysqlDataFolder });
    }
  }

  #record(id: string): ServerRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw new DatabaseLaunchError(`What the database server ${id} is to go by is not known.`);
    return record;
  }

  #save(id: string, record: ServerRecord): void {
    this.#folder.write(id, record);
    this.#records.set(id, record);
  }

  #forget(id: string): void {
    if (this.#records.delete(id)) rmSync(this.#folder.path(id), { recursive: true, force: true });
  }
}

/** What the image's first start makes the superuser of, and what it is then reached with. */
async function prepareData(container: Docker.Container, engine: MysqlEngine): Promise<void> {
  const password = randomBytes(24).toString("hex");
  const statements = ["SET SESSION sql_mode = ''", ...superuserStatements(engine, password)];
  const first = singleFileArchive("localaws.sql", `${statements.join(";\n")};\n`);
  await container.putArchive(first, { path: firstStatementsFolder });
  await container.putArchive(singleFileArchive(secretName, secretFile(password), 0o600), { path: mysqlDataFolder });
}

async function mustSucceed(container: Docker.Container, argv: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await execInContainer(container, argv);
  if (exitCode !== 0) throw new DatabaseLaunchError(stderr.trim());
}
