import { type ReadonlySignal, signal } from "@preact/signals";
import type { Api } from "../api.ts";
import type {
  CreatedDatabase,
  Database,
  DatabaseConnection,
  DatabaseLog,
  DatabaseRestoration,
  DatabaseSnapshot,
  NewDatabase,
  NewDatabaseSnapshot,
} from "../api-types.ts";
import { type Collection, createCollection, ofResourceType } from "./collection.ts";
import type { InstanceAction } from "./compute.ts";
import { listAll } from "./list-all.ts";
import type { Live } from "./live.ts";
import { createSqlPane, type SqlPane } from "./sql-pane.ts";

export interface CreatedHere {
  readonly password: string;
  /** The same with the password in it. */
  connection(known: DatabaseConnection): DatabaseConnection;
}

/** RDS. */
export interface Databases {
  readonly list: Collection<Database>;
  readonly snapshots: Collection<DatabaseSnapshot>;
  /** The databases that this page has made: it alone knows their passwords, until it is closed. */
  readonly created: ReadonlySignal<ReadonlyMap<string, CreatedHere>>;
  create(database: NewDatabase): Promise<void>;
  act(action: InstanceAction, id: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** One a database, so that going to another page and back loses nothing. */
  sqlPane(id: string): SqlPane;
  log(id: string): Promise<string>;
  takeSnapshot(snapshot: NewDatabaseSnapshot): Promise<void>;
  restore(snapshotId: string, database: DatabaseRestoration): Promise<void>;
  deleteSnapshot(id: string): Promise<void>;
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
  const created = signal<ReadonlyMap<string, CreatedHere>>(new Map());
  const sqlPanes = new Map<string, SqlPane>();
  const snapshotPath = (id: string) => `/rds/db-snapshots/${encodeURIComponent(id)}`;
  const path = (id: string) => `/rds/db-instances/${encodeURIComponent(id)}`;
  return {
    list,
    snapshots,
    created,
    async create(json) {
      const { id, password } = await api.call<CreatedDatabase>("POST", "/rds/db-instances", { json });
      created.value = new Map(created.value).set(id, {
        password,
        connection: (known) => withPassword(known, password),
      });
      await list.refresh();
    },
    async act(action, id) {
      await api.call("POST", `${path(id)}/${action}`);
      await list.refresh();
    },
    async remove(id) {
      await api.call("DELETE", path(id));
      sqlPanes.delete(id);
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
    sqlPane(id) {
      const pane = sqlPanes.get(id) ?? createSqlPane(api, id, created.value.get(id)?.password ?? "");
      sqlPanes.set(id, pane);
      return pane;
    },
  };
}

/** The server's texts, with the password where they have the URL. */
function withPassword({ url, command, env, ...more }: DatabaseConnection, password: string): DatabaseConnection {
  const at = url.indexOf("@");
  const full = `${url.slice(0, at)}:${encoded(password)}${url.slice(at)}`;
  const variable = more.client === "mysql" ? "MYSQL_PWD" : "PGPASSWORD";
  return {
    ...more,
    url: full,
    command: command.replace(url, full),
    env: [...env.map((line) => line.replace(url, full)), `${variable}='${password.replaceAll("'", `'\\''`)}'`],
  };
}

/** With nothing left that a shell or a URL takes for its own. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
