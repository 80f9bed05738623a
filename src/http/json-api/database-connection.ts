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

/** How to connect to a PostgreSQL server: ready to be pasted. The password is known to whoever created it, and to nobody here. */
export function connectionTo(server: {
  readonly address: string;
  readonly port: number;
  readonly username: string;
  readonly database: string;
}): z.input<typeof connectionSchema> {
  const { address, port, username, database } = server;
  const url = `postgresql://${encodeURIComponent(username)}@${address}:${port}/${encodeURIComponent(database)}`;
  return {
    url,
    psql: `psql ${quoted(url)}`,
    env: [
      `PGHOST=${address}`,
      `PGPORT=${port}`,
      `PGUSER=${quoted(username)}`,
      `PGDATABASE=${quoted(database)}`,
      `DATABASE_URL=${quoted(url)}`,
    ],
  };
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
