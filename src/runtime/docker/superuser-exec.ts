import type Docker from "dockerode";
import { DatabaseLaunchError } from "../database-driver.ts";
import { superuser } from "../superuser-sql.ts";
import { execInContainer } from "./container-exec.ts";

/** What no value has: ASCII's own separators. */
const [fieldSeparator, rowSeparator] = ["\u001f", "\u001e"];

/**
 * Runs SQL as the superuser of the server in a container, whose own connections its image trusts. Each statement is a
 * transaction. @throws DatabaseLaunchError with PostgreSQL's words
 */
export async function psqlAsSuperuser(
  container: Docker.Container,
  sql: string,
  database = "postgres",
): Promise<string[][]> {
  const psql = [
    ...["psql", "-h", "127.0.0.1", "-U", superuser, "-d", database, "-XqtA", "-v", "ON_ERROR_STOP=1"],
    ...["-F", fieldSeparator, "-R", rowSeparator],
  ];
  // Standard input, since what an argument says is a single transaction; and it is seen by nobody.
  const argv = ["sh", "-c", 'printf %s "$LOCALAWS_SQL" | PGCONNECT_TIMEOUT=10 exec "$@"', "sh", ...psql];
  const { exitCode, stdout, stderr } = await execInContainer(container, argv, { LOCALAWS_SQL: sql });
  if (exitCode !== 0) throw new DatabaseLaunchError(/(?:ERROR|FATAL): +(.*)/.exec(stderr)?.[1] ?? stderr.trim());
  const text = stdout.replace(/\n$/, "");
  return text === "" ? [] : text.split(rowSeparator).map((row) => row.split(fieldSeparator));
}
