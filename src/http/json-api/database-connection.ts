import { z } from "zod";
import { named } from "./schemas.ts";

export const connectionSchema = named(
  "DatabaseConnection",
  z.strictObject({
    url: z.string().meta({ examples: ["postgresql://postgres@localhost:4510/postgres"] }),
    psql: z.string().describe("A shell command."),
    env: z.array(z.string()).describe("Lines for a shell or an .env file."),
  }),
);

interface DatabaseServer {
  readonly address: string;
  readonly port: number;
  readonly username: string;
  readonly database: string;
}

/** How to connect to a PostgreSQL server: ready to be pasted. Whoever does not give the password adds it. */
export function connectionTo(server: DatabaseServer, password?: string): z.input<typeof connectionSchema> {
  const { address, port, username, database } = server;
  const user = [username, ...(password === undefined ? [] : [password])].map(urlPart).join(":");
  const url = `postgresql://${user}@${address}:${port}/${urlPart(database)}`;
  return {
    url,
    psql: `psql ${quoted(url)}`,
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
