/**
 * Aurora's names of its versions, of which each says a minor version of MySQL that it is compatible with, the default first:
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraMySQLReleaseNotes/AuroraMySQL.Updates.30Updates.html,
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraMySQLReleaseNotes/AuroraMySQL.Updates.20Updates.html
 */
const compatibleWith: Readonly<Record<string, string>> = {
  "8.0.mysql_aurora.3.08.2": "8.0.39",
  "5.7.mysql_aurora.2.11.1": "5.7.12",
  "5.7.mysql_aurora.2.11.2": "5.7.12",
  "5.7.mysql_aurora.2.11.3": "5.7.12",
  "5.7.mysql_aurora.2.11.4": "5.7.12",
  "5.7.mysql_aurora.2.11.5": "5.7.12",
  "5.7.mysql_aurora.2.11.6": "5.7.12",
  "5.7.mysql_aurora.2.12.0": "5.7.40",
  "5.7.mysql_aurora.2.12.1": "5.7.40",
  "5.7.mysql_aurora.2.12.2": "5.7.44",
  "5.7.mysql_aurora.2.12.3": "5.7.44",
  "5.7.mysql_aurora.2.12.4": "5.7.44",
  "5.7.mysql_aurora.2.12.5": "5.7.44",
  "5.7.mysql_aurora.2.12.6": "5.7.44",
  "8.0.mysql_aurora.3.02.0": "8.0.23",
  "8.0.mysql_aurora.3.02.1": "8.0.23",
  "8.0.mysql_aurora.3.02.2": "8.0.23",
  "8.0.mysql_aurora.3.02.3": "8.0.23",
  "8.0.mysql_aurora.3.03.0": "8.0.26",
  "8.0.mysql_aurora.3.03.1": "8.0.26",
  "8.0.mysql_aurora.3.03.2": "8.0.26",
  "8.0.mysql_aurora.3.03.3": "8.0.26",
  "8.0.mysql_aurora.3.04.0": "8.0.28",
  "8.0.mysql_aurora.3.04.1": "8.0.28",
  "8.0.mysql_aurora.3.04.2": "8.0.28",
  "8.0.mysql_aurora.3.04.3": "8.0.28",
  "8.0.mysql_aurora.3.04.4": "8.0.28",
  "8.0.mysql_aurora.3.04.6": "8.0.28",
  "8.0.mysql_aurora.3.05.0": "8.0.32",
  "8.0.mysql_aurora.3.05.1": "8.0.32",
  "8.0.mysql_aurora.3.05.2": "8.0.32",
  "8.0.mysql_aurora.3.06.0": "8.0.34",
  "8.0.mysql_aurora.3.06.1": "8.0.34",
  "8.0.mysql_aurora.3.07.0": "8.0.36",
  "8.0.mysql_aurora.3.07.1": "8.0.36",
  "8.0.mysql_aurora.3.08.0": "8.0.39",
  "8.0.mysql_aurora.3.08.1": "8.0.39",
  "8.0.mysql_aurora.3.09.0": "8.0.40",
  "8.0.mysql_aurora.3.10.0": "8.0.42",
  "8.0.mysql_aurora.3.10.1": "8.0.42",
  "8.0.mysql_aurora.3.10.2": "8.0.42",
  "8.0.mysql_aurora.3.10.3": "8.0.42",
  "8.0.mysql_aurora.3.10.4": "8.0.42",
  "8.0.mysql_aurora.3.10.5": "8.0.42",
  "8.0.mysql_aurora.3.11.1": "8.0.43",
  "8.0.mysql_aurora.3.12.0": "8.0.44",
  "8.4.mysql_aurora.8.4.7": "8.4.7",
  "8.4.mysql_aurora.8.4.8": "8.4.8",
};

export const auroraMysqlVersions: readonly string[] = Object.keys(compatibleWith);

/** `8.0.mysql_aurora.3.08.2` is `Aurora MySQL 3.08.2 (compatible with MySQL 8.0.39)`. */
export function titleOfAuroraMysql(version: string): string {
  return `Aurora MySQL ${version.replace(/^.*mysql_aurora\./, "")} (compatible with MySQL ${compatibleWith[version] ?? "8.0"})`;
}

/**
 * The version of MySQL that stands in for one of Aurora's, or for its default: the first of those that there are of the same major,
 * or of 8.0, or of all.
 */
export function standInForAurora(mysqlVersions: readonly string[], version?: string): string | undefined {
  const majors = [...(version === undefined ? [] : [version.split(".").slice(0, 2).join(".")]), "8.0"];
  for (const major of majors) {
    const found = mysqlVersions.find((one) => `${one}.`.startsWith(`${major}.`));
    if (found !== undefined) return found;
  }
  return mysqlVersions[0];
}
