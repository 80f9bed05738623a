import { access, constants, readdir, realpath } from "node:fs/promises";
import { basename, join } from "node:path";
import { runProgram } from "../run-program.ts";

/** PostgreSQL's own clients, of which npm's packages have none: of an installation on this machine. */
export interface PostgresClients {
  /** They know servers of this major and of earlier ones. */
  readonly major: number;
  readonly pgDumpAll: string;
  readonly psql: string;
}

/** Where distributions keep them, each major in a folder of its own. */
const versioned = [
  { root: "/usr/lib/postgresql", inner: "bin" },
  { root: "/usr/local/opt", inner: "bin", only: /^(?:postgresql|libpq)/ },
  { root: "/opt/homebrew/opt", inner: "bin", only: /^(?:postgresql|libpq)/ },
  { root: "/usr", inner: "bin", only: /^pgsql-\d+$/ },
];

/** The newest that there are. `searchPath`: folders to look in too. */
export async function findPostgresClients(searchPath: readonly string[]): Promise<PostgresClients | undefined> {
  const folders = await Promise.all(
    versioned.map(async ({ root, inner, only = /^/ }) =>
      (await readdir(root).catch(() => [])).filter((name) => only.test(name)).map((name) => join(root, name, inner)),
    ),
  );
  const found = await Promise.all([...folders.flat(), ...searchPath].map(clientsIn));
  return found.reduce((best, one) => ((one?.major ?? 0) > (best?.major ?? 0) ? one : best), undefined);
}

async function clientsIn(folder: string): Promise<PostgresClients | undefined> {
  const [pgDumpAll, , psql] = ["pg_dumpall", "pg_dump", "psql"].map((name) => join(folder, name));
  if (pgDumpAll === undefined || psql === undefined) return undefined;
  try {
    for (const name of ["pg_dumpall", "pg_dump", "psql"]) await access(join(folder, name), constants.X_OK);
    // Debian's in /usr/bin are scripts that choose a version by its own clusters.
    if (basename(await realpath(pgDumpAll)) !== "pg_dumpall") return undefined;
    const { stdout } = await runProgram([pgDumpAll, "--version"], { env: { LC_ALL: "C" } });
    const major = Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]);
    return major > 0 ? { major, pgDumpAll, psql } : undefined;
  } catch {
    return undefined;
  }
}
