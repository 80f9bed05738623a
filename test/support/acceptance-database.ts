import pg from "pg";

interface Database {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Runs one statement over a connection of its own, and gives the rows. */
export async function query(database: Database, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ ...database, connectionTimeoutMillis: 10_000 });
  // A server that stops says so to connections without a statement, too.
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
