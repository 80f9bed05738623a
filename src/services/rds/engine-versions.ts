import type * as Rds from "@aws-sdk/client-rds";
import type { DBEngineVersion } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context, ServiceContext } from "../service-context.ts";
import { auroraMysqlVersions, standInForAurora, titleOfAuroraMysql } from "./aurora-mysql-versions.ts";
import { withoutBlanks } from "./blanks.ts";
import { certificateAuthorities } from "./certificates.ts";
import { type Engine, engineFacts, engines, isAurora, majorOf, parameterGroupFamily } from "./engines.ts";
import { invalidParameterCombination } from "./errors.ts";
import { filterValues } from "./filters.ts";
import { page } from "./pages.ts";
import { isParameterGroupFamily } from "./parameter-catalogue.ts";

export const engineVersions = {
  DescribeDBEngineVersions(ctx, request) {
    const input = withoutBlanks(request);
    const filters = filterValues(input.Filters, [
      "db-parameter-group-family",
      "engine",
      "engine-mode",
      "engine-version",
      "status",
    ]);
    const matches = (version: DBEngineVersion) =>
      (input.Engine === undefined || version.Engine === input.Engine) &&
      (input.EngineVersion === undefined || isVersionOf(version.EngineVersion ?? "", input.EngineVersion)) &&
      (input.DBParameterGroupFamily === undefined || version.DBParameterGroupFamily === input.DBParameterGroupFamily) &&
      filters.every(({ name, values }) => values.some((value) => filterable[name]?.(version).includes(value)));

    const described = engines
      .flatMap((engine) => {
        const versions = [...engineVersionsOf(ctx, engine)];
        const wanted = input.DefaultOnly === true ? versions.slice(0, 1) : versions.sort(byVersion);
        return wanted.map((version) => describeVersion(ctx, engine, version));
      })
      .filter(matches);
    const keyOf = ({ Engine, EngineVersion = "" }: DBEngineVersion) => `${Engine} ${versionKey(EngineVersion)}`;
    const { items, marker } = page(described, { ...input, kind: "engine-versions" }, keyOf);
    return { DBEngineVersions: items, Marker: marker };
  },
} satisfies Operations<typeof Rds, Context>;

const filterable: Readonly<Record<string, (version: DBEngineVersion) => string[]>> = {
  "db-parameter-group-family": (version) => [version.DBParameterGroupFamily ?? ""],
  engine: (version) => [version.Engine ?? ""],
  "engine-mode": () => ["provisioned"],
  "engine-version": (version) => [version.EngineVersion ?? ""],
  status: (version) => [version.Status ?? ""],
};

/** The default first. */
export function engineVersionsOf(ctx: ServiceContext, engine: Engine): readonly string[] {
  const ofServers = ctx.databases.versions(engineFacts[engine].runs);
  if (engine === "aurora-mysql") return standInForAurora(ofServers) === undefined ? [] : auroraMysqlVersions;
  return ofServers.filter((version) => hasFamily(engine, version));
}

/** What a server of this version can be changed to. */
export function upgradesOf(ctx: ServiceContext, engine: Engine, version: string): readonly string[] {
  if (engine === "aurora-mysql") {
    return engineVersionsOf(ctx, engine).filter((target) => versionKey(target) > versionKey(version));
  }
  return ctx.databases.upgrades(engineFacts[engine].runs, version).filter((target) => hasFamily(engine, target));
}

/** What the runtime calls the server of this version. */
export function serverVersionOf(ctx: ServiceContext, engine: Engine, version: string): string {
  if (engine !== "aurora-mysql") return version;
  return standInForAurora(ctx.databases.versions("mysql")) ?? version;
}

function hasFamily(engine: Engine, version: string): boolean {
  return isParameterGroupFamily(parameterGroupFamily(version, engine));
}

/** The version that is meant: a major alone means the newest of it, none at all the default. */
export function resolveEngineVersion(
  ctx: Context,
  engineVersion: string | undefined,
  engine: Engine = "postgres",
): string {
  const versions = engineVersionsOf(ctx, engine);
  const found =
    engineVersion === undefined
      ? versions[0]
      : versions
          .filter((version) => isVersionOf(version, engineVersion))
          .sort(byVersion)
          .at(-1);
  if (found !== undefined) return found;
  const absence = ctx.databases.absence(engineFacts[engine].runs);
  throw invalidParameterCombination(
    `Cannot find version ${engineVersion ?? "default"} for ${engine}${absence === undefined ? "" : `. ${absence}`}`,
  );
}

/** `17` is answered by every 17; `17.4` by that alone. */
function isVersionOf(version: string, asked: string): boolean {
  return version === asked || version.startsWith(`${asked}.`);
}

export function byVersion(a: string, b: string): number {
  return versionKey(a) < versionKey(b) ? -1 : 1;
}

/** Its order as text is the order of versions. */
export function versionKey(version: string): string {
  return version
    .split(".")
    .map((part) => part.padStart(4, "0"))
    .join(".");
}

function describeVersion(ctx: Context, engine: Engine, version: string): DBEngineVersion {
  const { description, exportableLogs } = engineFacts[engine];
  return {
    Engine: engine,
    MajorEngineVersion: majorOf(version, engine),
    EngineVersion: version,
    DBParameterGroupFamily: parameterGroupFamily(version, engine),
    DBEngineDescription: description,
    DBEngineVersionDescription: titleOf(engine, version),
    ValidUpgradeTarget: [...upgradesOf(ctx, engine, version)].sort(byVersion).map((target) => ({
      Engine: engine,
      EngineVersion: target,
      Description: titleOf(engine, target),
      AutoUpgrade: false,
      IsMajorVersionUpgrade: majorOf(target, engine) !== majorOf(version, engine),
    })),
    ExportableLogTypes: [...exportableLogs],
    ...(isAurora(engine) ? { SupportedEngineModes: ["provisioned"] } : {}),
    SupportsLogExportsToCloudwatchLogs: false,
    SupportsReadReplica: !isAurora(engine),
    SupportedFeatureNames: [],
    Status: "available",
    SupportsParallelQuery: false,
    SupportsGlobalDatabases: isAurora(engine),
    SupportsBabelfish: false,
    SupportsLimitlessDatabase: false,
    SupportsCertificateRotationWithoutRestart: true,
    SupportedCACertificateIdentifiers: [...certificateAuthorities],
    SupportsLocalWriteForwarding: false,
    SupportsIntegrations: false,
    TagList: [],
  };
}

function titleOf(engine: Engine, version: string): string {
  if (engine === "aurora-mysql") return titleOfAuroraMysql(version);
  const { title } = engineFacts[engine];
  return engine === "aurora-postgresql" ? `${title} (Compatible with PostgreSQL ${version})` : `${title} ${version}`;
}
