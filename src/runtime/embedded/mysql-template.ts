import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DatabaseLaunchError } from "../database-driver.ts";
import type { MysqlProgram } from "./mysql-programs.ts";

const making = new Map<string, Promise<string>>();

/**
 * The folder with what an installation makes, which takes longer than all the rest of a creation: once for a data folder and a
 * version, to be copied. @throws DatabaseLaunchError with the installation's words
 */
export async function mysqlTemplate(program: MysqlProgram, root: string): Promise<string> {
  const place = join(root, `.template-${program.engine}-${program.version}`);
  if (existsSync(place)) return place;
  const promise = making.get(place) ?? makeTemplate(program, place).finally(() => making.delete(place));
  making.set(place, promise);
  return await promise;
}

async function makeTemplate(program: MysqlProgram, place: string): Promise<string> {
  await removeHalfMade(place);
  // An installation that a killed LocalAWS left running has a folder of another name.
  const made = `${place}.${randomBytes(6).toString("hex")}`;
  // On a busy machine the server of MariaDB's installation was seen to abort, and to give no reason.
  const problem = (await install(program, made)) && (await install(program, made));
  if (problem !== undefined) {
    await rm(made, { recursive: true, force: true });
    throw new DatabaseLaunchError(`The database could not be made: ${problem}`);
  }
  await rename(made, place);
  return place;
}

async function removeHalfMade(place: string): Promise<void> {
  const isHalfMade = (name: string) => name.startsWith(`${basename(place)}.`);
  const names = (await readdir(dirname(place))).filter(isHalfMade);
  await Promise.all(names.map((name) => rm(join(dirname(place), name), { recursive: true, force: true })));
}

const options: Readonly<Record<MysqlProgram["engine"], readonly string[]>> = {
  // https://mariadb.com/docs/server/server-usage/storage-engines/innodb/innodb-system-variables
  mariadb: ["--innodb-log-file-size=32M"],
  // Less to copy; and keys, which would be every copy's, each makes for itself.
  mysql: [
    ...["--loose-innodb-redo-log-capacity=8M", "--loose-auto-generate-certs=OFF"],
    "--loose-caching-sha2-password-auto-generate-rsa-keys=OFF",
    "--loose-sha256-password-auto-generate-rsa-keys=OFF",
  ],
};

/** What is wrong, in the installation's words, where it does not succeed. */
async function install(program: MysqlProgram, data: string): Promise<string | undefined> {
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { mode: 0o700 });
  program.own(data);
  const { exitCode, stdout, stderr } = await program.install([
    ...[`--datadir=${program.pathInside(data)}`, "--innodb-use-native-aio=OFF"],
    ...options[program.engine],
  ]);
  if (exitCode === 0) return undefined;
  const said = `${stdout}\n${stderr}`;
  const problems = [...said.matchAll(/\[(?:ERROR|Warning)\] (.*)/g)].map(([, problem]) => problem);
  return problems.join(" ") || said.trim() || `exit code ${exitCode}`;
}
