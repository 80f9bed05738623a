import { setTimeout as delay } from "node:timers/promises";
import { DatabaseLaunchError, type DatabaseParameters } from "./database-driver.ts";
import { scramVerifier } from "./scram-verifier.ts";

/** The one superuser, as on RDS: no client can be it, only LocalAWS. */
export const superuser = "rdsadmin";

/**
 * Runs SQL as the superuser of a running PostgreSQL, in the database `postgres` unless another is named. Resolves with the
 * rows, their values as the server writes them in text (`null` is empty). @throws DatabaseLaunchError with PostgreSQL's words
 */
export type SuperuserSql = (sql: string, database?: string) => Promise<string[][]>;

/** Where servers are reached: their certificates are for these. */
export const serverAddresses: readonly string[] = ["127.0.0.1", "127.0.0.2", "::1"];

/** The certificate and its key, in the data folder: PostgreSQL's own names. */
export const certificateFiles = { certificate: "server.crt", privateKey: "server.key", authority: "root.crt" } as const;

/**
 * Members of `rds_iam` come with a certificate, which only who has looked at their token has. Those of `rds_superuser` may pass
 * that role on, which makes them members of it: they keep their passwords.
 */
const accessByToken = [
  "host all +rds_superuser all scram-sha-256",
  "hostssl all +rds_iam all cert",
  "host all +rds_iam all reject",
];

/**
 * What of the access file (https://www.postgresql.org/docs/17/auth-pg-hba-conf.html) is about clients, one line each.
 * `rds.force_ssl` keeps those out that do not encrypt.
 */
export function accessOfClients(parameters: DatabaseParameters = {}): string[] {
  const forced = /^(?:1|on|true|yes)$/i.test(parameters["rds.force_ssl"] ?? "");
  return [
    ...(forced ? ["hostnossl all all all reject"] : []),
    ...accessByToken,
    "host all all all scram-sha-256",
    "host replication all all scram-sha-256",
  ];
}

/** Milliseconds that a server has to read its configuration again. */
const reloadTimeout = 10_000;

/** @throws DatabaseLaunchError where there is no such user */
export async function changePassword(sql: SuperuserSql, username: string, password: string): Promise<void> {
  await sql(`ALTER ROLE ${identifier(username)} PASSWORD '${scramVerifier(password)}'`);
}

/** Makes a user who may read everything, whatever row security and owners say: https://www.postgresql.org/docs/17/ddl-rowsecurity.html */
export async function admitReader(sql: SuperuserSql, username: string, password: string): Promise<void> {
  await sql(`CREATE ROLE ${identifier(username)} SUPERUSER LOGIN PASSWORD '${scramVerifier(password)}'`);
}

/** Resolves when the server goes by its files again, with the names of the settings that wait for a restart. */
export async function reload(sql: SuperuserSql): Promise<string[]> {
  const loadTime = async () => (await sql("SELECT pg_conf_load_time()"))[0]?.[0];
  const before = await loadTime();
  await sql("SELECT pg_reload_conf()");
  const deadline = performance.now() + reloadTimeout;
  while ((await loadTime()) === before) {
    if (performance.now() > deadline) throw new DatabaseLaunchError("The server does not read its configuration.");
    await delay(20);
  }
  return (await sql("SELECT name FROM pg_settings WHERE pending_restart ORDER BY name")).flat();
}

/** Lines of a configuration file. */
export function settingLines(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      if (!/^\w+(?:\.\w+)*$/.test(name) || /[\r\n\0]/.test(`${value}`)) {
        throw new DatabaseLaunchError(`${JSON.stringify(name)} cannot be set to ${JSON.stringify(value)}.`);
      }
      return `${name} = '${`${value}`.replaceAll("\\", "\\\\").replaceAll("'", "''")}'\n`;
    })
    .join("");
}

/** A name as SQL has it. @throws DatabaseLaunchError for what is none */
export function identifier(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line's end would begin another statement
  if (name === "" || /[\u0000-\u001f]/.test(name)) throw new DatabaseLaunchError(`${JSON.stringify(name)} is no name.`);
  return `"${name.replaceAll('"', '""')}"`;
}
