import type { Parameter } from "@aws-sdk/client-rds";
import { ownValue } from "../../aws/own-value.ts";
import { auroraMysqlParameters } from "./aurora-mysql-parameters.ts";
import { auroraPostgresqlParameters } from "./aurora-postgresql-parameters.ts";
import mariadbSettings from "./mariadb-parameters.json" with { type: "json" };
import mysqlSettings from "./mysql-parameters.json" with { type: "json" };
import { otherEngines, otherFamilyOf, otherMajorsOf } from "./other-engines.ts";
import { parametersOfOther } from "./other-parameters.ts";
import { evaluateFormula, isFormula } from "./parameter-formulas.ts";
import postgresSettings from "./postgres-parameters.json" with { type: "json" };
import otherMajors from "./postgres-parameters-of-majors.json" with { type: "json" };
import { ofRds, postgresParametersOfRds } from "./postgres-parameters-of-rds.ts";

/**
 * What parameters there are. Those of PostgreSQL are what `pg_settings` of each major version says (scripts/generate-db-parameters.ts),
 * those of MySQL what a 9.7 says of its variables (scripts/generate-mysql-parameters.ts), and those of MariaDB what
 * `information_schema.SYSTEM_VARIABLES` of 10.11 says; RDS's own are added.
 */
interface Setting {
  readonly name: string;
  readonly unit: string | null;
  readonly context: string;
  readonly type: string;
  readonly min: string | null;
  readonly max: string | null;
  readonly options: readonly string[] | null;
  readonly description?: string;
}

const otherFamilies = Object.fromEntries(
  otherEngines.flatMap((engine) =>
    otherMajorsOf(engine).map((major) => [otherFamilyOf(engine, major), engine] as const),
  ),
);

const families: Readonly<Record<string, string>> = {
  ...Object.fromEntries([10, 11, 12, 13, 14, 15, 16, 17, 18].map((major) => [`postgres${major}`, "postgres"] as const)),
  ...Object.fromEntries(
    [11, 12, 13, 14, 15, 16, 17, 18].map((major) => [`aurora-postgresql${major}`, "postgres"] as const),
  ),
  ...Object.fromEntries(["5.7", "8.0", "8.4", "9.7"].map((major) => [`mysql${major}`, "mysql"] as const)),
  ...Object.fromEntries(["5.7", "8.0", "8.4"].map((major) => [`aurora-mysql${major}`, "mysql"] as const)),
  ...otherFamilies,
  ...Object.fromEntries(
    ["10.4", "10.5", "10.6", "10.11", "11.4", "11.8"].map((major) => [`mariadb${major}`, "mariadb"] as const),
  ),
};

export const parameterGroupFamilies: readonly string[] = Object.keys(families);

export function isParameterGroupFamily(name: string): boolean {
  return Object.hasOwn(families, name);
}

/** In the order of their names. Empty for a family that is none. */
export function parametersOf(family: string): readonly Parameter[] {
  const engine = ownValue(families, family);
  if (engine === undefined) return [];
  const major = engine === "postgres" ? Number(/\d+$/.exec(family)?.[0]) : undefined;
  const isOlder = engine === "mysql" && family !== "mysql9.7";
  const isAurora = family.startsWith("aurora-");
  const ofAurora = major === undefined ? auroraMysqlParameters : () => auroraPostgresqlParameters(major);
  const key = isAurora ? family : `${engine}${major ?? (isOlder ? " before 9" : "")}`;
  catalogues[key] ??= [...(isAurora ? ofAurora(family) : []), ...catalogueOf(engine, { major, isOlder })]
    .filter(isFirstOfItsName)
    .sort(byName);
  return catalogues[key];
}

function catalogueOf(
  engine: string,
  { major, isOlder }: { readonly major: number | undefined; readonly isOlder: boolean },
): Parameter[] {
  if (major !== undefined) return postgresCatalogue(major);
  const ofMariadb = readSettings(mariadbSettings);
  if (engine === "mariadb") return mysqlCatalogue(ofMariadb);
  if (engine !== "mysql") return parametersOfOther(engine);
  const ofNewest = readSettings(mysqlSettings);
  if (!isOlder) return mysqlCatalogue(ofNewest);
  const older = ofMariadb.filter(({ name }) => ofOlderMysql.test(name));
  return [
    ...mysqlCatalogue([...ofNewest, ...older]),
    ofRds("default_authentication_plugin", "caching_sha2_password", plugins, "string", "static"),
    ofRds("innodb_large_prefix", "1", "0,1", "boolean"),
    ofRds("master_info_repository", "TABLE", "FILE,TABLE", "string"),
    ofRds("relay_log_info_repository", "TABLE", "FILE,TABLE", "string"),
    ofRds("binlog_transaction_dependency_tracking", "WRITESET", "COMMIT_ORDER,WRITESET,WRITESET_SESSION", "string"),
  ];
}

const plugins = "mysql_native_password,sha256_password,caching_sha2_password";

/** What MySQL 5.7, 8.0 or 8.4 has, and 9.7 has not, and MariaDB says the same of. https://dev.mysql.com/doc/refman/8.4/en/added-deprecated-removed.html */
const ofOlderMysql =
  /^(?:expire_logs_days|innodb_log_file_size|log_warnings|metadata_locks_\w+|old|old_passwords|query_cache_\w+|secure_auth|storage_engine|sync_frm|tx_\w+)$/;

export function findParameter(family: string, name: string): Parameter | undefined {
  return parametersOf(family).find(({ ParameterName }) => ParameterName === name.toLowerCase());
}

const catalogues: Record<string, Parameter[]> = {};

function byName(a: Parameter, b: Parameter): number {
  return (a.ParameterName ?? "") < (b.ParameterName ?? "") ? -1 : 1;
}

function readSettings(rows: readonly (readonly unknown[])[]): Setting[] {
  return rows.map(([name, , unit, context, type, min, max, options, description]) => {
    return { name, unit, context, type, min, max, options, description } as Setting;
  });
}

/** What RDS sets itself, and lets nobody change. */
const fixed: ReadonlySet<string> = new Set([
  ...["archive_command", "archive_mode", "config_file", "data_directory", "external_pid_file", "hba_file"],
  ...["ident_file", "listen_addresses", "log_directory", "log_filename", "logging_collector", "port"],
  ...["primary_conninfo", "restore_command", "ssl_ca_file", "ssl_cert_file", "ssl_key_file", "unix_socket_directories"],
  ...["unix_socket_group", "unix_socket_permissions", "fsync", "full_page_writes", "wal_level"],
  ...["basedir", "datadir", "pid_file", "socket", "server_id", "tmpdir", "log_error", "plugin_dir", "lc_messages_dir"],
]);

/** Values that RDS has in place of the engine's. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html */
const postgresDefaults: Readonly<Record<string, string>> = {
  max_connections: "LEAST({DBInstanceClassMemory/9531392},5000)",
  shared_buffers: "{DBInstanceClassMemory/32768}",
  effective_cache_size: "{DBInstanceClassMemory/16384}",
  shared_preload_libraries: "pg_stat_statements",
  autovacuum_max_workers: "GREATEST({DBInstanceClassMemory/64371566592},3)",
  maintenance_work_mem: "GREATEST({DBInstanceClassMemory*1024/63963136},65536)",
  password_encryption: "scram-sha-256",
};

/** Those of 17, but for what another major says otherwise; of majors before 13 nobody was asked. */
function settingsOfPostgres(major: number): Setting[] {
  const { absent = [], different = [] } = ownValue(majorSettings, String(Math.max(major, 13))) ?? {};
  const others = readSettings(different);
  const replaced = new Set([...absent, ...others.map(({ name }) => name)]);
  return [...readSettings(postgresSettings).filter(({ name }) => !replaced.has(name)), ...others];
}

const majorSettings: Readonly<
  Record<string, { absent: readonly string[]; different: readonly (readonly unknown[])[] }>
> = otherMajors;

function postgresCatalogue(major: number): Parameter[] {
  return [
    ...settingsOfPostgres(major).map((setting) => toParameter(setting, postgresDefaults[setting.name])),
    ...postgresParametersOfRds(major),
  ];
}

function mysqlCatalogue(settings: readonly Setting[]): Parameter[] {
  return [
    ...settings.map((setting) => toParameter(setting, mysqlDefaults[setting.name])),
    ofRds("binlog_expire_logs_seconds", "2592000", "0-4294967295", "integer"),
    ofRds("innodb_redo_log_capacity", "{DBInstanceClassMemory/4}", "8388608-137438953472", "integer"),
    ofRds("require_secure_transport", "0", "0,1", "boolean"),
  ];
}

function isFirstOfItsName({ ParameterName: name }: Parameter, at: number, all: readonly Parameter[]): boolean {
  return all.findIndex(({ ParameterName }) => ParameterName === name) === at;
}

const mysqlDefaults: Readonly<Record<string, string>> = {
  max_connections: "{DBInstanceClassMemory/12582880}",
  innodb_buffer_pool_size: "{DBInstanceClassMemory*3/4}",
};

function toParameter(setting: Setting, ofService: string | undefined): Parameter {
  const isStatic = setting.context === "postmaster";
  const unit = setting.unit ? `(${setting.unit}) ` : "";
  const modifiable = !fixed.has(setting.name);
  return {
    ParameterName: setting.name,
    // Of the engine's own defaults AWS tells no value (as recorded in radkawar/stackd, testdata/aws/rds, and elsewhere).
    ...(ofService === undefined ? {} : { ParameterValue: ofService }),
    // RDS puts the unit in front: `(ms) Sets the maximum allowed duration of any statement.`
    ...(setting.description === undefined ? {} : { Description: `${unit}${setting.description}` }),
    Source: ofService === undefined ? "engine-default" : "system",
    ApplyType: isStatic ? "static" : "dynamic",
    DataType: dataType(setting.type),
    ...allowedValues(setting),
    IsModifiable: modifiable,
    ApplyMethod: "pending-reboot",
  };
}

function dataType(type: string): string {
  return { bool: "boolean", real: "float", integer: "integer", list: "list" }[type] ?? "string";
}

function allowedValues({ type, min, max, options }: Setting): { AllowedValues?: string } {
  if (type === "bool") return { AllowedValues: "0,1" };
  if (options !== null && options.length > 0) return { AllowedValues: options.join(",") };
  return min === null || max === null ? {} : { AllowedValues: `${min}-${max}` };
}

/** Whether a value is one that the parameter may have: of a formula, that it is one. */
export function isAllowed({ DataType, AllowedValues }: Parameter, value: string): boolean {
  if (/^(?:integer|float|boolean)$/.test(DataType ?? "") && isFormula(value)) {
    return evaluateFormula(value, anyInstance) !== undefined;
  }
  if (AllowedValues === undefined) return true;
  if (DataType === "boolean") return /^(?:0|1|on|off|true|false|yes|no)$/i.test(value);
  const range = /^(-?[\d.e+]+)-(-?[\d.e+]+)$/i.exec(AllowedValues);
  if (range !== null && (DataType === "integer" || DataType === "float")) {
    const number = Number(value);
    if (value === "" || Number.isNaN(number) || (DataType === "integer" && !Number.isInteger(number))) return false;
    return number >= Number(range[1]) && number <= Number(range[2]);
  }
  const options = AllowedValues.toLowerCase().split(",");
  const given = DataType === "list" ? value.toLowerCase().split(",") : [value.toLowerCase()];
  return given.every((option) => option === "" || options.includes(option.trim()));
}

const anyInstance = {
  ...{ AllocatedStorage: 20 * 1024 ** 3, DBInstanceClassMemory: 1024 ** 3, DBInstanceVCPU: 2 },
  ...{ EndPointPort: 5432, TrueIfReplica: 0 as const },
};
