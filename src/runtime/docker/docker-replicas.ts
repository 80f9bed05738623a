import type Docker from "dockerode";
import {
  allowReplication,
  closeSlot,
  connectionTo,
  type FollowedServer,
  openSlot,
  openSlots,
  replicationFloors,
  slotOf,
} from "../replication.ts";
import { reload, type SuperuserSql, settingLines } from "../superuser-sql.ts";
import { mustSucceed } from "./container-exec.ts";
import { findContainer, hasFile } from "./containers.ts";
import { idLabel, type Ownership, ownFilter } from "./labels.ts";
import { postgresPort } from "./postgres-image.ts";
import { hostOf, ReplicationNetwork } from "./replication-network.ts";
import { psqlAsSuperuser } from "./superuser-exec.ts";

/** Of a container: the id of the server whose data its own were. It follows that as long as its data say so. */
const replicaOfLabel = "localaws.replica-of";

export function replicaLabels(replicaOf: string | undefined): Record<string, string> {
  return replicaOf === undefined ? {} : { [replicaOfLabel]: replicaOf };
}

/** Who follows whom among containers, by a network that the engine keeps for them alone. */
export class DockerReplicas {
  readonly network: ReplicationNetwork;
  readonly #docker: Docker;
  readonly #databases: Ownership;

  constructor(docker: Docker, folder: string) {
    this.#docker = docker;
    this.#databases = { folder, kind: "database" };
    this.network = new ReplicationNetwork(docker, folder, "replication");
  }

  /** Makes a running server keep what is to come for a new replica, and let it in. */
  async admit(source: Docker.Container, replicaId: string): Promise<void> {
    const sql: SuperuserSql = (text) => psqlAsSuperuser(source, text);
    const isReplica = (await sql("SELECT pg_is_in_recovery()"))[0]?.[0] === "t";
    if (!isReplica) await allowReplication(sql, await passwordOf(source));
    await openSlot(sql, slotOf(replicaId));
    await this.network.connect(source);
  }

  /** What a replica has to go by; none for any other server, or one whose source is gone. `data`: its data folder. */
  async follows(container: Docker.Container, data: string): Promise<FollowedServer | undefined> {
    const source = await this.sourceOf(container);
    if (source === undefined || !(await hasFile(container, `${data}/standby.signal`))) return undefined;
    return await this.following(source, container);
  }

  async following(source: Docker.Container, replica: Docker.Container): Promise<FollowedServer> {
    const { Config, State } = await source.inspect();
    const id = (await replica.inspect()).Config.Labels[idLabel] ?? "";
    const host = hostOf(Config.Labels[idLabel] ?? "");
    const connection = connectionTo({ host, port: postgresPort, password: await passwordOf(source) }, id);
    const floors = State.Running ? await replicationFloors((text) => psqlAsSuperuser(source, text)) : {};
    return { connection, slot: slotOf(id), floors };
  }

  async sourceOf(container: Docker.Container): Promise<Docker.Container | undefined> {
    const id = (await container.inspect()).Config.Labels[replicaOfLabel];
    return id === undefined ? undefined : await findContainer(this.#docker, this.#databases, id);
  }

  /** The running containers that were made as replicas of a server. */
  async followersOf(id: string): Promise<Docker.Container[]> {
    const filters = ownFilter(this.#databases, { [replicaOfLabel]: id });
    return (await this.#docker.listContainers({ filters })).map(({ Id }) => this.#docker.getContainer(Id));
  }

  /** A running replica gets settings beside those that it has. They are in force at its next start. */
  async raise(replica: Docker.Container, { floors }: FollowedServer): Promise<void> {
    await mustSucceed(replica, `cat >> "$PGDATA/postgresql.auto.conf" <<'END'\n${settingLines(floors)}END`);
  }

  /** A promoted replica's settings say nothing of the server that it followed. */
  async forget(replica: Docker.Container): Promise<void> {
    const names = "primary_conninfo|primary_slot_name|wal_retrieve_retry_interval";
    await mustSucceed(replica, `sed -i -E '/^(${names}) = /d' "$PGDATA/postgresql.auto.conf"`);
    await reload((text) => psqlAsSuperuser(replica, text));
  }

  /** The server that a replica followed keeps nothing for it any more. */
  async part(source: Docker.Container | undefined, replicaId: string): Promise<void> {
    if (source === undefined || !(await source.inspect()).State.Running) return;
    await closeSlot((text) => psqlAsSuperuser(source, text), slotOf(replicaId));
  }

  /** A server that was stopped when its replica was promoted keeps nothing for that any more. */
  async partWithPromoted(
    source: Docker.Container,
    dataFolderOf: (container: Docker.Container) => Promise<string>,
  ): Promise<void> {
    const sql: SuperuserSql = (text) => psqlAsSuperuser(source, text);
    const open = await openSlots(sql);
    if (open.length === 0) return;
    const id = (await source.inspect()).Config.Labels[idLabel] ?? "";
    const filters = ownFilter(this.#databases, { [replicaOfLabel]: id });
    for (const { Id, Labels } of await this.#docker.listContainers({ all: true, filters })) {
      const slot = slotOf(Labels[idLabel] ?? "");
      const replica = this.#docker.getContainer(Id);
      const follows = await hasFile(replica, `${await dataFolderOf(replica)}/standby.signal`);
      if (!follows && open.includes(slot)) await closeSlot(sql, slot);
    }
  }

  /** A server that runs with the data of another keeps nothing for that one's replicas. */
  async tidy(container: Docker.Container): Promise<void> {
    const sql: SuperuserSql = (text) => psqlAsSuperuser(container, text);
    for (const slot of await openSlots(sql)) await closeSlot(sql, slot);
  }
}

/** Made by chance for each server whose data are its own; a replica's container is made with its source's. */
export async function passwordOf(container: Docker.Container): Promise<string> {
  const name = "POSTGRES_PASSWORD=";
  const { Config } = await container.inspect();
  return Config.Env.find((variable) => variable.startsWith(name))?.slice(name.length) ?? "";
}
