import mysql, { type Connection, type ConnectionOptions } from "mysql2/promise";
import type { DatabaseDriver, DatabaseSpec } from "../../src/runtime/database-driver.ts";
import { databaseSpec } from "./database-support.ts";

export const mysqlEngines = ["mariadb", "mysql"] as const;

/** The version whose image `make-images.sh` makes. */
const madeMysql = "9.7";

/** A server of MariaDB or MySQL, for a class of 1 GiB. */
export async function mysqlSpec(
  databases: DatabaseDriver,
  engine: (typeof mysqlEngines)[number],
  changes: Partial<DatabaseSpec> = {},
): Promise<DatabaseSpec> {
  const [first = ""] = databases.versions(engine);
  return await databaseSpec(databases, {
    engine,
    engineVersion: engine === "mysql" && databases.kind === "docker" ? madeMysql : first,
    ...{ masterUsername: "boss", databaseName: "shop" },
    ...changes,
  });
}

export function connectMysql(spec: DatabaseSpec, options: ConnectionOptions = {}): Promise<Connection> {
  return mysql.createConnection({
    host: spec.listenAddress,
    port: spec.port,
    user: spec.masterUsername,
    password: spec.masterPassword,
    ...(spec.databaseName !== undefined && { database: spec.databaseName }),
    connectTimeout: 10_000,
    ...options,
  });
}

/** The first row; empty where there is none. */
export async function mysqlQuery(
  spec: DatabaseSpec,
  sql: string,
  options: ConnectionOptions = {},
): Promise<Record<string, unknown>> {
  const connection = await connectMysql(spec, options);
  try {
    const [rows] = await connection.query(sql);
    const [first] = Array.isArray(rows) ? rows : [];
    return { ...first };
  } finally {
    await connection.end();
  }
}
