import { existsSync } from "node:fs";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerCertificate } from "../certificate-authority.ts";
import { DatabaseLaunchError, type DatabaseSpec, type RecoveryPoint } from "../database-driver.ts";
import { masterStatements } from "../postgres-roles.ts";
import { type FollowedServer, followingSettings } from "../replication.ts";
import { accessOfClients, certificateFiles, settingLines, superuser } from "../superuser-sql.ts";
import { archiveSettings, recoverySettings } from "../wal-archive.ts";
import { copyFolder } from "./cluster-snapshots.ts";
import { archiveSeenByServer, recoverySeenByServer } from "./embedded-archives.ts";
import type { PostgresLauncher } from "./postgres-launcher.ts";

/**
 * Makes `<folder>/data`: a cluster with the master user and the first database. The superuser has no password.
 * @throws DatabaseLaunchError with PostgreSQL's own words
 */
export async function createCluster(launcher: PostgresLauncher, folder: string, spec: DatabaseSpec): Promise<void> {
  // The account that PostgreSQL runs as passes through the one and owns the other.
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o711);
  await emptyCluster(launcher, folder);
  const inside = launcher.pathInside(join(folder, "data"));
  await writeConfiguration(launcher, folder, spec);
  await mustSucceed(
    launcher.run(
      "postgres",
      ["--single", "-D", inside, "-c", "exit_on_error=on", "postgres"],
      statements(launcher, spec),
    ),
  );
}

/** Makes `<folder>/data` with what each cluster has, and no configuration. @throws DatabaseLaunchError */
export async function emptyCluster(launcher: PostgresLauncher, folder: string): Promise<void> {
  await copyFolder(await template(launcher, launcher.root), join(folder, "data"));
}

const templates = new Map<string, Promise<string>>();

/** What initdb makes, which takes longer than all the rest: once for a data folder, and copied. */
async function template(launcher: PostgresLauncher, root: string): Promise<string> {
  const place = join(root, `.template-${launcher.version}`);
  if (existsSync(place)) return place;
  const making = templates.get(place) ?? makeTemplate(launcher, place).finally(() => templates.delete(place));
  templates.set(place, making);
  return await making;
}

async function makeTemplate(launcher: PostgresLauncher, place: string): Promise<string> {
  const made = `${place}.new`;
  await rm(made, { recursive: true, force: true });
  await mkdir(made, { mode: 0o700 });
  launcher.own(made);
  const initdb = (locale: readonly string[]) =>
    launcher.run("initdb", [
      ...["-D", launcher.pathInside(made), "--username", superuser, "--encoding", "UTF8", ...locale],
      ...["--auth-local", "reject", "--auth-host", "scram-sha-256"],
    ]);
  if (Number.parseInt(launcher.version, 10) >= 15) {
    // The order of RDS's en_US.UTF-8, on hosts that have no such locale too.
    await mustSucceed(initdb(["--locale", "C", "--locale-provider", "icu", "--icu-locale", "en-US"]));
  } else {
    // Databases of these go by the host's locales alone: https://www.postgresql.org/docs/15/release-15.html
    const { exitCode } = await initdb(["--locale", "en_US.UTF-8"]);
    if (exitCode !== 0) await mustSucceed(initdb(["--locale", "C"]));
  }
  await rename(made, place);
  return place;
}

export type ServerSettings = Pick<DatabaseSpec, "id" | "listenAddress" | "port" | "memoryBytes" | "parameters"> & {
  readonly follows?: FollowedServer | undefined;
  /** Without one, connections are not encrypted. `authority`: PEM, of those that clients come with. */
  readonly tls?: ServerCertificate & { readonly authority: string };
  /** To everybody but the superuser. */
  readonly isClosed?: boolean;
  /** At its first start. */
  readonly recovery?: RecoveryPoint | undefined;
};

/** Written at each start: what the server is asked to be may have changed. */
export async function writeConfiguration(
  launcher: PostgresLauncher,
  folder: string,
  { id, listenAddress, port, memoryBytes, parameters, follows, recovery, tls, isClosed }: ServerSettings,
): Promise<void> {
  const settings: Record<string, string | number> = {
    // RDS gives a quarter of the memory; what is more than 128 MB a developer's machine needs elsewhere.
    shared_buffers: `${clamp(Math.floor(memoryBytes / 4 / 2 ** 20), 16, 128)}MB`,
    // RDS's default: LEAST({DBInstanceClassMemory/9531392},5000).
    max_connections: clamp(Math.floor(memoryBytes / 9_531_392), 50, 500),
    max_wal_size: "256MB",
    huge_pages: "off",
    jit: "off",
    password_encryption: "scram-sha-256",
    timezone: "UTC",
    log_timezone: "UTC",
    log_line_prefix: "%t:%r:%u@%d:[%p]:",
    ...parameters,
    ssl: tls === undefined ? "off" : "on",
    ssl_ca_file: tls === undefined ? "" : certificateFiles.authority,
    ...archiveSettings(archiveSeenByServer(id)),
    ...(recovery && recoverySettings(recoverySeenByServer, recovery.until)),
    listen_addresses: listenAddress,
    port,
    // The data folder, which nobody else can enter.
    unix_socket_directories: ".",
    unix_socket_permissions: "0700",
  };
  const configured = follows === undefined ? settings : followingSettings(settings, follows);
  const access = [
    ...[`local all ${superuser} trust`, "local all all reject", `host all ${superuser} all reject`],
    ...(isClosed === true ? [] : accessOfClients(parameters)),
  ];
  for (const [name, text] of [
    ["postgresql.conf", settingLines(configured)],
    ["pg_hba.conf", access.map((line) => `${line}\n`).join("")],
    ...(tls === undefined
      ? []
      : ([
          [certificateFiles.certificate, tls.certificate],
          [certificateFiles.privateKey, tls.privateKey],
          [certificateFiles.authority, tls.authority],
        ] as const)),
  ] as const) {
    const file = join(folder, "data", name);
    await writeFile(file, text, { mode: 0o600 });
    launcher.own(file);
  }
}

/** One statement a line, as `postgres --single` reads them. */
function statements({ version }: PostgresLauncher, spec: DatabaseSpec): string {
  return [...masterStatements(spec, Number.parseInt(version, 10)), "CHECKPOINT"].map((one) => `${one}\n`).join("");
}

async function mustSucceed(running: ReturnType<PostgresLauncher["run"]>): Promise<void> {
  const { exitCode, stderr } = await running;
  if (exitCode === 0) return;
  const reason = /(?:FATAL|ERROR|PANIC|error): +(.*)/.exec(stderr)?.[1] ?? stderr.trim();
  throw new DatabaseLaunchError(`PostgreSQL could not make the database: ${reason}`);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
