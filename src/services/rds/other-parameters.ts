import type { Parameter } from "@aws-sdk/client-rds";

// Parameters of engines that have no servers here, those that configurations set most often.

type Row = readonly [name: string, value: string | undefined, allowed: string | undefined, apply: "static" | "dynamic"];

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Oracle.Concepts.FeatureSupport.Parameters.html */
const oracle: readonly Row[] = [
  ["audit_trail", "NONE", "DB,OS,NONE,TRUE,FALSE,DB_EXTENDED,XML", "static"],
  ["compatible", undefined, undefined, "static"],
  ["cpu_count", undefined, undefined, "dynamic"],
  ["cursor_sharing", "EXACT", "EXACT,FORCE,SIMILAR", "dynamic"],
  ["db_block_checking", "MEDIUM", undefined, "dynamic"],
  ["db_files", undefined, "200-65533", "static"],
  ["ddl_lock_timeout", "0", "0-1000000", "dynamic"],
  ["enable_ddl_logging", "FALSE", "TRUE,FALSE", "dynamic"],
  ["global_names", "FALSE", "TRUE,FALSE", "dynamic"],
  ["job_queue_processes", "50", "0-4000", "dynamic"],
  ["memory_max_target", "{DBInstanceClassMemory*3/4}", undefined, "static"],
  ["memory_target", "{DBInstanceClassMemory*3/4}", undefined, "dynamic"],
  ["nls_date_format", undefined, undefined, "static"],
  ["nls_length_semantics", "BYTE", "BYTE,CHAR", "dynamic"],
  ["open_cursors", "300", "0-65535", "dynamic"],
  ["optimizer_mode", "ALL_ROWS", "ALL_ROWS,FIRST_ROWS,FIRST_ROWS_1,FIRST_ROWS_10,FIRST_ROWS_100", "dynamic"],
  ["parallel_max_servers", undefined, "0-3600", "dynamic"],
  ["pga_aggregate_limit", undefined, undefined, "dynamic"],
  ["pga_aggregate_target", "0", undefined, "dynamic"],
  ["processes", "LEAST({DBInstanceClassMemory/9868951}, 20000)", "80-20000", "static"],
  ["recyclebin", "OFF", "ON,OFF", "static"],
  ["resource_limit", "TRUE", "TRUE,FALSE", "dynamic"],
  ["session_cached_cursors", "50", "0-65535", "static"],
  ["sessions", undefined, "100-65535", "static"],
  ["sga_max_size", "0", undefined, "static"],
  ["sga_target", "0", undefined, "dynamic"],
  ["sqlnetora.sqlnet.allowed_logon_version_server", undefined, "8,9,10,11,12,12a", "dynamic"],
  ["sqlnetora.sqlnet.expire_time", undefined, "0-1000000", "dynamic"],
  ["statistics_level", "TYPICAL", "BASIC,TYPICAL,ALL", "dynamic"],
  ["undo_retention", "900", "0-4294967295", "dynamic"],
];

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.SQLServer.CommonDBATasks.html */
const sqlServer: readonly Row[] = [
  ["1204", "0", "0,1", "dynamic"],
  ["1222", "0", "0,1", "dynamic"],
  ["3226", "0", "0,1", "dynamic"],
  ["access check cache bucket count", "0", "0-65536", "dynamic"],
  ["ad hoc distributed queries", "0", "0,1", "dynamic"],
  ["backup compression default", "0", "0,1", "dynamic"],
  ["blocked process threshold (s)", "0", "0-86400", "dynamic"],
  ["clr enabled", "0", "0,1", "dynamic"],
  ["contained database authentication", "0", "0,1", "dynamic"],
  ["cost threshold for parallelism", "5", "0-32767", "dynamic"],
  ["cursor threshold", "-1", undefined, "dynamic"],
  ["default full-text language", "1033", "0-2147483647", "dynamic"],
  ["fill factor (%)", "0", "0-100", "static"],
  ["locks", "0", "5000-2147483647", "static"],
  ["max degree of parallelism", "0", "0-32767", "dynamic"],
  ["max server memory (mb)", "2147483647", "128-2147483647", "dynamic"],
  ["max worker threads", "0", "128-65535", "dynamic"],
  ["min memory per query (kb)", "1024", "512-2147483647", "dynamic"],
  ["min server memory (mb)", "0", "0-2147483647", "dynamic"],
  ["nested triggers", "1", "0,1", "dynamic"],
  ["network packet size (b)", "4096", "512-32767", "dynamic"],
  ["optimize for ad hoc workloads", "0", "0,1", "dynamic"],
  ["query governor cost limit", "0", "0-2147483647", "dynamic"],
  ["query wait (s)", "-1", undefined, "dynamic"],
  ["rds.fips", "0", "0,1", "static"],
  ["rds.force_ssl", "0", "0,1", "static"],
  ["rds.sqlserver_audit", "none", "none,fedramp_hipaa", "dynamic"],
  ["rds.tls10", "default", "default,enabled,disabled", "static"],
  ["rds.tls11", "default", "default,enabled,disabled", "static"],
  ["rds.tls12", "default", "default", "static"],
  ["remote access", "1", "0,1", "static"],
  ["user connections", "0", "0-32767", "static"],
];

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/db2-supported-parameters.html */
const db2: readonly Row[] = [
  ["db2_compatibility_vector", undefined, undefined, "static"],
  ["federated", "NO", "YES,NO", "static"],
  ["logarchmeth1", undefined, undefined, "static"],
  ["numdb", "10", "1-50", "static"],
  ["rds.ibm_customer_id", undefined, undefined, "dynamic"],
  ["rds.ibm_site_id", undefined, undefined, "dynamic"],
  ["ssl_svcename", "50443", "1150-65535", "static"],
];

/** In the order of their names. */
export function parametersOfOther(engine: string): Parameter[] {
  const rows = engine.startsWith("oracle-") ? oracle : engine.startsWith("sqlserver-") ? sqlServer : db2;
  return rows.map(([ParameterName, ParameterValue, AllowedValues, ApplyType]) => ({
    ParameterName,
    ...(ParameterValue === undefined ? {} : { ParameterValue }),
    ...(AllowedValues === undefined ? {} : { AllowedValues }),
    Source: ParameterValue === undefined ? "engine-default" : "system",
    ApplyType,
    DataType: /^-?\d+-\d+$/.test(AllowedValues ?? "") ? "integer" : "string",
    IsModifiable: true,
    ApplyMethod: "pending-reboot",
  }));
}
