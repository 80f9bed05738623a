import { superuser } from "../superuser-sql.ts";
import { trying } from "./container-exec.ts";

/** The majors that https://hub.docker.com/_/postgres has official images of and RDS still offers, the default first. */
export const postgresVersions = ["17", "18", "16", "15", "14", "13"] as const;

export const postgresPort = 5432;

export function postgresImage(version: string): string {
  return `postgres:${version}`;
}

/** Where an image keeps its data: from 18 on in a folder for each major, below the one that is to be the volume. */
export function postgresDataFolder(version: string): string {
  return Number(version) >= 18 ? "/var/lib/postgresql" : "/var/lib/postgresql/data";
}

/**
 * Connects by TCP and prints the server's version. The image's first server, which makes the database, listens on the
 * unix socket alone: only the real one answers this. The images trust connections from inside the container.
 */
export function askVersion(tries: number): readonly string[] {
  const ask = `PGCONNECT_TIMEOUT=2 psql -h 127.0.0.1 -U ${superuser} -d postgres -XtAc "SHOW server_version"`;
  return ["sh", "-c", trying(ask, tries)];
}

/** `17.5` of `17.5 (Debian 17.5-1.pgdg120+1)`. */
export function shortVersion(answer: string): string | undefined {
  return /^\s*(\d+(?:\.\d+|\w+)*)/.exec(answer)?.[1];
}
