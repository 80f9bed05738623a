import type Docker from "dockerode";
import { firstRelayLog, type Replay } from "../binlog-recovery.ts";
import type { CertificateAuthority, ServerCertificate } from "../certificate-authority.ts";
import type {
  DatabaseChanges,
  DatabaseEngine,
  DatabaseLog,
  DatabaseParameters,
  DatabaseServer,
  DatabaseSpec,
  TokenAccounts,
} from "../database-driver.ts";
import type { MysqlDriver } from "../engine-databases.ts";
import { followings } from "../mysql-followings.ts";
import { makeProcedures } from "../mysql-procedures.ts";
import { allowMysqlReplication, handOver, type MysqlFollowing, madeUpPassword } from "../mysql-replication.ts";
import { applySettings, logFiles, tlsFiles } from "../mysql-settings.ts";
import { tokenAccounts } from "../mysql-token-accounts.ts";
import { admitMysqlReader, changeMysqlPassword, makeMasterUser, mysqlEngine } from "../mysql-users.ts";
import { execInContainer } from "./container-exec.ts";
import { readLog } from "./container-log.ts";
import {
  databaseLaunchError,
  moveContainer,
  pullDatabaseImage,
  restartAfterCrash,
  speaking,
} from "./database-containers.ts";
import { DockerBinlogArchives } from "./docker-binlog-archives.ts";
import { type Engine, unlessStatus } from "./engine.ts";
import { MysqlContainers, renameCopy, renewSuperuser } from "./mysql-containers.ts";
import { fileIn, imageVersions, mysqlDataFolder, mysqlInContainer, mysqlPort, secretName } from "./mysql-images.ts";
import { MysqlTemplates } from "./mysql-templates.ts";
import { upgradeMysql, upgradesOfImages } from "./mysql-upgrade.ts";
import { ReplicationNetwork } from "./replication-network.ts";
import { VolumeSnapshots } from "./volume-snapshots.ts";

const logLimit = 1024 * 1024;

/** Servers of MariaDB and MySQL as containers of the official images: one each, with a volume of its own for the data. */
export class DockerMysqlDatabases implements MysqlDriver {
  readonly limitations = [];
  readonly archives: DockerBinlogArchives;
  readonly #docker: Docker;
  readonly #containers: MysqlContainers;
  readonly #snapshots: VolumeSnapshots;
  readonly #templates: MysqlTemplates;
  readonly #network: ReplicationNetwork;

  constructor(
    engine: Engine,
    options: {
      readonly folder: string;
      readonly dataDir: string;
      readonly authority: () => Promise<CertificateAuthority>;
    },
  ) {
    const { folder } = options;
    this.#docker = engine.docker;
    this.#snapshots = new VolumeSnapshots(engine.docker, folder, "mysql-snapshot");
    this.archives = new DockerBinlogArchives(engine.docker, folder, (id, archived) => {
      if (this.#containers.hasRecord(id)) this.#containers.save(id, { ...this.#containers.record(id), archived });
    });
    this.#containers = new MysqlContainers(engine, {
      ...{ owner: { folder, kind: "mysql-database" }, dataDir: options.dataDir, authority: options.authority },
      ...{ snapshots: this.#snapshots, archiveMount: (id) => this.archives.mountFor(id) },
    });
    this.#templates = new MysqlTemplates(engine.docker, { folder, dataDir: options.dataDir });
    this.#network = new ReplicationNetwork(engine.docker, folder, "mysql-replication");
  }

  versions(engine: DatabaseEngine): readonly string[] {
    return engine === "postgres" ? [] : imageVersions[engine];
  }

  absence(): undefined {
    return undefined;
  }

  upgrades(engine: DatabaseEngine, version: string): readonly string[] {
    return upgradesOfImages(mysqlEngine(engine), version);
  }

  async create(spec: DatabaseSpec, progress: (line: string) => void, signal?: AbortSignal): Promise<DatabaseServer> {
    const engine = mysqlEngine(spec.engine);
    const following = followings[engine];
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
      const container = await this.#containers.make(spec, engine, image);
      let replaying: Replay | undefined;
      const tuning = { memoryBytes, parameters };
      this.#containers.save(id, { engine, tuning, started: tuning });
      if (replicaOf !== undefined) {
        progress(`copying ${replicaOf}`);
        await this.#copyToReplica(replicaOf, container, id);
      } else if (snapshotId !== undefined) {
        progress(`restoring snapshot ${snapshotId}`);
        await this.#snapshots.restore(snapshotId, container, mysqlDataFolder);
        replaying = spec.recovery && (await this.archives.prepare(spec.recovery, container));
      } else {
        await this.#templates.fill(container, engine, progress);
        await renewSuperuser(container, engine);
      }
      if (replicaOf !== undefined || snapshotId !== undefined) await renameCopy(container, engine);
      const server = await this.#containers.start(id, container, signal);
      const sql = mysqlInContainer(container);
      const source = this.#containers.sourceOf(id);
      if (source !== undefined) {
        await following.begin(sql, source);
      } else if (snapshotId !== undefined) {
        if (replaying === undefined) await following.forget(sql);
        else await following.replay(sql, firstRelayLog, replaying.position);
      } else {
        await makeMasterUser(sql, engine, spec);
        await makeProcedures(sql, engine);
        await this.#containers.forgetFirstStatements(id, container);
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
    const server = await speaking(this.#containers.start(id, container));
    const source = this.#containers.sourceOf(id);
    if (source !== undefined) await speaking(this.#following(id).follow(mysqlInContainer(container), source));
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
    if (engineVersion !== undefined) {
      const place = { docker: this.#docker, containers: this.#containers, snapshots: this.#snapshots };
      await speaking(upgradeMysql(place, id, engineVersion));
    }
    const container = await this.#containers.get(id);
    const { State } = await container.inspect();
    await this.#containers.resize(container, changes);
    const record = this.#containers.record(id);
    if (memoryBytes !== undefined) {
      this.#containers.save(id, { ...record, tuning: { ...record.tuning, memoryBytes } });
    }
    if (port === undefined && memoryBytes === undefined) return;
    await this.stop(id);
    const before = port === undefined ? undefined : await speaking(this.#moveToPort(container, port));
    if (!State.Running) return;
    try {
      await this.start(id);
    } catch (error) {
      // It goes on as it was: somebody else may have the port by now.
      this.#containers.save(id, record);
      if (before !== undefined) await speaking(this.#moveToPort(await this.#containers.get(id), before));
      await this.start(id);
      throw error;
    }
  }

  async promote(id: string): Promise<void> {
    const container = await this.#containers.get(id);
    await speaking(this.#following(id).end(mysqlInContainer(container)));
    const { replicaOf: _, ...record } = this.#containers.record(id);
    this.#containers.save(id, record);
    await speaking(this.#containers.writeOptions(id, container));
  }

  async switchOver(id: string, replicaId: string, patience: number): Promise<void> {
    const source = mysqlInContainer(await this.#containers.get(id));
    const replica = mysqlInContainer(await this.#containers.get(replicaId));
    await speaking(handOver(this.#following(id), { source, replica, patience }));
    await this.stop(id);
    await this.promote(replicaId);
  }

  async remove(id: string): Promise<void> {
    await this.#containers.remove(id);
    this.#containers.forget(id);
  }

  async get(id: string): Promise<DatabaseServer | undefined> {
    return await this.#containers.server(id);
  }

  async list(): Promise<DatabaseServer[]> {
    return await this.#containers.list();
  }

  async setPassword(id: string, username: string, password: string): Promise<void> {
    const container = await this.#containers.get(id);
    const { engine } = this.#containers.record(id);
    await speaking(changeMysqlPassword(mysqlInContainer(container), engine, { username, password }));
  }

  async identity(id: string): Promise<ServerCertificate> {
    const container = await this.#containers.get(id);
    const read = async (name: string) => (await speaking(fileIn(container, name))).toString();
    return { certificate: await read(tlsFiles.certificate), privateKey: await read(tlsFiles.privateKey) };
  }

  async tokenAccounts(id: string): Promise<TokenAccounts> {
    const container = await this.#containers.get(id);
    const secret = await speaking(fileIn(container, secretName));
    return tokenAccounts(mysqlInContainer(container), this.#containers.record(id).engine, secret.toString());
  }

  async admitReader(id: string, username: string, password: string): Promise<void> {
    const container = await this.#containers.get(id);
    const { engine } = this.#containers.record(id);
    await speaking(admitMysqlReader(mysqlInContainer(container), engine, { username, password }));
  }

  async configure(id: string, parameters: DatabaseParameters): Promise<{ pendingReboot: string[] }> {
    const container = await this.#containers.get(id);
    const record = this.#containers.record(id);
    const { started, tuning: before } = record;
    const after = { ...before, parameters };
    this.#containers.save(id, { ...record, tuning: after });
    // A server that crashes is started again by the engine.
    await speaking(this.#containers.writeOptions(id, container));
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
    await this.#templates.removeContainers();
    await this.#network.remove();
    await this.#snapshots.removeAll();
    await this.archives.removeAll();
    for (const id of this.#containers.ids) this.#containers.forget(id);
  }

  async close(): Promise<void> {}

  #following(id: string): MysqlFollowing {
    return followings[this.#containers.record(id).engine];
  }

  /** Of a container that does not run. Resolves with the port that it had. */
  async #moveToPort(container: Docker.Container, outside: number): Promise<number> {
    const { HostConfig } = await container.inspect();
    const replicates = await this.#network.isConnected(container);
    const moved = await moveContainer(this.#docker, container, { inside: mysqlPort, outside });
    if (replicates) await this.#network.connect(moved);
    return Number(HostConfig.PortBindings?.[`${mysqlPort}/tcp`]?.[0]?.HostPort);
  }

  /** Copies a running server, which lets the copy follow it. */
  async #copyToReplica(sourceId: string, replica: Docker.Container, id: string): Promise<void> {
    const source = await this.#containers.get(sourceId);
    const { replicationPassword = madeUpPassword(), ...record } = this.#containers.record(sourceId);
    if (record.replicaOf === undefined) {
      await allowMysqlReplication(mysqlInContainer(source), record.engine, replicationPassword);
    }
    this.#containers.save(sourceId, { ...record, replicationPassword });
    const copyId = `replica-${id}`;
    await this.snapshot(sourceId, copyId);
    try {
      await this.#snapshots.restore(copyId, replica, mysqlDataFolder);
    } finally {
      await this.#snapshots.remove(copyId);
    }
    await this.#network.connect(source);
    await this.#network.connect(replica);
    this.#containers.save(id, { ...this.#containers.record(id), replicaOf: sourceId, replicationPassword });
  }
}
