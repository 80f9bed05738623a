/**
 * Aurora's names of its versions, of which each says a minor version of MySQL that it is compatible with, the default first:
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraMySQLReleaseNotes/AuroraMySQL.Updates.30Updates.html
 */
const compatibleWith: Readonly<Record<string, string>> = {
  "8.0.mysql_aurora.3.08.2": "8.0.39",
  "8.0.mysql_aurora.3.04.0": "8.0.28",
  "8.0.mysql_aurora.3.04.1": "8.0.28",
  "8.0.mysql_aurora.3.04.2": "8.0.28",
  "8.0.mysql_aurora.3.04.3": "8.0.28",
  "8.0.mysql_aurora.3.04.4": "8.0.28",
  "8.0.mysql_aurora.3.05.2": "8.0.32",
  "8.0.mysql_aurora.3.06.0": "8.0.34",
  "8.0.mysql_aurora.3.06.1": "8.0.34",
  "8.0.mysql_aurora.3.07.0": "8.0.36",
  "8.0.mysql_aurora.3.07.1": "8.0.36",
  "8.0.mysql_aurora.3.08.0": "8.0.39",
  "8.0.mysql_aurora.3.08.1": "8.0.39",
  "8.0.mysql_aurora.3.09.0": "8.0.40",
  "8.0.mysql_aurora.3.10.0": "8.0.42",
};

export const auroraMysqlVersions: readonly string[] = Object.keys(compatibleWith);

/** `8.0.mysql_aurora.3.08.2` is `Aurora MySQL 3.08.2 (compatible with MySQL 8.0.39)`. */
export function titleOfAuroraMysql(version: string): string {
  return `Aurora MySQL ${version.replace(/^.*mysql_aurora\./, "")} (compatible with MySQL ${compatibleWith[version] ?? "8.0"})`;
}

/** The version of MySQL that stands in for all of Aurora's: the first 8.0 of those that there are, or the first of all. */
export function standInForAurora(mysqlVersions: readonly string[]): string | undefined {
  return mysqlVersions.find((version) => `${version}.`.startsWith("8.0.")) ?? mysqlVersions[0];
}
