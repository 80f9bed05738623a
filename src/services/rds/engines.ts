import type { DatabaseEngine } from "../../runtime/database-driver.ts";
import { invalidParameterValue } from "./errors.ts";

/** Of clusters: their servers are PostgreSQL's and MySQL's own. */
const auroraEngines = ["aurora-mysql", "aurora-postgresql"] as const;

export type AuroraEngine = (typeof auroraEngines)[number];

export type Engine = DatabaseEngine | AuroraEngine;

/** Of Aurora, or of Multi-AZ DB clusters. */
export type ClusterEngine = Exclude<Engine, "mariadb">;

/** The engines that instances without a cluster have. */
export type InstanceEngine = DatabaseEngine;

interface EngineFacts {
  /** What its servers are to the runtime. */
  readonly runs: DatabaseEngine;
  readonly description: string;
  /** Of one version, as `DBEngineVersionDescription` begins. */
  readonly title: string;
  readonly licenseModel: string;
  /** How many parts of a version are its major version: 17, 10.11. */
  readonly majorParts: number;
  readonly exportableLogs: readonly string[];
}

const ofMysql = {
  licenseModel: "general-public-license",
  majorParts: 2,
  exportableLogs: ["audit", "error", "general", "iam-db-auth-error", "slowquery"],
};

const ofPostgres = { runs: "postgres", licenseModel: "postgresql-license", majorParts: 1 } as const;

export const engineFacts: Readonly<Record<Engine, EngineFacts>> = {
  "aurora-mysql": {
    ...{ ...ofMysql, runs: "mysql", description: "Aurora MySQL", title: "Aurora MySQL" },
    exportableLogs: [...ofMysql.exportableLogs, "instance"].sort(),
  },
  "aurora-postgresql": {
    ...ofPostgres,
    description: "Aurora PostgreSQL",
    title: "Aurora PostgreSQL",
    exportableLogs: ["iam-db-auth-error", "instance", "postgresql"],
  },
  mariadb: { ...ofMysql, runs: "mariadb", description: "MariaDb Community Edition", title: "MariaDB" },
  mysql: { ...ofMysql, runs: "mysql", description: "MySQL Community Edition", title: "MySQL" },
  postgres: {
    ...ofPostgres,
    description: "PostgreSQL",
    title: "PostgreSQL",
    exportableLogs: ["iam-db-auth-error", "postgresql", "upgrade"],
  },
};

/** In the order of their names. */
export const engines = Object.keys(engineFacts).sort() as readonly Engine[];

const instanceEngines = engines.filter((engine) => !isAurora(engine));

const clusterEngines = engines.filter((engine) => engine !== "mariadb");

/** Whether its servers are those of Aurora clusters. */
export function isAurora(engine: string): engine is AuroraEngine {
  return auroraEngines.some((one) => one === engine);
}

/** @throws InvalidParameterValue */
export function requireClusterEngine(engine: string): ClusterEngine {
  const known = clusterEngines.find((one) => one === engine);
  if (known !== undefined) return known;
  throw invalidParameterValue(
    `Invalid DB engine: ${engine}. The engines that LocalAWS runs clusters of are: ${clusterEngines.join(", ")}`,
  );
}

/** Of an instance without a cluster. @throws InvalidParameterValue */
export function requireEngine(engine: string): InstanceEngine {
  const known = instanceEngines.find((one) => one === engine);
  if (known !== undefined) return known;
  throw invalidParameterValue(
    `Invalid DB engine: ${engine}. The engines that LocalAWS runs are: ${instanceEngines.join(", ")}`,
  );
}

/** Of an instance or of a cluster. @throws InvalidParameterValue */
export function requireAnyEngine(engine: string): Engine {
  return isAurora(engine) ? engine : requireEngine(engine);
}

/** What an instance's row says; only engines that are known come into one. */
export function engineOf({ engine }: { readonly engine: string }): Engine {
  return requireAnyEngine(engine);
}

/** Whether its servers are MariaDB's or MySQL's. */
export function isMysqlEngine(engine: string): engine is "aurora-mysql" | "mariadb" | "mysql" {
  return engine === "mariadb" || engine === "mysql" || engine === "aurora-mysql";
}

export function majorOf(engineVersion: string, engine: string = "postgres"): string {
  const { majorParts } = engineFacts[requireAnyEngine(engine)];
  return engineVersion.split(".").slice(0, majorParts).join(".");
}

export const parameterGroupFamily = (engineVersion: string, engine: string = "postgres") =>
  `${engine}${majorOf(engineVersion, engine)}`;

/** `default:postgres-17`, `default:mariadb-10-11`: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithOptionGroups.html */
export const defaultOptionGroupName = (engineVersion: string, engine: string = "postgres") =>
  `default:${engine}-${majorOf(engineVersion, engine).replaceAll(".", "-")}`;
