import { ownValue } from "../../aws/own-value.ts";
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
    "14": "1-24",
    "15": "2-19",
    "16": "1-15",
    "17": "1-11",
    "18": "1-4 6",
  },
  mysql: {
    "5.7": "37-44",
    "8.0": "23 25-28 30-37 39-46",
    "8.4": "3-11",
  },
  mariadb: {
    "10.4": "24-34",
    "10.5": "12-13 15-29",
    "10.6": "5 7-8 10-27",
    "10.11": "4-18",
    "11.4": "3-5 7-12",
    "11.8": "3 5-8",
  },
  "aurora-postgresql": {
    "11": "9 16-21",
    "12": "9 11-20 22",
    "13": "4-16 18 20-23",
    "14": "3-13 15 17-20 22-23",
    "15": "2-8 10 12-15 17-18",
    "16": "1-4 6 8-11 13-14",
    "17": "4-7 9-10",
    "18": "3-4",
  },
};

/**
 * Of extended support: the minor version that they mend, and the days in their names, `12.22-rds.20250220`.
 * https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-extendedsupport.html,
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.Concepts.VersionMgmt.html#mysql-extended-support-releases
 */
const extended: Readonly<Partial<Record<Engine, Minors>>> = {
  postgres: {
    "11.22": "20240418 20240509 20240808 20241121 20250220 20250508 20250814 20251114 20260224 20260514",
    "12.22": "20250220 20250508 20250814 20251114 20260224 20260514",
    "13.23": "20260224 20260514",
  },
  mysql: {
    "5.7.44": "20240408 20240529 20240808 20250103 20250213 20250508 20250818 20251212 20260212 20260521 20260902",
    "8.0.46": "20260908",
  },
};

/** When the table was written, in milliseconds since the epoch. */
const written = Date.UTC(2026, 8, 30);

const quarter = 91 * 24 * 60 * 60_000;

/** Majors that have another minor version each quarter, which RDS has within a month. */
const maintained: Readonly<Record<keyof typeof offered, readonly string[]>> = {
  postgres: ["14", "15", "16", "17", "18"],
  mysql: ["8.4"],
  mariadb: ["10.11", "11.4", "11.8"],
  "aurora-postgresql": ["14", "15", "16", "17", "18"],
};

/** Whether a version that the table does not have may have come since it was written, with one beside the turn. */
export function isDue(engine: Engine, version: string, now: Date): boolean {
  if (engine === "aurora-mysql") return false;
  const [, major = "", minor = ""] = /^(\d+(?:\.\d+)?)\.(\d+)$/.exec(version) ?? [];
  const newest = namesOf({ [major]: ownValue(offered[engine], major) ?? "" }).at(-1);
  if (!maintained[engine].includes(major) || newest === undefined) return false;
  const turns = Math.floor((now.getTime() - written) / quarter);
  const later = Number(minor) - Number(newest.split(".").at(-1));
  return later > 0 && later <= turns + 2;
}

/** The last of major versions whose support has ended: listed with `IncludeAll`, and made no more. */
const retired: Readonly<Partial<Record<Engine, readonly string[]>>> = {
  postgres: ["10.23"],
  mysql: ["5.6.51"],
  mariadb: ["10.2.44", "10.3.39"],
};

const versions = Object.fromEntries(
  Object.entries(offered).map(([engine, minors]) => {
    return [engine, [...namesOf(minors), ...namesOf(extended[engine as Engine] ?? {}, "-rds.")]] as const;
  }),
);

/** In their order. */
export function versionsOnAws(engine: Exclude<Engine, "aurora-mysql">): readonly string[] {
  return versions[engine] ?? [];
}

function namesOf(minors: Minors, separator = "."): string[] {
  return Object.entries(minors).flatMap(([major, ranges]) =>
    ranges.split(" ").flatMap((range) => {
      const [from = 0, to = from] = range.split("-").map(Number);
      return Array.from({ length: to - from + 1 }, (_, at) => `${major}${separator}${from + at}`);
    }),
  );
}

/** `12.22` of `12.22-rds.20250220`: what the community released, and servers call themselves. */
export function communityVersion(version: string): string {
  return version.replace(/-rds\.\d+$/i, "");
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
    const [major = "", minor = "Infinity"] = communityVersion(version).split(".");
    return { major: Number(major), minor: Number(minor), release: (releasesBefore[major] ?? 0) + Number(minor) };
  });
  if (before === undefined || after === undefined) return false;
  if (before.major === after.major) return versionKey(to) > versionKey(from);
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
