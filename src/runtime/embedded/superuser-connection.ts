import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectPostgres } from "../../sql/postgres-connection.ts";
import { DatabaseLaunchError } from "../database-driver.ts";
import { superuser } from "../superuser-sql.ts";

/** Bytes that the name of a Unix socket may have, everywhere: https://man7.org/linux/man-pages/man7/unix.7.html */
const longestName = 103;
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
  return await withShortName(data, port, async (host) => {
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

async function withShortName<T>(folder: string, port: number, work: (host: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(join(folder, `.s.PGSQL.${port}`)) <= longestName) return work(folder);
  const place = await mkdtemp(join(tmpdir(), "localaws-"));
  try {
    const link = join(place, "d");
    await symlink(folder, link);
    return await work(link);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
