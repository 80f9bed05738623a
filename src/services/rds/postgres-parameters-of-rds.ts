import type { Parameter } from "@aws-sdk/client-rds";

/** RDS's own parameter, or one of an extension. */
export const ofRds = (name: string, value: string, allowed: string, type: string, apply = "dynamic"): Parameter => ({
  ParameterName: name,
  ...(value !== "" && { ParameterValue: value }),
  Source: "system",
  ApplyType: apply,
  DataType: type,
  ...(allowed !== "" && { AllowedValues: allowed }),
  IsModifiable: true,
  ApplyMethod: "pending-reboot",
});

const flag = (name: string, value: "0" | "1", apply?: string) => ofRds(name, value, "0,1", "boolean", apply);
const text = (name: string, apply?: string) => ofRds(name, "", "", "string", apply);

const levels = "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log";

/**
 * What the families of RDS for PostgreSQL have beside PostgreSQL's own settings: the table in
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html
 */
export function postgresParametersOfRds(major: number): Parameter[] {
  return [
    flag("rds.force_ssl", major >= 15 ? "1" : "0"),
    ofRds("rds.log_retention_period", "4320", "1440-10080", "integer"),
    flag("rds.logical_replication", "0", "static"),
    ofRds("rds.force_autovacuum_logging_level", "warning", `disabled,${levels},fatal,panic`, "string"),
    ofRds("rds.force_admin_logging_level", "disabled", `disabled,${levels},fatal,panic`, "string"),
    flag("rds.restrict_password_commands", "0", "static"),
    ofRds("rds.accepted_password_auth_method", "md5+scram", "md5+scram,scram", "string"),
    ofRds("rds.babelfish_status", "off", "on,off,datadefault", "string", "static"),
    flag("rds.adaptive_autovacuum", "1"),
    flag("rds.enable_plan_management", "0", "static"),
    flag("rds.custom_dns_resolution", "0", "static"),
    text("rds.allowed_extensions"),
    ofRds("rds.pg_stat_ramdisk_size", "0", "0-1024", "integer", "static"),
    ofRds("rds.rds_superuser_reserved_connections", "2", "0-8388607", "integer", "static"),
    ofRds("pg_stat_statements.track", "TOP", "ALL,TOP,NONE", "string"),
    ofRds("pg_stat_statements.max", "5000", "100-2147483647", "integer", "static"),
    flag("pg_stat_statements.save", "1"),
    flag("pg_stat_statements.track_utility", "1"),
    flag("pg_stat_statements.track_planning", "0"),
    ofRds("auto_explain.log_min_duration", "-1", "-1-2147483647", "integer"),
    ...["analyze", "buffers", "nested_statements", "triggers", "verbose"].map((name) =>
      flag(`auto_explain.log_${name}`, "0"),
    ),
    flag("auto_explain.log_timing", "1"),
    ofRds("auto_explain.log_format", "text", "text,xml,json,yaml", "string"),
    ofRds("auto_explain.sample_rate", "1", "0-1", "float"),
    ofRds(
      "pgaudit.log",
      "none",
      "ddl,function,misc,read,role,write,none,all,-ddl,-function,-misc,-read,-role,-write",
      "list",
    ),
    ofRds("pgaudit.log_level", "log", levels, "string"),
    ...["log_parameter", "log_relation", "log_statement_once", "log_rows"].map((name) => flag(`pgaudit.${name}`, "0")),
    flag("pgaudit.log_catalog", "1"),
    ofRds("pgaudit.role", "", "rds_pgaudit", "string"),
    ofRds("cron.database_name", "postgres", "", "string", "static"),
    flag("cron.log_run", "1", "static"),
    flag("cron.log_statement", "1", "static"),
    ofRds("cron.max_running_jobs", "5", "1-100", "integer", "static"),
    flag("cron.use_background_workers", "0", "static"),
    flag("pg_hint_plan.enable_hint", "1"),
    flag("pg_hint_plan.enable_hint_table", "0"),
    flag("pg_prewarm.autoprewarm", "1", "static"),
    ofRds("pg_prewarm.autoprewarm_interval", "300", "0-2147483", "integer"),
    ofRds("pg_hint_plan.debug_print", "", "off,on,detailed,verbose", "string"),
    ...["message_level", "parse_messages"].map((name) => ofRds(`pg_hint_plan.${name}`, "", levels, "string")),
    text("postgis.gdal_enabled_drivers"),
    text("orafce.nls_date_format"),
    text("orafce.timezone"),
    ofRds("pg_bigm.enable_recheck", "on", "on,off", "string"),
    ofRds("pg_bigm.gin_key_limit", "0", "0-2147483647", "integer"),
    ofRds("pg_bigm.similarity_limit", "0.3", "0-1", "float"),
    ...["batch_inserts", "synchronous_commit", "use_spi"].map((name) =>
      ofRds(`pglogical.${name}`, "", "0,1", "boolean", "static"),
    ),
    ofRds("pglogical.conflict_log_level", "", `${levels},fatal,panic`, "string"),
    ofRds(
      "pglogical.conflict_resolution",
      "",
      "error,apply_remote,keep_local,last_update_wins,first_update_wins",
      "string",
    ),
    text("pglogical.extra_connection_options"),
    ...["dice_threshold", "tanimoto_threshold"].map((name) => ofRds(`rdkit.${name}`, "", "0-1", "float")),
    ofRds("rdkit.do_chiral_sss", "", "0,1", "boolean"),
  ];
}
