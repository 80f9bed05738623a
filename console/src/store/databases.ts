import { type ReadonlySignal, signal } from "@preact/signals";
import type { Api } from "../api.ts";
import type {
  Database,
  DatabaseCluster,
  DatabaseConnection,
  DatabaseLog,
  DatabaseRestoration,
  DatabaseSnapshot,
  DatabaseWithPassword,
  NewDatabase,
  NewDatabaseSnapshot,
} from "../api-types.ts";
import { type Collection, createCollection, ofResourceType } from "./collection.ts";
import type { InstanceAction } from "./compute.ts";
import { listAll } from "./list-all.ts";
import type { Live } from "./live.ts";
import { createSqlPane, type SqlPane } from "./sql-pane.ts";

/** RDS. */
export interface Databases {
  readonly list: Collection<Database>;
  readonly clusters: Collection<DatabaseCluster>;
  readonly snapshots: Collection<DatabaseSnapshot>;
  /** What this page knows of them, by the database's id, until it is closed: LocalAWS keeps none. */
  readonly passwords: ReadonlySignal<ReadonlyMap<string, string>>;
  create(database: NewDatabase): Promise<void>;
  /** Of the master user; made up where none is given. */
  setPassword(id: string, password?: string): Promise<void>;
  /** How to connect, with a password. */
  connection(id: string, password: string): Promise<DatabaseConnection>;
  act(action: InstanceAction, id: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** One a database, so that going to another page and back loses nothing. */
  sqlPane(id: string): SqlPane;
  log(id: string): Promise<string>;
  takeSnapshot(snapshot: NewDatabaseSnapshot): Promise<void>;
  restore(snapshotId: string, database: DatabaseRestoration): Promise<void>;
  deleteSnapshot(id: string): Promise<void>;
  deleteCluster(id: string): Promise<void>;
}

export function createDatabases(api: Api, live: Live): Databases {
  const list = createCollection({
    load: () => listAll<Database>(api, "/rds/db-instances", "db_instances"),
    live,
    concerns: ofResourceType("database"),
  });
  const snapshots = createCollection({
    load: () => listAll<DatabaseSnapshot>(api, "/rds/db-snapshots", "db_snapshots"),
    live,
    concerns: ofResourceType("db_snapshot"),
  });
  const isCluster = ofResourceType("db_cluster");
  const isDatabase = ofResourceType("database");
  const clusters = createCollection({
    load: () => listAll<DatabaseCluster>(api, "/rds/db-clusters", "db_clusters"),
    live,
    // Their members are databases.
    concerns: (type, data) => isCluster(type, data) || isDatabase(type, data),
  });
  const passwords = signal<ReadonlyMap<string, string>>(new Map());
  const sqlPanes = new Map<string, SqlPane>();
  const snapshotPath = (id: string) => `/rds/db-snapshots/${encodeURIComponent(id)}`;
  const path = (id: string) => `/rds/db-instances/${encodeURIComponent(id)}`;
  function remember({ id, password }: { readonly id: string; readonly password: string }): void {
    passwords.value = new Map(passwords.value).set(id, password);
    const pane = sqlPanes.get(id);
    if (pane !== undefined) pane.password.value = password;
  }
  return {
    list,
    clusters,
    snapshots,
    passwords,
    async create(json) {
      remember(await api.call<DatabaseWithPassword>("POST", "/rds/db-instances", { json }));
      await list.refresh();
    },
    async setPassword(id, password) {
      const json = { ...(password !== undefined && { password }) };
      remember(await api.call<DatabaseWithPassword>("POST", `${path(id)}/password`, { json }));
      await list.refresh();
    },
    connection: (id, password) => api.call("POST", `${path(id)}/connection`, { json: { password } }),
    async act(action, id) {
      await api.call("POST", `${path(id)}/${action}`);
      await list.refresh();
    },
    async remove(id) {
      await api.call("DELETE", path(id));
      sqlPanes.delete(id);
      passwords.value = new Map([...passwords.value].filter(([of]) => of !== id));
      await list.refresh();
    },
    async log(id) {
      const { log } = await api.call<DatabaseLog>("GET", `${path(id)}/log`);
      return log;
    },
    async takeSnapshot(json) {
      await api.call("POST", "/rds/db-snapshots", { json });
      await snapshots.refresh();
    },
    async restore(snapshotId, json) {
      await api.call("POST", `${snapshotPath(snapshotId)}/restore`, { json });
      await list.refresh();
    },
    async deleteSnapshot(id) {
      await api.call("DELETE", snapshotPath(id));
      await snapshots.refresh();
    },
    async deleteCluster(id) {
      await api.call("DELETE", `/rds/db-clusters/${encodeURIComponent(id)}`);
      await clusters.refresh();
    },
    sqlPane(id) {
      const known = passwords.value.get(id) ?? "";
      const pane = sqlPanes.get(id) ?? createSqlPane(api, id, known, (password) => remember({ id, password }));
      sqlPanes.set(id, pane);
      return pane;
    },
  };
}
