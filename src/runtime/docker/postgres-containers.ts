import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import type { CertificateAuthority, ServerCertificate } from "../certificate-authority.ts";
import { DatabaseLaunchError, type DatabaseSpec } from "../database-driver.ts";
import { certificateFiles, serverAddresses, superuser } from "../superuser-sql.ts";
import { extensionAdditions } from "../trusted-extensions.ts";
import { environment, execInContainer, mustSucceed } from "./container-exec.ts";
import { logConfig } from "./container-log.ts";
import { hasFile } from "./containers.ts";
import { speaking } from "./database-containers.ts";
import { archiveArguments, type DockerArchives } from "./docker-archives.ts";
import { replicaLabels } from "./docker-replicas.ts";
import { type ArchivedFile, fileArchive, singleFileArchive } from "./file-archive.ts";
import { type Ownership, ownLabels } from "./labels.ts";
import { askVersion, postgresDataFolder, postgresPort, shortVersion } from "./postgres-image.ts";
import type { ServerContainers } from "./server-containers.ts";

interface PostgresContainersOptions {
  readonly owner: Ownership;
  readonly archives: DockerArchives;
  readonly nanoCpus: ServerContainers["nanoCpus"];
  readonly authority: () => Promise<CertificateAuthority>;
}

/** Makes the containers of PostgreSQL servers, and what their data folders have of LocalAWS's. */
export class PostgresContainers {
  readonly #docker: Docker;
  readonly #options: PostgresContainersOptions;

  constructor(docker: Docker, options: PostgresContainersOptions) {
    this.#docker = docker;
    this.#options = options;
  }

  /** `password`: of the server that it is a replica of. */
  async make(spec: DatabaseSpec, image: string, password?: string): Promise<Docker.Container> {
    const labels = { ...ownLabels(this.#options.owner, spec.id, spec.labels), ...replicaLabels(spec.replicaOf) };
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
          await this.#options.archives.mountFor(spec.id),
        ],
        NanoCpus: this.#options.nanoCpus(spec.cpus),
        Memory: spec.memoryBytes,
        // Parallel queries share memory by files there; the engine's default of 64 MiB is too little for them.
        ShmSize: Math.max(64 * 1024 * 1024, Math.floor(spec.memoryBytes / 4)),
        LogConfig: logConfig,
      },
    });
  }

  /**
   * Gives a server the key of a certificate, if it has none, and resolves with the files that are to follow. What is not the server's
   * by then becomes so when it starts.
   */
  async encrypt(container: Docker.Container, runs: boolean): Promise<ArchivedFile[]> {
    const { certificate, privateKey, authority } = certificateFiles;
    const folder = await dataFolderOf(container);
    if (await hasFile(container, `${folder}/${authority}`)) return [];
    const issuer = await this.#options.authority();
    const issued = await issuer.issue(serverAddresses);
    await container.putArchive(singleFileArchive(privateKey, issued.privateKey, 0o600), { path: folder });
    if (runs) await mustSucceed(container, `chown postgres "$PGDATA/${privateKey}"`);
    return [
      { name: certificate, content: issued.certificate },
      { name: authority, content: issuer.certificate },
    ];
  }
}

export async function writeToData(container: Docker.Container, files: readonly ArchivedFile[]): Promise<void> {
  await container.putArchive(fileArchive(files), { path: await dataFolderOf(container) });
}

export async function identityOf(container: Docker.Container): Promise<ServerCertificate> {
  const read = async (name: string) => {
    const script = ["sh", "-c", `cat "$PGDATA/${name}"`];
    const { exitCode, stdout, stderr } = await speaking(execInContainer(container, script));
    if (exitCode !== 0) throw new DatabaseLaunchError(stderr.trim());
    return stdout;
  };
  const { certificate, privateKey } = certificateFiles;
  return { certificate: await read(certificate), privateKey: await read(privateKey) };
}

/** The files of extensions are the image's. */
export async function extend(container: Docker.Container): Promise<void> {
  const adds = Object.entries(extensionAdditions).map(([name, line]) => `add "${name}" "${line}"`);
  await mustSucceed(
    container,
    `add() { if test -f "$1" && ! grep -qxF "$2" "$1"; then printf '\\n%s\\n' "$2" >>"$1"; fi; }
     for folder in /usr/share/postgresql/*/extension /usr/local/share/postgresql/extension; do
       if cd "$folder" 2>/dev/null; then ${adds.join("; ")}; fi
     done`,
  );
}

export async function versionInContainer(container: Docker.Container, tries: number): Promise<string | undefined> {
  const { exitCode, stdout } = await execInContainer(container, askVersion(tries));
  return exitCode === 0 ? shortVersion(stdout) : undefined;
}

export async function dataFolderOf(container: Docker.Container): Promise<string> {
  const { Config } = await container.inspect();
  const data = Config.Env.find((variable) => variable.startsWith("PGDATA="))?.slice("PGDATA=".length);
  if (data === undefined) throw new DatabaseLaunchError(`The image ${Config.Image} says no data folder.`);
  return data;
}
