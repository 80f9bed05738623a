import type * as Rds from "@aws-sdk/client-rds";
import type { DBEngineVersion } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { titleOfAuroraMysql } from "./aurora-mysql-versions.ts";
import { withoutBlanks } from "./blanks.ts";
import { certificateAuthorities } from "./certificates.ts";
import { byVersion, communityVersion, retiredVersions, versionKey } from "./engine-version-table.ts";
import { engineVersionsOf, isVersionOf, upgradesOf } from "./engine-versions.ts";
import {
  type Engine,
  engineFacts,
  engines,
  isAurora,
  isMysqlEngine,
  majorOf,
  parameterGroupFamily,
} from "./engines.ts";
import { invalidParameterValue } from "./errors.ts";
import { filterValues } from "./filters.ts";
import { describeOtherVersion, isOtherEngine, otherEngines, otherVersionsOf } from "./other-engines.ts";
import { page } from "./pages.ts";
import { timezonesOf } from "./timezones.ts";

export const engineVersionDescriptions = {
  DescribeDBEngineVersions(ctx, request) {
    const input = withoutBlanks(request);
    const filters = filterValues(input.Filters, [
      "db-parameter-group-family",
      "engine",
      "engine-mode",
      "engine-version",
      "status",
    ]);
    const isEngine = engines.some((engine) => engine === input.Engine) || isOtherEngine(input.Engine ?? "");
    if (input.Engine !== undefined && !isEngine) {
      throw invalidParameterValue(`Unrecognized engine name: ${input.Engine}`);
    }
    const matches = (known: KnownVersion) =>
      (input.EngineVersion === undefined || isVersionOf(known.version, input.EngineVersion)) &&
      (input.DBParameterGroupFamily === undefined || familyOf(known) === input.DBParameterGroupFamily) &&
      filters.every(({ name, values }) => values.includes(filterable[name](known)));

    const found = [...engines, ...otherEngines]
      .filter((engine) => input.Engine === undefined || engine === input.Engine)
      .sort()
      .flatMap((engine) => {
        const versions = versionsOf(ctx, engine, input.IncludeAll === true).filter(matches);
        return input.DefaultOnly === true
          ? versions.slice(0, 1)
          : versions.sort((a, b) => byVersion(a.version, b.version));
      });
    const keyOf = ({ engine, version }: KnownVersion) => `${engine} ${versionKey(version)}`;
    const { items, marker } = page(found, { ...input, kind: "engine-versions" }, keyOf);
    return { DBEngineVersions: items.map((known) => describe(ctx, known, input)), Marker: marker };
  },
} satisfies Operations<typeof Rds, Context>;

interface KnownVersion {
  readonly engine: string;
  readonly version: string;
  readonly status: "available" | "deprecated";
}

/** The default first. */
function versionsOf(ctx: Context, engine: string, withRetired: boolean): KnownVersion[] {
  const own = engines.find((one) => one === engine);
  const available = own === undefined ? otherVersionsOf(engine) : engineVersionsOf(ctx, own);
  const retired = withRetired && own !== undefined ? retiredVersions(own) : [];
  return [
    ...available.map((version) => ({ engine, version, status: "available" as const })),
    ...retired.map((version) => ({ engine, version, status: "deprecated" as const })),
  ];
}

function familyOf({ engine, version }: KnownVersion): string {
  if (isOtherEngine(engine)) return describeOtherVersion(engine, version, {}).DBParameterGroupFamily ?? "";
  return parameterGroupFamily(version, engine);
}

const filterable = {
  "db-parameter-group-family": familyOf,
  engine: ({ engine }: KnownVersion) => engine,
  "engine-mode": () => "provisioned",
  "engine-version": ({ version }: KnownVersion) => version,
  status: ({ status }: KnownVersion) => status,
} as const;

function describe(ctx: Context, known: KnownVersion, input: Rds.DescribeDBEngineVersionsMessage): DBEngineVersion {
  const own = engines.find((one) => one === known.engine);
  return own === undefined
    ? describeOtherVersion(known.engine, known.version, input)
    : describeVersion(ctx, own, known, input);
}

function describeVersion(
  ctx: Context,
  engine: Engine,
  { version, status }: KnownVersion,
  input: Rds.DescribeDBEngineVersionsMessage,
): DBEngineVersion {
  const { description, exportableLogs } = engineFacts[engine];
  const timezones = input.ListSupportedTimezones === true && isMysqlEngine(engine) ? timezonesOf("mysql") : [];
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
    ...(timezones.length > 0 && { SupportedTimezones: timezones.map((TimezoneName) => ({ TimezoneName })) }),
    ExportableLogTypes: [...exportableLogs],
    ...(isAurora(engine) ? { SupportedEngineModes: ["provisioned"] } : {}),
    SupportsLogExportsToCloudwatchLogs: exportableLogs.length > 0,
    SupportsReadReplica: !isAurora(engine),
    SupportedFeatureNames: isMysqlEngine(engine) ? [] : [...featuresOfPostgres],
    Status: status,
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

/** What roles can be for: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/postgresql-s3-export.html */
const featuresOfPostgres = ["s3Import", "s3Export", "Lambda"];

/** Of PostgreSQL with RDS's own revision, as describe-db-engine-versions prints it: `PostgreSQL 14.10-R1`. */
function titleOf(engine: Engine, version: string): string {
  if (engine === "aurora-mysql") return titleOfAuroraMysql(version);
  if (engine === "postgres") return `PostgreSQL ${version}${communityVersion(version) === version ? "-R1" : ""}`;
  const { title } = engineFacts[engine];
  return engine === "aurora-postgresql" ? `${title} (Compatible with PostgreSQL ${version})` : `${title} ${version}`;
}
