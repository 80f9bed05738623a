import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import pg from "pg";
import type { DatabaseDriver, DatabaseSpec } from "../../src/runtime/database-driver.ts";
import { engineCommand } from "../support/docker/engine-command.ts";
import { type OpenRuntime, uniqueId } from "./runtimes.ts";

export async function databaseSpec(
  databases: DatabaseDriver,
  changes: Partial<DatabaseSpec> = {},
): Promise<DatabaseSpec> {
  return {
    id: `db-${uniqueId("X").slice(2).toUpperCase()}`,
    engine: "postgres",
    engineVersion: databases.versions("postgres")[0] ?? "",
    port: await freePort(),
    listenAddress: "127.0.0.1",
    masterUsername: "postgres",
    masterPassword: "correct horse",
    memoryBytes: 1024 ** 3,
    cpus: 2,
    labels: {},
    ...changes,
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("The server has no address.");
  return address.port;
}

export function connection(spec: DatabaseSpec): pg.ClientConfig {
  return {
    host: spec.listenAddress,
    port: spec.port,
    user: spec.masterUsername,
    password: spec.masterPassword,
    database: spec.databaseName ?? "postgres",
  };
}

export async function query(spec: DatabaseSpec, sql: string): Promise<Record<string, unknown>> {
  const client = new pg.Client(connection(spec));
  await client.connect();
  try {
    const { rows } = await client.query(sql);
    return rows[0] ?? {};
  } finally {
    await client.end();
  }
}

/** As a crash does: its main process is killed. */
export async function killServer({ dataDir, databases }: OpenRuntime, { id, engine }: DatabaseSpec): Promise<void> {
  const [root, file] = engine === "postgres" ? ["rds", "postmaster.pid"] : ["rds-mysql", "mysqld.pid"];
  const pid =
    databases.kind === "docker"
      ? // A `docker kill` would be a stop to the engine.
        await engineCommand(["inspect", "-f", "{{.State.Pid}}", `localaws-${id}`])
      : await readFile(join(dataDir, root, id, "data", file), "utf8");
  process.kill(Number.parseInt(pid, 10), "SIGKILL");
}
