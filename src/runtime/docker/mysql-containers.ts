import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import type { CertificateAuthority } from "../certificate-authority.ts";
import { DatabaseLaunchError, type DatabaseServer, type DatabaseSpec } from "../database-driver.ts";
import { type FollowedMysqlServer, replicationOptions } from "../mysql-replication.ts";
import { optionFile, type ServerTuning, tlsFiles } from "../mysql-settings.ts";
import { type MysqlEngine, renewedSuperuserStatements } from "../mysql-users.ts";
import { RecordFolder } from "../records/record-folder.ts";
import { serverAddresses } from "../superuser-sql.ts";
import { environment, mustSucceed } from "./container-exec.ts";
import { logConfig } from "./container-log.ts";
import { hasFile } from "./containers.ts";
import type { Engine } from "./engine.ts";
import { fileArchive, singleFileArchive } from "./file-archive.ts";
import { type Ownership, ownLabels } from "./labels.ts";
import {
  askMysqlVersion,
  firstStatements,
  mysqlDataFolder,
  mysqlPort,
  optionFolder,
  rootEnvironment,
  secretFile,
  secretName,
} from "./mysql-images.ts";
import { hostOf } from "./replication-network.ts";
import { ServerContainers } from "./server-containers.ts";
import type { VolumeSnapshots } from "./volume-snapshots.ts";

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

interface MysqlContainersOptions {
  readonly owner: Ownership;
  readonly dataDir: string;
  readonly snapshots: VolumeSnapshots;
  readonly authority: () => Promise<CertificateAuthority>;
  /** Where the binlogs of a server are archived. */
  readonly archiveMount: (id: string) => Promise<Docker.MountSettings>;
}

/** The containers of MariaDB's and MySQL's servers, with what each goes by, which is kept in the data folder. */
export class MysqlContainers extends ServerContainers {
  readonly #options: MysqlContainersOptions;
  readonly #folder: RecordFolder<ServerRecord>;
  readonly #records: Map<string, ServerRecord>;

  constructor(engine: Engine, options: MysqlContainersOptions) {
    super(engine, { owner: options.owner, snapshots: options.snapshots, askVersion: askMysqlVersion });
    this.#options = options;
    this.#folder = new RecordFolder(join(options.dataDir, "docker", "mysql"), "server.json");
    this.#records = this.#folder.readAll().records;
  }

  get ids(): string[] {
    return [...this.#records.keys()];
  }

  /** @throws DatabaseLaunchError */
  record(id: string): ServerRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw new DatabaseLaunchError(`What the database server ${id} is to go by is not known.`);
    return record;
  }

  hasRecord(id: string): boolean {
    return this.#records.has(id);
  }

  save(id: string, record: ServerRecord): void {
    this.#folder.write(id, record);
    this.#records.set(id, record);
  }

  forget(id: string): void {
    if (this.#records.delete(id)) rmSync(this.#folder.path(id), { recursive: true, force: true });
  }

  /** Where a replica finds the server that it follows; none of any other, or where that is gone. */
  sourceOf(id: string): FollowedMysqlServer | undefined {
    const { replicaOf = "", replicationPassword: password = "" } = this.record(id);
    return this.#records.has(replicaOf) ? { host: hostOf(replicaOf), port: mysqlPort, password } : undefined;
  }

  /** With an empty volume of its own; it does not run yet. */
  async make(spec: DatabaseSpec, engine: MysqlEngine, image: string): Promise<Docker.Container> {
    const { owner, archiveMount } = this.#options;
    const labels = ownLabels(owner, spec.id, spec.labels);
    const name = `localaws-${spec.id}`;
    await this.docker.createVolume({ Name: name, Labels: labels });
    return await this.docker.createContainer({
      name,
      Image: image,
      Labels: labels,
      Env: environment(rootEnvironment(engine, randomBytes(24).toString("hex"))),
      ExposedPorts: { [`${mysqlPort}/tcp`]: {} },
      HostConfig: {
        PortBindings: { [`${mysqlPort}/tcp`]: [{ HostIp: spec.listenAddress, HostPort: String(spec.port) }] },
        Mounts: [{ Type: "volume", Source: name, Target: mysqlDataFolder }, await archiveMount(spec.id)],
        NanoCpus: this.nanoCpus(spec.cpus),
        Memory: spec.memoryBytes,
        LogConfig: logConfig,
      },
    });
  }

  override async start(id: string, container: Docker.Container, signal?: AbortSignal): Promise<DatabaseServer> {
    if (!(await container.inspect()).State.Running) {
      const { tuning, ...record } = this.record(id);
      await this.#encrypt(container);
      await this.writeOptions(id, container);
      this.save(id, { ...record, tuning, started: tuning });
    }
    return await super.start(id, container, signal);
  }

  async writeOptions(id: string, container: Docker.Container): Promise<void> {
    const { engine, tuning, replicaOf, archived = false } = this.record(id);
    const isFirst = await hasFile(container, `${mysqlDataFolder}/${firstStatements}`);
    const text = optionFile(tuning, {
      ...replicationOptions(id, { engine, follows: replicaOf !== undefined, archived }),
      ...(isFirst && { init_file: `${mysqlDataFolder}/${firstStatements}` }),
      ssl_cert: `${mysqlDataFolder}/${tlsFiles.certificate}`,
      ssl_key: `${mysqlDataFolder}/${tlsFiles.privateKey}`,
    });
    await container.putArchive(singleFileArchive("localaws.cnf", text), { path: optionFolder });
  }

  /** The superuser has its own password: neither the next start nor a copy of the data needs that again. */
  async forgetFirstStatements(id: string, container: Docker.Container): Promise<void> {
    await mustSucceed(container, `rm -f ${mysqlDataFolder}/${firstStatements}`);
    await this.writeOptions(id, container);
  }

  /** What is in the data folder becomes the server's when it starts. */
  async #encrypt(container: Docker.Container): Promise<void> {
    const issued = await (await this.#options.authority()).issue(serverAddresses);
    const parts = ["certificate", "privateKey"] as const;
    const files = fileArchive(parts.map((part) => ({ name: tlsFiles[part], content: issued[part], mode: 0o600 })));
    await container.putArchive(files, { path: mysqlDataFolder });
  }
}

/** Has the copy of a template have a superuser with a password of its own, from its first start on. */
export async function renewSuperuser(container: Docker.Container, engine: MysqlEngine): Promise<void> {
  const password = randomBytes(24).toString("hex");
  const statements = ["SET SESSION sql_mode = ''", ...renewedSuperuserStatements(engine, password)];
  // Each in one line, as the server reads them.
  const files = fileArchive([
    { name: firstStatements, content: `${statements.join(";\n")};\n`, mode: 0o600 },
    { name: secretName, content: secretFile(password), mode: 0o600 },
  ]);
  await container.putArchive(files, { path: mysqlDataFolder });
}

/** A copy of a server of MySQL's is another server, and needs another name than it has in the copied data. */
export async function renameCopy(container: Docker.Container, engine: MysqlEngine): Promise<void> {
  if (engine === "mariadb") return;
  const file = singleFileArchive("auto.cnf", `[auto]\nserver-uuid=${crypto.randomUUID()}\n`, 0o600);
  await container.putArchive(file, { path: mysqlDataFolder });
}
