import type { CertificateAuthority, ServerCertificate } from "../certificate-authority.ts";
import { DatabaseLaunchError } from "../database-driver.ts";
import { serverAddresses } from "../superuser-sql.ts";
import type { DatabaseRecord, EmbeddedReplicas } from "./embedded-replicas.ts";
import type { EmbeddedServers } from "./embedded-servers.ts";
import { type ServerSettings, writeConfiguration } from "./postgres-cluster.ts";
import type { PostgresLauncher } from "./postgres-launcher.ts";
import type { PostgresServer } from "./postgres-server.ts";

interface SettingsOptions {
  readonly servers: EmbeddedServers<DatabaseRecord, PostgresServer>;
  readonly replicas: EmbeddedReplicas;
  readonly authority: () => Promise<CertificateAuthority>;
  /** Files are given to the same account whichever the version of the server. */
  readonly launcher: () => PostgresLauncher;
}

/** What servers are configured with: their parameters, whom they follow, and their certificates. */
export class EmbeddedSettings {
  readonly #options: SettingsOptions;
  /** Of the servers that have been started, as long as this process runs. */
  readonly #identities = new Map<string, ServerCertificate>();

  constructor(options: SettingsOptions) {
    this.#options = options;
  }

  /** @throws DatabaseLaunchError */
  identity(id: string): ServerCertificate {
    const identity = this.#identities.get(id);
    if (identity === undefined) throw new DatabaseLaunchError(`The database server ${id} does not run.`);
    return identity;
  }

  forget(id: string): void {
    this.#identities.delete(id);
  }

  async of(record: DatabaseRecord): Promise<ServerSettings> {
    const { servers, replicas } = this.#options;
    const follows = await replicas.follows(record);
    if (follows !== undefined) servers.save({ ...record, floors: follows.floors });
    const authority = await this.#options.authority();
    const tls = this.#identities.get(record.id) ?? (await authority.issue(serverAddresses));
    this.#identities.set(record.id, tls);
    return { ...record, follows, tls: { ...tls, authority: authority.certificate } };
  }

  async write(record: DatabaseRecord): Promise<ServerSettings> {
    const settings = await this.of(record);
    await writeConfiguration(this.#options.launcher(), this.#options.servers.path(record.id), settings);
    return settings;
  }
}
