import { z } from "zod";
import type { SqlDialect } from "../../sql/sql-connection.ts";
import { named } from "./schemas.ts";

export const connectionSchema = named(
  "DatabaseConnection",
  z.strictObject({
    url: z.string().meta({ examples: ["postgresql://postgres@localhost:4510/postgres"] }),
    client: z.enum(["psql", "mysql"]).describe("The program of the engine."),
    command: z.string().describe("A shell command with that program."),
    env: z.array(z.string()).describe("Lines for a shell or an .env file."),
  }),
);

/** How to connect to a server: ready to be pasted. The password is known to whoever created it, and to nobody here. */
export function connectionTo(server: {
  readonly engine: string;
  readonly address: string;
  readonly port: number;
  readonly username: string;
  /** Empty: none. */
  readonly database: string;
}): z.input<typeof connectionSchema> {
  return dialectOf(server.engine) === "mysql" ? mysqlConnection(server) : postgresConnection(server);
}

type Server = Parameters<typeof connectionTo>[0];

function postgresConnection({ address, port, username, database }: Server): z.input<typeof connectionSchema> {
  const url = `postgresql://${encodeURIComponent(username)}@${address}:${port}/${encodeURIComponent(database)}`;
  return {
    ...{ url, client: "psql", command: `psql ${quoted(url)}` },
    env: [
      `PGHOST=${address}`,
      `PGPORT=${port}`,
      `PGUSER=${quoted(username)}`,
      `PGDATABASE=${quoted(database)}`,
      `DATABASE_URL=${quoted(url)}`,
    ],
  };
}

/** By TCP: `localhost` is a Unix socket to MySQL's own programs. */
function mysqlConnection({ address, port, username, database }: Server): z.input<typeof connectionSchema> {
  const url = `mysql://${encodeURIComponent(username)}@${address}:${port}/${encodeURIComponent(database)}`;
  const options = `--protocol=TCP -h ${address} -P ${port} -u ${quoted(username)} -p`;
  return {
    ...{ url, client: "mysql", command: `mysql ${options}${database && ` ${quoted(database)}`}` },
    env: [
      `MYSQL_HOST=${address}`,
      `MYSQL_TCP_PORT=${port}`,
      `MYSQL_USER=${quoted(username)}`,
      ...(database === "" ? [] : [`MYSQL_DATABASE=${quoted(database)}`]),
      `DATABASE_URL=${quoted(url)}`,
    ],
  };
}

/** Whose protocol the servers of an engine speak. */
export function dialectOf(engine: string): SqlDialect {
  return /mysql|mariadb/.test(engine) ? "mysql" : "postgres";
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
