import type { CharacterSet, DBEngineVersion, DescribeDBEngineVersionsMessage } from "@aws-sdk/client-rds";
import { byVersion } from "./engine-version-table.ts";
import { timezonesOf } from "./timezones.ts";

// Engines of RDS that have no servers here: their facts can be read, and their groups made.

interface OtherEngine {
  readonly description: string;
  /** The default first. */
  readonly versions: readonly string[];
  /** Its major version, as option groups and families have it. */
  majorOf(version: string): string;
  readonly title: (version: string) => string;
  readonly exportableLogs: readonly string[];
  readonly characterSets: readonly CharacterSet[];
  readonly timezones: readonly string[];
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/OracleReleaseNotes/Welcome.html */
const oracleVersions = [
  ...["19.0.0.0.ru-2025-07.rur-2025-07.r1", "19.0.0.0.ru-2025-04.rur-2025-04.r1"],
  ...["19.0.0.0.ru-2025-01.rur-2025-01.r1", "19.0.0.0.ru-2024-10.rur-2024-10.r1"],
  ...["19.0.0.0.ru-2024-07.rur-2024-07.r1", "19.0.0.0.ru-2024-04.rur-2024-04.r1"],
  ...["19.0.0.0.ru-2024-01.rur-2024-01.r1", "19.0.0.0.ru-2023-10.rur-2023-10.r1"],
  ...["19.0.0.0.ru-2023-07.rur-2023-07.r1", "19.0.0.0.ru-2023-04.rur-2023-04.r1"],
];
const oracleCdbVersions = [
  ...oracleVersions,
  ...["21.0.0.0.ru-2025-07.rur-2025-07.r1", "21.0.0.0.ru-2025-04.rur-2025-04.r1"],
  ...["21.0.0.0.ru-2025-01.rur-2025-01.r1", "21.0.0.0.ru-2024-10.rur-2024-10.r1"],
];

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/SQLServer.Concepts.General.VersionSupport.html */
const sqlServerVersions = [
  ...["15.00.4430.1.v1", "16.00.4185.3.v1", "16.00.4175.1.v1", "16.00.4165.4.v1", "16.00.4150.1.v1", "16.00.4140.3.v1"],
  ...["16.00.4131.2.v1", "16.00.4120.1.v1", "16.00.4115.5.v1", "16.00.4105.2.v1", "16.00.4095.4.v1", "16.00.4085.2.v1"],
  ...["15.00.4420.2.v1", "15.00.4415.2.v1", "15.00.4410.1.v1", "15.00.4395.2.v1", "15.00.4390.2.v1", "15.00.4385.2.v1"],
  ...["15.00.4375.4.v1", "15.00.4365.2.v1", "15.00.4355.3.v1", "15.00.4345.5.v1", "15.00.4335.1.v1", "15.00.4322.2.v1"],
  ...["14.00.3485.1.v1", "14.00.3480.1.v1", "14.00.3475.1.v1", "14.00.3471.2.v1", "14.00.3465.1.v1", "14.00.3460.9.v1"],
  ...[
    "13.00.6455.2.v1",
    "13.00.6450.1.v1",
    "13.00.6445.1.v1",
    "13.00.6441.1.v1",
    "13.00.6435.1.v1",
    "13.00.6430.49.v1",
  ],
];

/** https://docs.aws.amazon.com/AmazonRDS/latest/Db2ReleaseNotes/db2-ReleaseNotes.html */
const db2Versions = [
  "11.5.9.0.sb00053667.r1",
  "11.5.9.0.sb00050773.r1",
  "11.5.9.0.sb00045373.r1",
  "11.5.9.0.sb00041240.r1",
];

const firstPart = (version: string) => version.split(".")[0] ?? "";
const firstTwoParts = (version: string) => version.split(".").slice(0, 2).join(".");

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.OracleCharacterSets.html */
const oracleCharacterSets = [
  ["AL32UTF8", "Unicode 5.0 UTF-8 Universal character set"],
  ["AR8ISO8859P6", "ISO 8859-6 Latin/Arabic"],
  ["AR8MSWIN1256", "Microsoft Windows Code Page 1256 8-bit Latin/Arabic"],
  ["BLT8ISO8859P13", "ISO 8859-13 Baltic"],
  ["BLT8MSWIN1257", "Microsoft Windows Code Page 1257 8-bit Baltic"],
  ["CL8ISO8859P5", "ISO 88559-5 Latin/Cyrillic"],
  ["CL8MSWIN1251", "Microsoft Windows Code Page 1251 8-bit Latin/Cyrillic"],
  ["EE8ISO8859P2", "ISO 8859-2 East European"],
  ["EL8ISO8859P7", "ISO 8859-7 Latin/Greek"],
  ["EE8MSWIN1250", "Microsoft Windows Code Page 1250 8-bit East European"],
  ["EL8MSWIN1253", "Microsoft Windows Code Page 1253 8-bit Latin/Greek"],
  ["IW8ISO8859P8", "ISO 8859-8 Latin/Hebrew"],
  ["IW8MSWIN1255", "Microsoft Windows Code Page 1255 8-bit Latin/Hebrew"],
  ["JA16EUC", "EUC 24-bit Japanese"],
  ["JA16EUCTILDE", "Same as JA16EUC except for mapping of wave dash and tilde to and from Unicode"],
  ["JA16SJIS", "Shift-JIS 16-bit Japanese"],
  ["KO16MSWIN949", "Microsoft Windows Code Page 949 Korean"],
  ["NE8ISO8859P10", "ISO 8859-10 North European"],
  ["NEE8ISO8859P4", "ISO 8859-4 North and Northeast European"],
  ["TH8TISASCII", "Thai Industrial Standard 620-2533-ASCII 8-bit"],
  ["TR8MSWIN1254", "Microsoft Windows Code Page 1254 8-bit Turkish"],
  ["US7ASCII", "ASCII 7-bit American"],
  ["UTF8", "Unicode 3.0 UTF-8 Universal character set, CESU-8 compliant"],
  ["VN8MSWIN1258", "Microsoft Windows Code Page 1258 8-bit Vietnamese"],
  ["WE8ISO8859P1", "Western European 8-bit ISO 8859 Part 1"],
  ["WE8ISO8859P15", "ISO 8859-15 West European"],
  ["WE8ISO8859P9", "ISO 8859-9 West European and Turkish"],
  ["WE8MSWIN1252", "Microsoft Windows Code Page 1252 8-bit West European"],
  ["ZHS16GBK", "GBK 16-bit Simplified Chinese"],
  ["ZHT16HKSCS", "Microsoft Windows Code Page 950 with Hong Kong Supplementary Character Set HKSCS-2001"],
  ["ZHT16MSWIN950", "Microsoft Windows Code Page 950 Traditional Chinese"],
  ["ZHT32EUC", "EUC 32-bit Traditional Chinese"],
] as const;

/** The first is the default. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.SQLServer.CommonDBATasks.Collation.html */
const sqlServerCollations = [
  ...[
    "SQL_Latin1_General_CP1_CI_AS",
    "Arabic_CI_AS",
    "Chinese_PRC_BIN2",
    "Chinese_PRC_CI_AS",
    "Chinese_Taiwan_Stroke_CI_AS",
  ],
  ...["Danish_Norwegian_CI_AS", "Finnish_Swedish_CI_AS", "French_CI_AS", "Hebrew_BIN", "Hebrew_CI_AS", "Japanese_BIN"],
  ...["Japanese_CI_AS", "Japanese_CS_AS", "Korean_Wansung_CI_AS", "Latin1_General_100_BIN", "Latin1_General_100_BIN2"],
  ...[
    "Latin1_General_100_CI_AS",
    "Latin1_General_BIN",
    "Latin1_General_BIN2",
    "Latin1_General_CI_AI",
    "Latin1_General_CI_AS",
  ],
  ...["Latin1_General_CI_AS_KS", "Latin1_General_CS_AS", "Modern_Spanish_CI_AS", "SQL_1xCompat_CP850_CI_AS"],
  ...["SQL_Latin1_General_CP1_CI_AI", "SQL_Latin1_General_CP1_CS_AS", "SQL_Latin1_General_CP437_CI_AI"],
  ...["SQL_Latin1_General_CP850_BIN", "SQL_Latin1_General_CP850_BIN2", "SQL_Latin1_General_CP850_CI_AI"],
  ...["SQL_Latin1_General_CP850_CI_AS", "SQL_Latin1_General_CP1256_CI_AS", "Thai_CI_AS"],
];

const asSets = (sets: readonly (readonly [name: string, description: string])[]): CharacterSet[] =>
  sets.map(([CharacterSetName, CharacterSetDescription]) => ({ CharacterSetName, CharacterSetDescription }));

const ofOracle = {
  majorOf: firstPart,
  exportableLogs: ["alert", "audit", "listener", "trace", "oemagent"],
  characterSets: asSets(oracleCharacterSets),
  timezones: [],
};

const oracleTitle = (edition: string) => (version: string) => `Oracle ${version}, ${edition}`;

const sqlServerYears: Readonly<Record<string, string>> = { "13": "2016", "14": "2017", "15": "2019", "16": "2022" };

const ofSqlServer = {
  versions: sqlServerVersions,
  majorOf: firstTwoParts,
  title: (version: string) => `SQL Server ${sqlServerYears[firstPart(version)]} ${version}`,
  exportableLogs: ["agent", "error"],
  characterSets: sqlServerCollations.map((CharacterSetName) => ({
    ...{ CharacterSetName, CharacterSetDescription: CharacterSetName },
  })),
  timezones: timezonesOf("sqlserver"),
};

const ofDb2 = {
  versions: db2Versions,
  majorOf: firstTwoParts,
  title: (version: string) => `DB2 ${version}`,
  exportableLogs: ["diag.log", "notify.log"],
  characterSets: [],
  timezones: [],
};

const facts: Readonly<Record<string, OtherEngine>> = {
  "db2-ae": { ...ofDb2, description: "IBM Db2 Advanced Edition" },
  "db2-se": { ...ofDb2, description: "IBM Db2 Standard Edition" },
  "oracle-ee": {
    ...{ ...ofOracle, versions: oracleVersions, description: "Oracle Database Enterprise Edition" },
    title: oracleTitle("Enterprise Edition"),
  },
  "oracle-ee-cdb": {
    ...{ ...ofOracle, versions: oracleCdbVersions, description: "Oracle Database Enterprise Edition (CDB)" },
    title: oracleTitle("Enterprise Edition"),
  },
  "oracle-se2": {
    ...{ ...ofOracle, versions: oracleVersions, description: "Oracle Database Standard Edition Two" },
    title: oracleTitle("Standard Edition Two"),
  },
  "oracle-se2-cdb": {
    ...{ ...ofOracle, versions: oracleCdbVersions, description: "Oracle Database Standard Edition Two (CDB)" },
    title: oracleTitle("Standard Edition Two"),
  },
  "sqlserver-ee": { ...ofSqlServer, description: "Microsoft SQL Server Enterprise Edition" },
  "sqlserver-ex": { ...ofSqlServer, description: "Microsoft SQL Server Express Edition" },
  "sqlserver-se": { ...ofSqlServer, description: "Microsoft SQL Server Standard Edition" },
  "sqlserver-web": { ...ofSqlServer, description: "Microsoft SQL Server Web Edition" },
};

export const otherEngines: readonly string[] = Object.keys(facts);

export function isOtherEngine(name: string): boolean {
  return Object.hasOwn(facts, name);
}

/** The default first. Empty of an engine that is none. */
export function otherVersionsOf(engine: string): readonly string[] {
  return facts[engine]?.versions ?? [];
}

/** `19`, `15.00`, `11.5`: in their order. */
export function otherMajorsOf(engine: string): readonly string[] {
  const { majorOf, versions } = facts[engine] ?? ofDb2;
  return [...new Set(versions.map(majorOf))].sort(byVersion);
}

/** `oracle-ee-19`, `sqlserver-se-15.0`, `db2-ae-11.5` */
export function otherFamilyOf(engine: string, major: string): string {
  return `${engine}-${major.replace(/\.00$/, ".0")}`;
}

export function describeOtherVersion(
  engine: string,
  version: string,
  input: DescribeDBEngineVersionsMessage,
): DBEngineVersion {
  const { versions, majorOf, title, description, exportableLogs, characterSets, timezones } = {
    ...{ ...ofDb2, description: "" },
    ...facts[engine],
  };
  const major = majorOf(version);
  const later = versions.filter((other) => byVersion(version, other) < 0 && other !== version).toSorted(byVersion);
  return {
    Engine: engine,
    MajorEngineVersion: major,
    EngineVersion: version,
    DBParameterGroupFamily: otherFamilyOf(engine, major),
    DBEngineDescription: description,
    DBEngineVersionDescription: title(version),
    ...(characterSets[0] && { DefaultCharacterSet: characterSets[0] }),
    ...(input.ListSupportedCharacterSets === true &&
      characterSets.length > 0 && { SupportedCharacterSets: [...characterSets] }),
    ...(input.ListSupportedTimezones === true &&
      timezones.length > 0 && { SupportedTimezones: timezones.map((TimezoneName) => ({ TimezoneName })) }),
    ValidUpgradeTarget: later.map((target) => ({
      Engine: engine,
      EngineVersion: target,
      Description: title(target),
      AutoUpgrade: false,
      IsMajorVersionUpgrade: majorOf(target) !== major,
    })),
    ExportableLogTypes: [...exportableLogs],
    SupportsLogExportsToCloudwatchLogs: exportableLogs.length > 0,
    SupportsReadReplica: false,
    SupportedFeatureNames: [],
    Status: "available",
    SupportsParallelQuery: false,
    SupportsGlobalDatabases: false,
    SupportsBabelfish: false,
    TagList: [],
  };
}
