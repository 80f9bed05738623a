import mysql, { type ConnectionOptions } from "mysql2/promise";
import { masterPassword } from "./db-instances.ts";

/** Runs a statement in a real database of MariaDB or MySQL that `createAvailable` made, as its master user. */
export async function queryMysql(
  port: number | undefined,
  statement: string,
  options: ConnectionOptions = {},
): Promise<unknown> {
  const connection = await mysql.createConnection({
    ...{ host: "127.0.0.1", port: port ?? 0, user: "master", password: masterPassword, ...options },
  });
  // One that ends while nothing is asked of it is noticed by the next statement.
  connection.on("error", () => {});
  try {
    const [rows] = await connection.query(statement);
    return rows;
  } finally {
    await connection.end().catch(() => connection.destroy());
  }
}
