import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseLaunchError } from "../database-driver.ts";
import { grantorsForDump } from "../postgres-roles.ts";
import { runProgram } from "../run-program.ts";
import { superuser } from "../superuser-sql.ts";
import type { PostgresClients } from "./postgres-clients.ts";
import { emptyCluster, type ServerSettings } from "./postgres-cluster.ts";
import type { PostgresLauncher } from "./postgres-launcher.ts";
import { PostgresServer } from "./postgres-server.ts";
import { endOrphan } from "./server-orphan.ts";
import { withShortName } from "./short-socket.ts";
import { queryAsSuperuser } from "./superuser-connection.ts";

// npm's packages have no pg_upgrade: the old server writes out what it has, and a new one, whose data are empty, reads it in:
// https://www.postgresql.org/docs/17/upgrading.html#UPGRADING-VIA-PGDUMPALL. The old data stay beside the new until these are
// served: docs/decisions/0052-upgrades-in-containers.md

interface Upgrade {
  /** Of the server, which does not run. */
  readonly folder: string;
  readonly from: PostgresLauncher;
  readonly to: PostgresLauncher;
  readonly clients: PostgresClients;
  readonly settings: ServerSettings;
}

const place = (folder: string) => ({
  data: join(folder, "data"),
  written: join(folder, "upgrade.sql"),
  /** The folder of the new server for as long as it is being made. */
  next: join(folder, "next"),
  previous: join(folder, "previous"),
});

/** Makes a server's data of a later major version, in place of those that it has, which are kept. @throws DatabaseLaunchError */
export async function upgradeData({ folder, from, to, clients, settings }: Upgrade): Promise<void> {
  const { data, written, next, previous } = place(folder);
  const closed = { ...settings, isClosed: true };
  await dropMade(folder);
  try {
    const owner = await whileRunning(from, folder, closed, async (connection) => {
      await queryAsSuperuser({ data, port: settings.port }, grantorsForDump);
      await write(clients, connection, written);
      const [[answer = superuser] = []] = await queryAsSuperuser(
        { data, port: settings.port },
        "SELECT quote_ident(pg_get_userbyid(datdba)) FROM pg_database WHERE datname = 'postgres'",
      );
      return answer;
    });
    await mkdir(next, { mode: 0o711 });
    await chmod(next, 0o711);
    await emptyCluster(to, next);
    await whileRunning(to, next, closed, async (connection) => {
      await read(clients, connection, written);
      const server = { data: join(next, "data"), port: settings.port };
      await queryAsSuperuser(server, `ALTER DATABASE postgres OWNER TO ${owner}`);
    });
    await rename(data, previous);
    await rename(join(next, "data"), data);
  } finally {
    await dropMade(folder);
  }
}

/** Gives a server back the data that it had before, where there are such. */
export async function goBack(folder: string): Promise<void> {
  const { data, previous } = place(folder);
  if (!existsSync(previous)) return;
  await rm(data, { recursive: true, force: true });
  await rename(previous, data);
}

export async function dropPrevious(folder: string): Promise<void> {
  await rm(place(folder).previous, { recursive: true, force: true });
}

/**
 * After the end of LocalAWS, in the folder of a server of a version: it goes on with what it had, or, where all was done but
 * the tidying, with the new data. Resolves with whether there are new ones.
 */
export async function mendUpgrade(folder: string, version: string): Promise<boolean> {
  const { data, previous } = place(folder);
  await dropMade(folder);
  if (!existsSync(previous)) return false;
  const isUpgraded = majorOfData(data) === Number.parseInt(version, 10);
  await (isUpgraded ? dropPrevious(folder) : goBack(folder));
  return isUpgraded;
}

async function dropMade(folder: string): Promise<void> {
  const { written, next } = place(folder);
  await rm(written, { force: true });
  // One that a killed LocalAWS left.
  await endOrphan(join(next, "data"));
  await rm(next, { recursive: true, force: true });
}

function majorOfData(data: string): number | undefined {
  const file = join(data, "PG_VERSION");
  return existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : undefined;
}

/** Options by which a client connects as the superuser. */
type Connection = readonly string[];

async function whileRunning<Result>(
  launcher: PostgresLauncher,
  folder: string,
  settings: ServerSettings,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const server = await PostgresServer.start(launcher, folder, settings);
  try {
    const { port } = settings;
    return await withShortName(join(folder, "data"), `.s.PGSQL.${port}`, (host) =>
      work(["-h", host, "-p", String(port), "-U", superuser]),
    );
  } finally {
    await server.stop();
  }
}

const env = { LC_ALL: "C", PATH: "/usr/bin:/bin", PGCLIENTENCODING: "UTF8" };

async function write({ pgDumpAll }: PostgresClients, connection: Connection, file: string): Promise<void> {
  const { exitCode, stderr } = await runProgram([pgDumpAll, ...connection, "-l", "postgres", "-f", file], { env });
  if (exitCode !== 0) throw new DatabaseLaunchError(`What the database has was not written out: ${wordsIn(stderr)}`);
}

async function read({ psql }: PostgresClients, connection: Connection, file: string): Promise<void> {
  const words = ["-d", "postgres", "-Xq", "-o", "/dev/null", "-f", file];
  const { exitCode, stderr } = await runProgram([psql, ...connection, ...words], { env });
  const errors = [...stderr.matchAll(/(?:ERROR|FATAL): +(.*)/g)].map(([, message = ""]) => message);
  // Each cluster has it.
  const problems = errors.filter((message) => message !== `role "${superuser}" already exists`);
  if (exitCode === 0 && problems.length === 0) return;
  throw new DatabaseLaunchError(problems.slice(0, 3).join("; ") || wordsIn(stderr));
}

function wordsIn(stderr: string): string {
  return stderr.trim().slice(-500);
}
