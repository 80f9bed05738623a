import type { Engine } from "./engines.ts";

/**
 * The minor versions that RDS has, by major version: the last parts of their names, and ranges of them.
 * https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-versions.html,
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes/AuroraPostgreSQL.Updates.html,
 * MySQL.Concepts.VersionMgmt.html and MariaDB.Concepts.VersionMgmt.html in the user guide.
 */
type Minors = Readonly<Record<string, string>>;

/** Of major versions in standard or extended support. RDS retires minor versions of these in time; here they stay. */
const offered: Readonly<Record<Exclude<Engine, "aurora-mysql">, Minors>> = {
  postgres: {
    "11": "16-22",
    "12": "2-22",
    "13": "1-23",
    "14": "1-20",
    "15": "2-15",
    "16": "1-11",
    "17": "1-7",
    "18": "1",
  },
  mysql: {
    "5.7": "37-44",
    "8.0": "23 25-28 30-37 39-44",
    "8.4": "3-7",
  },
  mariadb: {
    "10.4": "24-34",
    "10.5": "12-13 15-29",
    "10.6": "5 7-8 10-25",
    "10.11": "4-16",
    "11.4": "3-5 7-10",
    "11.8": "3 5-6",
  },
  "aurora-postgresql": {
    "11": "9 16-21",
    "12": "9 11-20 22",
    "13": "4-16 18 20-23",
    "14": "3-13 15 17-20",
    "15": "2-8 10 12-15",
    "16": "1-4 6 8-11",
    "17": "4-7",
  },
};

/** The last of major versions whose support has ended: listed with `IncludeAll`, and made no more. */
const retired: Readonly<Partial<Record<Engine, readonly string[]>>> = {
  postgres: ["10.23"],
  mysql: ["5.6.51"],
  mariadb: ["10.2.44", "10.3.39"],
};

const versions = Object.fromEntries(
  Object.entries(offered).map(([engine, minors]) => [engine, namesOf(minors)] as const),
);

/** In their order. */
export function versionsOnAws(engine: Exclude<Engine, "aurora-mysql">): readonly string[] {
  return versions[engine] ?? [];
}

function namesOf(minors: Minors): string[] {
  return Object.entries(minors).flatMap(([major, ranges]) =>
    ranges.split(" ").flatMap((range) => {
      const [from = 0, to = from] = range.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, at) => `${major}.${from + at}`);
    }),
  );
}

export function retiredVersions(engine: Engine): readonly string[] {
  return retired[engine] ?? [];
}

/**
 * PostgreSQL's community releases all majors at once, each with its next minor version: this is how many minor versions of 13
 * came before a major's first one. A server can become one of another major that is not older than itself.
 */
const releasesBefore: Readonly<Record<string, number>> = {
  ...{ "11": -9, "12": -4, "13": 0, "14": 3, "15": 8, "16": 12, "17": 16, "18": 22 },
};

/** The major that one of MySQL's can become; MariaDB's and Aurora's become any later one. */
const mysqlMajors: Readonly<Record<string, string>> = { "5.7": "8.0", "8.0": "8.4" };

/**
 * Whether RDS upgrades from one version to a later one:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html,
 * USER_UpgradeDBInstance.MySQL.Major.html
 */
export function isUpgradeOnAws(engine: Engine, from: string, to: string): boolean {
  if (engine === "postgres" || engine === "aurora-postgresql") return isPostgresUpgrade(from, to);
  if (versionKey(to) <= versionKey(from)) return false;
  const [before, after] = [from, to].map((version) => version.split(".").slice(0, 2).join("."));
  return engine !== "mysql" || before === after || mysqlMajors[before ?? ""] === after;
}

/** A major without a minor is the newest of it. */
function isPostgresUpgrade(from: string, to: string): boolean {
  const [before, after] = [from, to].map((version) => {
    const [major = "", minor = "Infinity"] = version.split(".");
    return { major: Number(major), minor: Number(minor), release: (releasesBefore[major] ?? 0) + Number(minor) };
  });
  if (before === undefined || after === undefined) return false;
  if (before.major === after.major) return after.minor > before.minor;
  return after.major > before.major && after.release >= before.release;
}

/** Its order as text is the order of versions. */
export function versionKey(version: string): string {
  return version
    .split(".")
    .map((part) => part.padStart(4, "0"))
    .join(".");
}

export function byVersion(a: string, b: string): number {
  return versionKey(a) < versionKey(b) ? -1 : 1;
}
