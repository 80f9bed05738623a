import { connectPostgres } from "../../sql/postgres-connection.ts";
import { DatabaseLaunchError } from "../database-driver.ts";
import { superuser } from "../superuser-sql.ts";
import { withShortName } from "./short-socket.ts";

const statementMilliseconds = 60_000;

/**
 * Runs SQL as the superuser by the Unix socket in the server's data folder: who can enter that folder may be whom he
 * likes. @throws DatabaseLaunchError with PostgreSQL's words
 */
export async function queryAsSuperuser(
  { data, port }: { readonly data: string; readonly port: number },
  sql: string,
  database = "postgres",
): Promise<string[][]> {
  return await withShortName(data, `.s.PGSQL.${port}`, async (host) => {
    const server = { dialect: "postgres" as const, host, port, username: superuser, password: "", database };
    try {
      const connection = await connectPostgres(server, { timeoutMs: statementMilliseconds });
      try {
        const results = await connection.query(sql, { maxRows: Number.POSITIVE_INFINITY });
        return results.flatMap(({ rows }) => rows.map((row) => row.map((value) => value ?? "")));
      } finally {
        await connection.close();
      }
    } catch (error) {
      throw new DatabaseLaunchError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  });
}
