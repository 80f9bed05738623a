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

interface DatabaseServer {
  readonly engine: string;
  readonly address: string;
  readonly port: number;
  readonly username: string;
  /** Empty: none. */
  readonly database: string;
}

/** How to connect to a server: ready to be pasted. Whoever does not give the password adds it. */
export function connectionTo(server: DatabaseServer, password?: string): z.input<typeof connectionSchema> {
  return dialectOf(server.engine) === "mysql"
    ? mysqlConnection(server, password)
    : postgresConnection(server, password);
}

function postgresConnection(
  { address, port, username, database }: DatabaseServer,
  password?: string,
): z.input<typeof connectionSchema> {
  const url = `postgresql://${userOf(username, password)}@${address}:${port}/${urlPart(database)}`;
  return {
    ...{ url, client: "psql", command: `psql ${quoted(url)}` },
    env: [
      `PGHOST=${address}`,
      `PGPORT=${port}`,
      `PGUSER=${quoted(username)}`,
      ...(password === undefined ? [] : [`PGPASSWORD=${quoted(password)}`]),
      `PGDATABASE=${quoted(database)}`,
      `DATABASE_URL=${quoted(url)}`,
    ],
  };
}

/** By TCP: `localhost` is a Unix socket to MySQL's own programs. */
function mysqlConnection(
  { address, port, username, database }: DatabaseServer,
  password?: string,
): z.input<typeof connectionSchema> {
  const url = `mysql://${userOf(username, password)}@${address}:${port}/${urlPart(database)}`;
  const options = `--protocol=TCP -h ${address} -P ${port} -u ${quoted(username)}`;
  const secret = password === undefined ? "-p" : `-p${quoted(password)}`;
  return {
    ...{ url, client: "mysql", command: `mysql ${options} ${secret}${database && ` ${quoted(database)}`}` },
    env: [
      `MYSQL_HOST=${address}`,
      `MYSQL_TCP_PORT=${port}`,
      `MYSQL_USER=${quoted(username)}`,
      ...(password === undefined ? [] : [`MYSQL_PWD=${quoted(password)}`]),
      ...(database === "" ? [] : [`MYSQL_DATABASE=${quoted(database)}`]),
      `DATABASE_URL=${quoted(url)}`,
    ],
  };
}

/** Whose protocol the servers of an engine speak. */
export function dialectOf(engine: string): SqlDialect {
  return /mysql|mariadb/.test(engine) ? "mysql" : "postgres";
}

function userOf(username: string, password?: string): string {
  return [username, ...(password === undefined ? [] : [password])].map(urlPart).join(":");
}

/** With nothing left that a shell or a URL takes for its own. */
function urlPart(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
