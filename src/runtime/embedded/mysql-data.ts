import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ServerCertificate } from "../certificate-authority.ts";
import type { DatabaseSpec } from "../database-driver.ts";
import { replicationOptions } from "../mysql-replication.ts";
import { optionFile, type ServerTuning, tlsFiles } from "../mysql-settings.ts";
import { superuserStatements } from "../mysql-users.ts";
import { copyMysqlData } from "./cluster-snapshots.ts";
import type { MysqlProgram } from "./mysql-programs.ts";
import { mysqlTemplate } from "./mysql-template.ts";

/** In the data folder, which nobody but the server's account can enter. */
export const socketName = "mysqld.sock";
export const pidFileName = "mysqld.pid";
/** The superuser's password: it goes with the data, into snapshots and what is made of them. */
const secretName = ".rdsadmin";
const firstStatements = "first-statements.sql";

/** Makes `<folder>/data`, whose first start makes the superuser. @throws DatabaseLaunchError with the installation's words */
export async function createMysqlData(program: MysqlProgram, folder: string): Promise<void> {
  const data = join(folder, "data");
  await copyMysqlData(await mysqlTemplate(program, dirname(folder)), folder);
  const password = randomBytes(24).toString("hex");
  await writeOwn(program, join(data, secretName), password);
  const statements = ["SET SESSION sql_mode = ''", ...superuserStatements(program.engine, password)];
  // Each in one line, as the server reads them.
  await writeOwn(program, join(data, firstStatements), `${statements.join(";\n")};\n`);
}

export type MysqlServerSettings = ServerTuning &
  Pick<DatabaseSpec, "id" | "listenAddress" | "port" | "replicaOf"> & {
    readonly tls: ServerCertificate;
    readonly archived: boolean;
  };

/** Written at each start: what the server is asked to be may have changed. Resolves with the file's path. */
export async function writeMysqlOptions(
  program: MysqlProgram,
  folder: string,
  { id, listenAddress, port, replicaOf, tls, archived, ...tuning }: MysqlServerSettings,
): Promise<string> {
  const data = join(folder, "data");
  const files = join(data, "files");
  await mkdir(files, { recursive: true, mode: 0o700 });
  program.own(files);
  for (const part of ["certificate", "privateKey"] as const) {
    await writeOwn(program, join(data, tlsFiles[part]), tls[part]);
  }
  const isFirst = (await readFile(join(data, firstStatements)).catch(() => undefined)) !== undefined;
  const text = optionFile(tuning, {
    ...{ datadir: program.pathInside(data), bind_address: listenAddress, port },
    ...replicationOptions(id, { engine: program.engine, follows: replicaOf !== undefined, archived }),
    ...{ socket: socketName, pid_file: pidFileName },
    // Nobody has the right to files; this keeps those of other servers from whoever gave it to himself.
    secure_file_priv: program.pathInside(files),
    ssl_cert: program.pathInside(join(data, tlsFiles.certificate)),
    ssl_key: program.pathInside(join(data, tlsFiles.privateKey)),
    ...(isFirst && { init_file: firstStatements }),
  });
  const file = join(data, "server.cnf");
  await writeOwn(program, file, text);
  return file;
}

/** The superuser is there: a copy of the data needs no second one. */
export async function forgetFirstStatements(folder: string): Promise<void> {
  await rm(join(folder, "data", firstStatements), { force: true });
}

export async function superuserPassword(folder: string): Promise<string> {
  return (await readFile(join(folder, "data", secretName), "utf8")).trim();
}

async function writeOwn(program: MysqlProgram, file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  program.own(file);
}
