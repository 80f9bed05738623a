import type { ChildProcess } from "node:child_process";
import { access, constants, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ExecResult } from "../machine-driver.ts";
import { type MysqlEngine, shortMysqlVersion } from "../mysql-users.ts";
import { UnprivilegedPrograms } from "./unprivileged-programs.ts";

/** Names of the server program, and where it is when that is not on PATH. */
const serverNames = ["mariadbd", "mysqld"] as const;
const usualFolders = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

const advice: Readonly<Record<MysqlEngine, string>> = {
  mariadb: "Install MariaDB's server (Debian and Ubuntu: `apt-get install mariadb-server`), or use Docker.",
  mysql: "Install MySQL's server (`mysqld`; MariaDB's is not taken for it), or use Docker.",
};

/** The server of one engine, run as somebody who is not root. */
export interface MysqlProgram {
  readonly engine: MysqlEngine;
  /** As `--version` says: `10.11.19`. */
  readonly version: string;
  /** Gives a file or folder to the account that the server runs as. */
  own(path: string): void;
  /** How the server names a path below `root`. */
  pathInside(path: string): string;
  spawn(args: readonly string[], output: number): ChildProcess;
  /** Makes the files of a server without databases in an empty folder. */
  install(args: readonly string[]): Promise<ExecResult>;
}

/** What of the servers can be run here, or the sentence that says what helps. */
export type MysqlPrograms = Readonly<Record<MysqlEngine, MysqlProgram | string>>;

/**
 * @param root the absolute folder that holds every server's folder
 * @param searchPath folders to look in, before those where such servers usually are
 */
export async function findMysqlPrograms(root: string, searchPath: readonly string[]): Promise<MysqlPrograms> {
  const found: { -readonly [Engine in MysqlEngine]: MysqlProgram | string } = {
    mariadb: `No server of MariaDB was found. ${advice.mariadb}`,
    mysql: `No server of MySQL was found. ${advice.mysql}`,
  };
  const folders = [...searchPath, ...usualFolders];
  for (const path of await executables(folders, serverNames)) {
    try {
      const program = await open(path, root, folders);
      if (typeof found[program.engine] === "string") found[program.engine] = program;
    } catch (error) {
      const engine = path.endsWith("mariadbd") ? "mariadb" : "mysql";
      const reason = error instanceof Error ? error.message : String(error);
      if (typeof found[engine] === "string") found[engine] = `${path} cannot be run: ${reason} ${advice[engine]}`;
    }
  }
  return found;
}

async function open(path: string, root: string, folders: readonly string[]): Promise<MysqlProgram> {
  // With what belongs to it, since that need not be where everybody may enter.
  const real = await realpath(path);
  const programs = new UnprivilegedPrograms({ mysql: dirname(dirname(real)), rds: root });
  const server = programs.pathInside(real);
  const env = { LC_ALL: "C", TZ: "UTC" };
  const { stdout, stderr } = await programs.run([server, "--no-defaults", "--version"], env);
  const version = shortMysqlVersion(stdout.replace(/^.*?Ver /s, ""));
  if (version === undefined) throw new Error(`${stderr.trim() || stdout.trim()}.`);
  const engine = /MariaDB/i.test(stdout) ? "mariadb" : "mysql";
  return {
    engine,
    version,
    own: (file) => programs.own(file),
    pathInside: (file) => programs.pathInside(file),
    spawn: (args, output) => programs.spawn([server, ...args], env, output),
    async install(args) {
      if (engine === "mysql")
        return await programs.run([server, "--no-defaults", "--initialize-insecure", ...args], env);
      const installer = await installerOf(real, folders);
      const options = ["--auth-root-authentication-method=normal", "--skip-name-resolve", "--skip-test-db"];
      return await programs.run([installer, "--no-defaults", ...options, ...args], env);
    },
  };
}

async function installerOf(server: string, searchPath: readonly string[]): Promise<string> {
  const beside = dirname(server);
  const folders = [beside, join(beside, "../bin"), join(beside, "../scripts"), ...searchPath];
  const [installer] = await executables(folders, ["mariadb-install-db"]);
  if (installer === undefined) throw new Error(`There is no mariadb-install-db for ${server}.`);
  return installer;
}

async function executables(folders: readonly string[], names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of folders.flatMap((folder) => names.map((name) => join(folder, name)))) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere && !found.includes(path)) found.push(path);
  }
  return found;
}
