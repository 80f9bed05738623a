import type * as Rds from "@aws-sdk/client-rds";
import type { DBEngineVersion } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { certificateAuthorities } from "./certificates.ts";
import { invalidParameterCombination, invalidParameterValue } from "./errors.ts";
import { filterValues } from "./filters.ts";
import { page } from "./pages.ts";

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

    const versions = [...ctx.databases.versions("postgres")];
    const described = (input.DefaultOnly === true ? versions.slice(0, 1) : versions.sort(byVersion))
      .map((version) => describePostgres(ctx, version))
      .filter(matches);
    const { items, marker } = page(described, { ...input, kind: "engine-versions" }, (version) =>
      versionKey(version.EngineVersion ?? ""),
    );
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

/** The version that is meant: a major alone means the newest of it, none at all the default. */
export function resolveEngineVersion(ctx: Context, engineVersion: string | undefined): string {
  const versions = ctx.databases.versions("postgres");
  const found =
    engineVersion === undefined
      ? versions[0]
      : versions
          .filter((version) => isVersionOf(version, engineVersion))
          .sort(byVersion)
          .at(-1);
  if (found === undefined) throw invalidParameterCombination(`Cannot find version ${engineVersion} for postgres`);
  return found;
}

export function requireEngine(engine: string): void {
  if (engine !== "postgres") {
    throw invalidParameterValue(`Invalid DB engine: ${engine}. The engine that LocalAWS runs is: postgres`);
  }
}

export const majorOf = (engineVersion: string) => engineVersion.split(".")[0] ?? engineVersion;

export const parameterGroupFamily = (engineVersion: string) => `postgres${majorOf(engineVersion)}`;

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

function describePostgres({ databases }: Context, version: string): DBEngineVersion {
  return {
    Engine: "postgres",
    MajorEngineVersion: majorOf(version),
    EngineVersion: version,
    DBParameterGroupFamily: parameterGroupFamily(version),
    DBEngineDescription: "PostgreSQL",
    DBEngineVersionDescription: `PostgreSQL ${version}`,
    ValidUpgradeTarget: [...databases.upgrades("postgres", version)].sort(byVersion).map((target) => ({
      Engine: "postgres",
      EngineVersion: target,
      Description: `PostgreSQL ${target}`,
      AutoUpgrade: false,
      IsMajorVersionUpgrade: majorOf(target) !== majorOf(version),
    })),
    ExportableLogTypes: ["postgresql", "upgrade"],
    SupportsLogExportsToCloudwatchLogs: false,
    SupportsReadReplica: true,
    SupportedFeatureNames: [],
    Status: "available",
    SupportsParallelQuery: false,
    SupportsGlobalDatabases: false,
    SupportsBabelfish: false,
    SupportsLimitlessDatabase: false,
    SupportsCertificateRotationWithoutRestart: true,
    SupportedCACertificateIdentifiers: [...certificateAuthorities],
    SupportsLocalWriteForwarding: false,
    SupportsIntegrations: false,
    TagList: [],
  };
}
