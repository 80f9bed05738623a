import { createHash } from "node:crypto";
import { type DatabaseEngine, DatabaseLaunchError } from "./database-driver.ts";
import { superuser } from "./superuser-sql.ts";

/** The engines that speak MySQL's protocol. */
export type MysqlEngine = Exclude<DatabaseEngine, "postgres">;

/** @throws DatabaseLaunchError for another engine */
export function mysqlEngine(engine: DatabaseEngine): MysqlEngine {
  if (engine === "postgres") throw new DatabaseLaunchError("PostgreSQL is no server of this kind.");
  return engine;
}

/**
 * Runs a statement, or several with semicolons between them, as the superuser of a running server, in a session whose sql_mode is
 * empty. Resolves with the rows, their values as text. @throws MysqlRefusal with the server's words
 */
export type MysqlSql = (sql: string) => Promise<string[][]>;

/** A statement that a server refused. */
export class MysqlRefusal extends DatabaseLaunchError {
  /** The server's number of the error: https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference */
  readonly number: number | undefined;

  constructor(message: string, number: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.number = number;
  }
}

/**
 * The superuser, whom only a local socket reaches: names are not resolved, so no address is `localhost`. One statement each.
 */
export function superuserStatements(engine: MysqlEngine, password: string): string[] {
  const user = `'${superuser}'@'localhost'`;
  return [
    `CREATE USER ${user} ${identified(engine, password)}`,
    `GRANT ALL PRIVILEGES ON *.* TO ${user} WITH GRANT OPTION`,
  ];
}

/** The same for data that have a superuser, whose password is another from then on. */
export function renewedSuperuserStatements(engine: MysqlEngine, password: string): string[] {
  return [`ALTER USER '${superuser}'@'localhost' ${identified(engine, password)}`];
}

/** Those that an installation has made: nobody but the superuser is left. */
export async function dropOtherUsers(sql: MysqlSql): Promise<void> {
  const own = ["mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema", superuser].map(text).join(", ");
  const rows = await sql(`SELECT User, Host FROM mysql.user WHERE User NOT IN (${own})`);
  for (const [user = "", host = ""] of rows) await sql(`DROP USER ${text(user)}@${text(host)}`);
}

/**
 * What the master user may do: RDS's own list, without SUPER, FILE and SHUTDOWN.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.MasterAccounts.html
 */
const masterRights = [
  ...["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "PROCESS", "REFERENCES", "INDEX", "ALTER"],
  ...["SHOW DATABASES", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "REPLICATION SLAVE", "REPLICATION CLIENT"],
  ...["CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "CREATE USER", "EVENT", "TRIGGER"],
];

/** MySQL's further ones, which are all global: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.MySQL.CommonDBATasks.privilege-model.html */
const masterRightsOfMysql = [
  ...[
    "CREATE ROLE",
    "DROP ROLE",
    "APPLICATION_PASSWORD_ADMIN",
    "FLUSH_OPTIMIZER_COSTS",
    "FLUSH_STATUS",
    "FLUSH_TABLES",
  ],
  ...["FLUSH_USER_RESOURCES", "ROLE_ADMIN", "SESSION_VARIABLES_ADMIN", "SHOW_ROUTINE", "XA_RECOVER_ADMIN"],
];

async function rightsOfMaster(sql: MysqlSql, engine: MysqlEngine): Promise<string> {
  return [...masterRights, ...(engine === "mariadb" ? await mariadbRights(sql) : masterRightsOfMysql)].join(", ");
}

/**
 * MariaDB's further ones: GRANT ALL on a database takes those of them that databases have. SLAVE MONITOR is what MySQL's
 * REPLICATION CLIENT may see of a replica, too.
 */
async function mariadbRights(sql: MysqlSql): Promise<string[]> {
  // From 11.4 on, for RDS: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.MasterAccounts.html
  const known = (await sql("SHOW PRIVILEGES")).map(([privilege = ""]) => privilege.toUpperCase());
  return ["DELETE HISTORY", "SLAVE MONITOR", ...known.filter((privilege) => privilege === "SHOW CREATE ROUTINE")];
}

/** The role that has the master user's rights of MySQL, as on RDS. */
const masterRole = "rds_superuser_role";

export async function makeMasterUser(sql: MysqlSql, engine: MysqlEngine, master: MasterUser): Promise<void> {
  const user = `${text(master.masterUsername)}@'%'`;
  const rights = await rightsOfMaster(sql, engine);
  const statements = [
    `CREATE USER ${user} ${identified(engine, master.masterPassword)}`,
    `GRANT ${rights} ON *.* TO ${user} WITH GRANT OPTION`,
    ...(engine === "mysql" ? masterRoleStatements(user, rights) : []),
    ...(master.databaseName === undefined ? [] : [`CREATE DATABASE ${identifier(master.databaseName)}`]),
  ];
  await sql(statements.join(";\n"));
}

/** What it may do is the user's already: a client that activates no roles has it, and one that looks for the role finds it. */
function masterRoleStatements(user: string, rights: string): string[] {
  return [
    `CREATE ROLE IF NOT EXISTS ${masterRole}`,
    `GRANT ${rights} ON *.* TO ${masterRole} WITH GRANT OPTION`,
    `GRANT ${masterRole} TO ${user} WITH ADMIN OPTION`,
    `SET DEFAULT ROLE ${masterRole} TO ${user}`,
  ];
}

interface MasterUser {
  readonly masterUsername: string;
  readonly masterPassword: string;
  readonly databaseName?: string;
}

/** Makes a user who may read everything. */
export async function admitMysqlReader(
  sql: MysqlSql,
  engine: MysqlEngine,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  const user = `${text(username)}@'%'`;
  await sql(`CREATE USER ${user} ${identified(engine, password)}`);
  await sql(`GRANT SELECT, SHOW VIEW ON *.* TO ${user}`);
}

/**
 * Gives the master user another password, and the rights back that were taken from it:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.MasterAccounts.html
 * @throws DatabaseLaunchError where there is no such user
 */
export async function changeMysqlPassword(
  sql: MysqlSql,
  engine: MysqlEngine,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<void> {
  const user = `${text(username)}@'%'`;
  await sql(`ALTER USER ${user} ${identified(engine, password)}`);
  const rights = await rightsOfMaster(sql, engine);
  const statements = [
    `GRANT ${rights} ON *.* TO ${user} WITH GRANT OPTION`,
    ...(engine === "mysql" ? masterRoleStatements(user, rights) : []),
  ];
  await sql(statements.join(";\n"));
}

/** MySQL, which has no way to be told a hash in all of its versions, keeps the passwords of such statements out of its logs. */
export function identified(engine: MysqlEngine, password: string): string {
  return engine === "mariadb" ? identifiedByHash(password) : `IDENTIFIED BY ${text(password)}`;
}

function identifiedByHash(password: string): string {
  return `IDENTIFIED BY PASSWORD '${nativePasswordHash(password)}'`;
}

/** What the server keeps of a password: https://mariadb.com/docs/server/reference/plugins/authentication-plugins/authentication-plugin-mysql_native_password */
export function nativePasswordHash(password: string): string {
  const once = createHash("sha1").update(password).digest();
  return `*${createHash("sha1").update(once).digest("hex").toUpperCase()}`;
}

/** `10.11.19` of `10.11.19-MariaDB-0+deb12u1`. */
export function shortMysqlVersion(answer: string): string | undefined {
  return /\d+\.\d+\.\d+/.exec(answer)?.[0];
}

/** For a session whose sql_mode is empty. */
export function text(value: string): string {
  if (value.includes("\0")) throw new DatabaseLaunchError(`${JSON.stringify(value)} cannot be said in SQL.`);
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

function identifier(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no database has such a name
  if (name === "" || /[\u0000-\u001f]/.test(name)) throw new DatabaseLaunchError(`${JSON.stringify(name)} is no name.`);
  return `\`${name.replaceAll("`", "``")}\``;
}
