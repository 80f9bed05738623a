import type Docker from "dockerode";
import { DatabaseLaunchError } from "../database-driver.ts";
import { type MysqlEngine, MysqlRefusal, type MysqlSql, shortMysqlVersion } from "../mysql-users.ts";
import { superuser } from "../superuser-sql.ts";
import { filesOfArchive } from "./archive-files.ts";
import { execInContainer, trying } from "./container-exec.ts";
import { unlessStatus } from "./engine.ts";

/**
 * The versions that https://hub.docker.com/_/mariadb and https://hub.docker.com/_/mysql have official images of and RDS still
 * offers, the default first.
 */
export const imageVersions: Readonly<Record<MysqlEngine, readonly string[]>> = {
  mariadb: ["11.8", "11.4", "10.11", "10.6"],
  mysql: ["8.4", "8.0", "9.7"],
};

export const mysqlPort = 3306;
export const mysqlDataFolder = "/var/lib/mysql";
/** Read by the servers of both images, and what they run when there are no data yet. */
export const optionFolder = "/etc/mysql/conf.d";
export const firstStatementsFolder = "/docker-entrypoint-initdb.d";
/** What a server carries out at its first start with a copy of a template; hidden, as all that is LocalAWS's. */
export const firstStatements = ".first-statements.sql";
/** The superuser's name and password: with the data, so that snapshots have them. */
export const secretName = ".rdsadmin.cnf";

/** The images make `root` with a password, or do not begin. It is dropped as soon as the server is there. */
export function rootEnvironment(engine: MysqlEngine, password: string): Record<string, string> {
  const prefix = engine === "mariadb" ? "MARIADB" : "MYSQL";
  return { [`${prefix}_ROOT_PASSWORD`]: password, [`${prefix}_ROOT_HOST`]: "localhost" };
}

export function secretFile(password: string): string {
  return `[client]\nuser=${superuser}\npassword=${password}\n`;
}

/** Newer images of MariaDB have no program `mysql`, and theirs wants to know who vouches for the server, also at a socket. */
const runClient =
  'client=$(command -v mariadb || command -v mysql) && printf %s "$LOCALAWS_SQL" | ' +
  `"$client" --defaults-extra-file=${mysqlDataFolder}/${secretName} --loose-ssl-verify-server-cert=0 ` +
  "--protocol=socket --connect-timeout=10 -BN";

/** SQL as the superuser of the server in a container. What is said is in the environment of that program alone. */
export function mysqlInContainer(container: Docker.Container): MysqlSql {
  return async (sql) => {
    // As one text, in which a procedure may have semicolons of its own.
    const text = `DELIMITER $$\nSET SESSION sql_mode = '';\n${sql}$$\n`;
    const { exitCode, stdout, stderr } = await execInContainer(container, ["sh", "-c", runClient], {
      LOCALAWS_SQL: text,
    });
    if (exitCode !== 0) {
      const [, number, message] = /ERROR (\d+) \([^)]*\)(?: at line \d+)?: (.*)/.exec(stderr) ?? [];
      throw new MysqlRefusal(message ?? stderr.trim(), number === undefined ? undefined : Number(number));
    }
    return stdout === ""
      ? []
      : stdout
          .replace(/\n$/, "")
          .split("\n")
          .map((row) => row.split("\t"));
  };
}

/** Only the real server listens at a port: the image's first one, which makes the database, does not. */
const askForVersion = `said=$(${runClient}) && case $said in *0) printf %s "$said" ;; *) false ;; esac`;

/** None while there is no server, at each of `tries` a tenth of a second apart. */
export async function askMysqlVersion(container: Docker.Container, tries: number): Promise<string | undefined> {
  const { exitCode, stdout } = await execInContainer(container, ["sh", "-c", trying(askForVersion, tries)], {
    LOCALAWS_SQL: "SELECT VERSION(), @@skip_networking",
  });
  return exitCode === 0 ? shortMysqlVersion(stdout) : undefined;
}

/** A file in the data folder of a container, running or not. @throws DatabaseLaunchError where there is none */
export async function fileIn(container: Docker.Container, name: string): Promise<Buffer> {
  const archive = await unlessStatus(container.getArchive({ path: `${mysqlDataFolder}/${name}` }), 404);
  const content = archive && (await filesOfArchive(archive, () => true)).get(name);
  if (content === undefined) throw new DatabaseLaunchError(`There is no ${name} in the server's data.`);
  return content;
}
