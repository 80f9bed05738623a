import type Docker from "dockerode";
import { DatabaseLaunchError } from "../database-driver.ts";
import { grantorsForDump } from "../postgres-roles.ts";
import { reload, superuser } from "../superuser-sql.ts";
import { archivePlace, segments } from "./archive-volumes.ts";
import { execInContainer, mustSucceed } from "./container-exec.ts";
import { hasFile } from "./containers.ts";
import { psqlAsSuperuser } from "./superuser-exec.ts";

// An image has the programs of one major version, so there is no pg_upgrade: the old server writes out what it has, and the new
// one, whose data are empty, reads it in: https://www.postgresql.org/docs/17/upgrading.html#UPGRADING-VIA-PGDUMPALL

/** In the volume of the archive, which outlives the container. */
const written = `${archivePlace}/upgrade.sql`;
const archiveBefore = `${archivePlace}/wal-before`;
const access = '"$PGDATA/pg_hba.conf"';
const accessBefore = '"$PGDATA/pg_hba.before"';

/** What a dump of all databases does not have of the one that each server has. */
export interface OutsideOfDump {
  readonly owner: string;
}

/** Keeps everybody but the superuser out of a running server, and writes out what it has; its archive is put aside. */
export async function writeOut(container: Docker.Container): Promise<OutsideOfDump> {
  const sql = (text: string) => psqlAsSuperuser(container, text);
  await mustSucceed(
    container,
    // The mark that it has begun comes first.
    `umask 077; : >${written} && cp -p ${access} ${accessBefore} && echo 'host all all 127.0.0.1/32 trust' >${access}`,
  );
  try {
    await reload(sql);
    await sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL",
    );
    await sql(grantorsForDump);
    await mustSucceed(container, `umask 077; pg_dumpall -h 127.0.0.1 -U ${superuser} -f ${written}`);
    const [[owner = superuser] = []] = await sql(
      "SELECT quote_ident(pg_get_userbyid(datdba)) FROM pg_database WHERE datname = 'postgres'",
    );
    await mustSucceed(container, `test ! -d ${segments} || mv ${segments} ${archiveBefore}`);
    // It is read at the next start, which is that of a server that goes on as it was.
    await mustSucceed(container, `mv ${accessBefore} ${access}`);
    return { owner };
  } catch (error) {
    await mustSucceed(container, `rm -f ${written}`);
    await letIn(container);
    throw error;
  }
}

/** Whether a server, running or not, has written out what it has, or has begun to. */
export async function isWrittenOut(container: Docker.Container): Promise<boolean> {
  return (await hasFile(container, archiveBefore)) || (await hasFile(container, written));
}

/** Undoes the keeping out of everybody, in a running server. */
export async function letIn(container: Docker.Container): Promise<void> {
  await mustSucceed(container, `test ! -f ${accessBefore} || mv ${accessBefore} ${access}`);
  await reload((text) => psqlAsSuperuser(container, text));
}

/** Of a running server that has what its image has made, and no more. @throws DatabaseLaunchError with PostgreSQL's words */
export async function readIn(container: Docker.Container, { owner }: OutsideOfDump): Promise<void> {
  const argv = ["psql", "-h", "127.0.0.1", "-U", superuser, "-d", "postgres", "-Xq", "-o", "/dev/null", "-f", written];
  const { exitCode, stderr } = await execInContainer(container, argv);
  const errors = [...stderr.matchAll(/(?:ERROR|FATAL): +(.*)/g)].map(([, words = ""]) => words);
  // The image has made it.
  const problems = errors.filter((words) => words !== `role "${superuser}" already exists`);
  if (exitCode !== 0 || problems.length > 0) {
    throw new DatabaseLaunchError(problems.slice(0, 3).join("; ") || stderr.trim().slice(-500));
  }
  await psqlAsSuperuser(container, `ALTER DATABASE postgres OWNER TO ${owner}`);
}

/** What was archived is of no use to a server whose data were made anew. */
export async function archiveAnew(container: Docker.Container): Promise<void> {
  const opened = `mkdir ${segments} && chown postgres ${segments} && chmod 700 ${segments}`;
  await mustSucceed(
    container,
    `rm -f ${written}; test ! -d ${archiveBefore} || { rm -rf ${archiveBefore}; ${opened}; }`,
  );
}

/** Of the server that goes on as it was. */
export async function archiveOn(container: Docker.Container): Promise<void> {
  await mustSucceed(
    container,
    `{ test ! -d ${archiveBefore} || mv ${archiveBefore} ${segments}; } && rm -f ${written}`,
  );
}
