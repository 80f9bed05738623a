import { type Engine, isMysqlEngine } from "./engines.ts";
import { invalidParameterValue } from "./errors.ts";

/** 1 to 63 letters (or `longest`), digits and hyphens; a letter first, no hyphen last, no two in a row. RDS keeps it in lower case. */
export function requireIdentifier(parameter: string, identifier: string, longest = 63): string {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/i.test(identifier) || identifier.length > longest) {
    throw invalidParameterValue(
      `The parameter ${parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only ` +
        "ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.",
    );
  }
  return identifier.toLowerCase();
}

/** Names of snapshots of instances may be longer: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html */
export function requireSnapshotName(parameter: string, name: string): string {
  return requireIdentifier(parameter, name, 255);
}

/** What PostgreSQL or RDS itself uses: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_PostgreSQL.html */
const reservedUsernames: ReadonlySet<string> = new Set([
  ...["admin", "rdsadmin", "rdsrepladmin", "rds_superuser", "rds_replication", "rds_password", "rds_iam"],
  ...["postgres_fdw", "public", "none", "user", "current_user", "session_user", "current_role", "authorization"],
  ...["all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both", "case", "cast", "check"],
  ...["collate", "column", "constraint", "create", "current_date", "current_time", "current_timestamp", "default"],
  ...["deferrable", "desc", "distinct", "do", "else", "end", "except", "false", "fetch", "for", "foreign", "from"],
  ...["grant", "group", "having", "in", "initially", "intersect", "into", "leading", "limit", "localtime"],
  ...["localtimestamp", "not", "null", "offset", "on", "only", "or", "order", "placing", "primary", "references"],
  ...["returning", "select", "some", "symmetric", "table", "then", "to", "trailing", "true", "union", "unique"],
  ...["using", "variadic", "when", "where", "window", "with"],
]);

/** Likewise: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html, RDS for MySQL and MariaDB */
const reservedMysqlUsernames: ReadonlySet<string> = new Set([
  ...["rdsadmin", "rdsrepladmin", "rdshm", "rdstopmgr", "rdsproxyadmin", "mysql", "mysqldb", "mariadb"],
  ...["public", "none", "event_scheduler", "all", "and", "any", "as", "asc", "between", "by", "case", "check"],
  ...["column", "constraint", "create", "database", "default", "delete", "desc", "distinct", "drop", "else", "exists"],
  ...["false", "for", "foreign", "from", "grant", "group", "having", "in", "index", "insert", "into", "is", "join"],
  ...["key", "like", "limit", "not", "null", "on", "or", "order", "primary", "references", "select", "set", "table"],
  ...["then", "to", "true", "union", "unique", "update", "user", "using", "values", "when", "where", "with"],
]);

export function requireMasterUsername(username: string, engine: Engine): string {
  const longest = isMysqlEngine(engine) ? 16 : 63;
  if (!/^[a-z]\w*$/i.test(username) || username.length > longest) {
    throw invalidParameterValue("Invalid master user name");
  }
  const lowerCase = username.toLowerCase();
  const isReserved = isMysqlEngine(engine)
    ? reservedMysqlUsernames.has(lowerCase)
    : reservedUsernames.has(lowerCase) || lowerCase.startsWith("pg_");
  if (isReserved) {
    throw invalidParameterValue(
      `MasterUsername ${username} cannot be used as it is a reserved word used by the engine`,
    );
  }
  return username;
}

export function requireMasterPassword(password: string, engine: Engine): string {
  const longest = isMysqlEngine(engine) ? 41 : 128;
  const invalid = "The parameter MasterUserPassword is not a valid password";
  if (password.length < 8) throw invalidParameterValue(`${invalid} because it is shorter than 8 characters.`);
  if (password.length > longest) {
    throw invalidParameterValue(`${invalid} because it is longer than ${longest} characters.`);
  }
  if (!/^[!-~]+$/.test(password) || /[/@"]/.test(password)) {
    throw invalidParameterValue(`${invalid}. Only printable ASCII characters besides '/', '@', '"', ' ' may be used.`);
  }
  return password;
}

export function requireDbName(name: string, engine: Engine): string {
  const isMysql = isMysqlEngine(engine);
  const longest = isMysql ? 64 : 63;
  if (!/^[a-z]\w*$/i.test(name)) {
    throw invalidParameterValue("DBName must begin with a letter and contain only alphanumeric characters.");
  }
  if (name.length > longest) throw invalidParameterValue(`DBName must contain from 1 to ${longest} characters.`);
  const reserved = isMysql
    ? /^(?:mysql|information_schema|performance_schema|sys|innodb|tmp)$/i
    : /^(?:postgres|template[01]|rdsadmin)$/i;
  if (reserved.test(name)) {
    throw invalidParameterValue(`DBName ${name} cannot be used as it is a reserved word used by the engine`);
  }
  return name;
}

/** @throws InvalidParameterValue for what is not ASCII, which RDS says it cannot print */
export function requirePrintable(parameter: string, text: string): string {
  if (/^[ -~\s]*$/.test(text)) return text;
  throw invalidParameterValue(`The parameter ${parameter} must not contain non-printable control characters.`);
}
