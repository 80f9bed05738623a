import type { OptionGroupOption, OptionGroupOptionSetting } from "@aws-sdk/client-rds";
import { byVersion } from "./engine-version-table.ts";
import { db2Options, oracleOptions, sqlServerOptions } from "./option-catalogue-of-others.ts";
import { isOtherEngine, otherEngines, otherMajorsOf } from "./other-engines.ts";
import { parameterGroupFamilies } from "./parameter-catalogue.ts";

/** An option that groups can have, for some engines and major versions. */
export interface KnownOption {
  readonly name: string;
  readonly description: string;
  /** Where it listens, unless the group says otherwise. */
  readonly port?: number;
  readonly settings?: readonly KnownSetting[];
  /** Its own versions, the default first. */
  readonly versions?: readonly string[];
  readonly dependsOn?: readonly string[];
  readonly conflictsWith?: readonly string[];
  /** It stays with instances and snapshots once it is used. */
  readonly isPersistent?: boolean;
  /** It cannot be removed from its group. */
  readonly isPermanent?: boolean;
  /** Only these engines and majors have it; all of the family where none is said. */
  readonly engines?: readonly string[];
  readonly majors?: readonly string[];
}

export interface KnownSetting {
  readonly name: string;
  readonly description: string;
  readonly value?: string;
  /** Texts with commas between, or a range. */
  readonly allowed?: string;
  readonly isRequired?: boolean;
  readonly isStatic?: boolean;
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.MySQL.Options.AuditPlugin.html */
const auditPlugin: KnownOption = {
  name: "MARIADB_AUDIT_PLUGIN",
  description: "MariaDB Audit Plugin",
  settings: [
    { name: "SERVER_AUDIT_FILE_PATH", description: "Log file path", value: "/rdsdbdata/log/audit/" },
    {
      ...{ name: "SERVER_AUDIT_FILE_ROTATE_SIZE", description: "Size of the log file that is rotated" },
      ...{ value: "1000000", allowed: "1-1000000000" },
    },
    {
      ...{ name: "SERVER_AUDIT_FILE_ROTATIONS", description: "How many rotated log files are kept" },
      ...{ value: "9", allowed: "0-100" },
    },
    {
      ...{ name: "SERVER_AUDIT_EVENTS", description: "The types of activity that are logged" },
      ...{ value: "CONNECT,QUERY", allowed: "CONNECT,QUERY,QUERY_DDL,QUERY_DML,QUERY_DML_NO_SELECT,QUERY_DCL,TABLE" },
    },
    { name: "SERVER_AUDIT_INCL_USERS", description: "Users whose activity is logged" },
    { name: "SERVER_AUDIT_EXCL_USERS", description: "Users whose activity is not logged" },
    { name: "SERVER_AUDIT_LOGGING", description: "Whether logging is active", value: "ON", allowed: "ON" },
    {
      ...{ name: "SERVER_AUDIT_QUERY_LOG_LIMIT", description: "The longest logged query string" },
      ...{ value: "1024", allowed: "0-2147483647" },
    },
  ],
};

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.MySQL.Options.memcached.html */
const memcached: KnownOption = {
  name: "MEMCACHED",
  description: "Innodb Memcached for MySQL",
  port: 11211,
  engines: ["mysql"],
  majors: ["5.7", "8.0"],
  settings: [
    ["DAEMON_MEMCACHED_R_BATCH_SIZE", "1", "1-4294967295"],
    ["DAEMON_MEMCACHED_W_BATCH_SIZE", "1", "1"],
    ["INNODB_API_BK_COMMIT_INTERVAL", "5", "1-1073741824"],
    ["INNODB_API_DISABLE_ROWLOCK", "0", "0,1"],
    ["INNODB_API_ENABLE_MDL", "0", "0,1"],
    ["INNODB_API_TRX_LEVEL", "0", "0-3"],
    ["BACKLOG_QUEUE_LIMIT", "1024", "1-2048"],
    ["BINDING_PROTOCOL", "auto", "auto,ascii,binary"],
    ["CAS_DISABLED", "0", "0,1"],
    ["CHUNK_SIZE", "48", "1-48"],
    ["CHUNK_SIZE_GROWTH_FACTOR", "1.25", "1-2"],
    ["ERROR_ON_MEMORY_EXHAUSTED", "0", "0,1"],
    ["LARGE_MEMORY_PAGES", "0", "0,1"],
    ["LOCK_DOWN_PAGED_MEMORY", "0", "0,1"],
    ["MAX_SIMULTANEOUS_CONNECTIONS", "1024", "10-1024"],
    ["VERBOSITY", "v", "v,vv,vvv"],
  ].map(([name = "", value = "", allowed = ""]) => ({ name, description: name, value, allowed, isStatic: true })),
};

function optionsOf(engine: string): readonly KnownOption[] {
  if (engine === "mysql" || engine === "mariadb") return [auditPlugin, memcached];
  if (engine.startsWith("oracle-")) return oracleOptions;
  if (engine.startsWith("sqlserver-")) return sqlServerOptions;
  return engine.startsWith("db2-") ? db2Options : [];
}

const ownEngines: readonly string[] = ["mariadb", "mysql", "postgres"];

/** The engines that have option groups. */
export const optionEngines: readonly string[] = [...ownEngines, ...otherEngines];

/** The major versions of an engine, those of its parameter group families, in their order. */
export function optionMajorsOf(engine: string): readonly string[] {
  if (isOtherEngine(engine)) return otherMajorsOf(engine);
  if (!ownEngines.includes(engine)) return [];
  return parameterGroupFamilies
    .filter((family) => family.startsWith(engine))
    .map((family) => family.slice(engine.length))
    .sort(byVersion);
}

/** The options of one major version, in the order of their names. */
export function knownOptions(engine: string, major: string): KnownOption[] {
  return optionsOf(engine)
    .filter(({ engines, majors }) => (engines?.includes(engine) ?? true) && (majors?.includes(major) ?? true))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

export function describeKnownOption(engine: string, major: string, option: KnownOption): OptionGroupOption {
  const { port, settings = [], versions, dependsOn = [], conflictsWith = [] } = option;
  return {
    ...{ Name: option.name, Description: option.description, EngineName: engine, MajorEngineVersion: major },
    MinimumRequiredMinorEngineVersion: "0",
    PortRequired: port !== undefined,
    ...(port !== undefined && { DefaultPort: port }),
    OptionsDependedOn: [...dependsOn],
    OptionsConflictsWith: [...conflictsWith],
    Persistent: option.isPersistent ?? false,
    Permanent: option.isPermanent ?? false,
    RequiresAutoMinorEngineVersionUpgrade: false,
    VpcOnly: port !== undefined,
    OptionGroupOptionSettings: settings.map(describeSetting),
    ...(versions && {
      SupportsOptionVersionDowngrade: false,
      OptionGroupOptionVersions: versions.map((Version, at) => ({ Version, IsDefault: at === 0 })),
    }),
  };
}

function describeSetting(setting: KnownSetting): OptionGroupOptionSetting {
  return {
    SettingName: setting.name,
    SettingDescription: setting.description,
    ...(setting.value !== undefined && { DefaultValue: setting.value }),
    ApplyType: setting.isStatic === true ? "STATIC" : "DYNAMIC",
    ...(setting.allowed !== undefined && { AllowedValues: setting.allowed }),
    IsModifiable: true,
    IsRequired: setting.isRequired ?? false,
    MinimumEngineVersionPerAllowedValue: [],
  };
}
