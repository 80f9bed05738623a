import { randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join, posix } from "node:path";
import { pipeline } from "node:stream/promises";
import type Docker from "dockerode";
import { dropOtherUsers, type MysqlEngine, superuserStatements } from "../mysql-users.ts";
import { environment, mustSucceed } from "./container-exec.ts";
import { logConfig } from "./container-log.ts";
import { removeContainer } from "./containers.ts";
import { startUntil } from "./database-containers.ts";
import { unlessStatus } from "./engine.ts";
import { type Ownership, ownFilter, ownLabels } from "./labels.ts";
import {
  askMysqlVersion,
  firstStatementsFolder,
  mysqlDataFolder,
  mysqlInContainer,
  optionFolder,
  rootEnvironment,
  secretFile,
  secretName,
} from "./mysql-images.ts";
import { triesAtStart } from "./server-containers.ts";
import { singleFileArchive } from "./single-file-archive.ts";

/** Less to copy, no changes to keep, and no keys, which would be every copy's: each makes its own. */
const options = `[mysqld]
loose_skip_log_bin
innodb_use_native_aio=OFF
loose_innodb_log_file_size=32M
loose_innodb_redo_log_capacity=8M
loose_performance_schema=OFF
loose_mysqlx=OFF
loose_auto_generate_certs=OFF
loose_caching_sha2_password_auto_generate_rsa_keys=OFF
loose_sha256_password_auto_generate_rsa_keys=OFF
`;

/** What of a server's data is its own. */
const ownFiles = ["auto.cnf", "*.pem", secretName].map((name) => `${mysqlDataFolder}/${name}`).join(" ");

/**
 * The data of servers that images have made at their first start, which takes longer than all the rest of a creation: once for a
 * data folder and an image, as an archive there, to be copied into the volumes of others. Their superuser's password is known to nobody.
 */
export class MysqlTemplates {
  readonly #docker: Docker;
  readonly #owner: Ownership;
  readonly #root: string;
  readonly #making = new Map<string, Promise<string>>();
  #tidied: Promise<void> | undefined;

  constructor(docker: Docker, { folder, dataDir }: { readonly folder: string; readonly dataDir: string }) {
    this.#docker = docker;
    this.#owner = { folder, kind: "mysql-template" };
    this.#root = join(dataDir, "docker", "mysql-templates");
  }

  /** Gives a container that has not been started a server's data. @throws DatabaseLaunchError, Error of the engine */
  async fill(container: Docker.Container, engine: MysqlEngine, progress: (line: string) => void): Promise<void> {
    this.#tidied ??= this.#tidy();
    await this.#tidied;
    const { Image } = await container.inspect();
    const archive = createReadStream(await this.#template(Image, engine, progress));
    await container.putArchive(archive, { path: posix.dirname(mysqlDataFolder) });
  }

  /** Of templates that are being made, or that a killed LocalAWS was making. */
  async removeContainers(): Promise<void> {
    const containers = await this.#docker.listContainers({ all: true, filters: ownFilter(this.#owner) });
    await Promise.all(containers.map(({ Id }) => removeContainer(this.#docker.getContainer(Id))));
  }

  /** @param image its id */
  async #template(image: string, engine: MysqlEngine, progress: (line: string) => void): Promise<string> {
    const file = join(this.#root, `${image.replace(/^sha256:/, "")}.tar`);
    if (existsSync(file)) return file;
    const making = this.#making.get(image) ?? this.#make(image, engine, file).finally(() => this.#making.delete(image));
    this.#making.set(image, making);
    progress(`making the files of ${engine}`);
    return await making;
  }

  /** The archive is there whole or not at all. */
  async #make(image: string, engine: MysqlEngine, file: string): Promise<string> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    const container = await this.#docker.createContainer({
      Image: image,
      Labels: ownLabels(this.#owner, image),
      Env: environment(rootEnvironment(engine, randomBytes(24).toString("hex"))),
      HostConfig: { LogConfig: logConfig },
    });
    const made = `${file}.new`;
    try {
      await container.putArchive(singleFileArchive("localaws.cnf", options), { path: optionFolder });
      await addSuperuser(container, engine);
      await startUntil(this.#docker, container, () => askMysqlVersion(container, triesAtStart));
      await dropOtherUsers(mysqlInContainer(container));
      await mustSucceed(container, `rm -f ${ownFiles}`);
      await container.stop({ t: stopGrace });
      await pipeline(await container.getArchive({ path: mysqlDataFolder }), createWriteStream(made, { mode: 0o600 }));
      await rename(made, file);
      return file;
    } finally {
      await rm(made, { force: true });
      await removeContainer(container);
    }
  }

  /** Drops what an earlier LocalAWS has left: containers, half-made archives, and those of images that are gone. */
  async #tidy(): Promise<void> {
    await this.removeContainers();
    for (const name of await readdir(this.#root).catch(() => [])) {
      const [, image] = /^([0-9a-f]+)\.tar$/.exec(name) ?? [];
      const isOfUse = image !== undefined && (await unlessStatus(this.#docker.getImage(image).inspect(), 404));
      if (!isOfUse) await rm(join(this.#root, name), { force: true });
    }
  }
}

/** Seconds that a server has for its shutdown before it is killed. */
const stopGrace = 120;

/** What the image's first start makes the superuser of, and what it is then reached with. */
async function addSuperuser(container: Docker.Container, engine: MysqlEngine): Promise<void> {
  const password = randomBytes(24).toString("hex");
  const statements = ["SET SESSION sql_mode = ''", ...superuserStatements(engine, password)];
  const first = singleFileArchive("localaws.sql", `${statements.join(";\n")};\n`);
  await container.putArchive(first, { path: firstStatementsFolder });
  await container.putArchive(singleFileArchive(secretName, secretFile(password), 0o600), { path: mysqlDataFolder });
}
