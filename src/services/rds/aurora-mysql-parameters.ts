import type { Parameter } from "@aws-sdk/client-rds";
import { ofRds } from "./postgres-parameters-of-rds.ts";

const flag = (name: string, value: "0" | "1", apply?: string) => ofRds(name, value, "0,1", "boolean", apply);
const integer = (name: string, value: string, allowed: string, apply?: string) =>
  ofRds(name, value, allowed, "integer", apply);
const text = (name: string) => ofRds(name, "", "", "string");

/**
 * What the families of Aurora MySQL have beside MySQL's own settings, which stay without effect here:
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Reference.ParameterGroups.html
 */
export function auroraMysqlParameters(family: string): Parameter[] {
  return [...ofBoth, ...(family === "aurora-mysql5.7" ? ofVersion2 : ofVersion3)];
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Managing.Performance.html#AuroraMySQL.Managing.MaxConnections */
const ofMemory = "GREATEST({log(DBInstanceClassMemory/805306368)*45},{log(DBInstanceClassMemory/8187281408)*1000})";

const ofBoth: readonly Parameter[] = [
  {
    ...integer("max_connections", ofMemory, "1-16000"),
    Description: "The number of simultaneous client connections allowed.",
  },
  ofRds("server_audit_events", "", "CONNECT,QUERY,QUERY_DCL,QUERY_DDL,QUERY_DML,TABLE", "list"),
  text("server_audit_excl_users"),
  text("server_audit_incl_users"),
  flag("server_audit_logging", "0"),
  flag("server_audit_logs_upload", "0"),
  text("aws_default_lambda_role"),
  text("aws_default_logs_role"),
  text("aws_default_s3_role"),
  flag("aurora_enable_replica_log_compression", "1"),
  flag("aurora_enable_repl_bin_log_filtering", "1"),
  flag("aurora_enable_zdr", "1"),
  flag("aurora_parallel_query", "0"),
  integer("aurora_binlog_replication_max_yield_seconds", "0", "0-36000"),
];

const ofVersion2: readonly Parameter[] = [
  text("aurora_load_from_s3_role"),
  text("aurora_select_into_s3_role"),
  flag("aurora_lab_mode", "0", "static"),
  flag("aurora_disable_hash_join", "0"),
  integer("aurora_binlog_read_buffer_size", "5242880", "8192-536870912"),
  flag("aurora_binlog_use_large_read_buffer", "1"),
];

const ofVersion3: readonly Parameter[] = [
  text("aws_default_bedrock_role"),
  text("aws_default_sagemaker_role"),
  flag("aurora_enable_staggered_replica_restart", "0"),
  flag("aurora_enhanced_binlog", "0", "static"),
  flag("aurora_in_memory_relaylog", "1", "static"),
  integer("aurora_fwd_writer_idle_timeout", "86400", "1-86400"),
  integer("aurora_fwd_writer_max_connections_pct", "10", "0-90"),
  ofRds("aurora_replica_read_consistency", "", "EVENTUAL,SESSION,GLOBAL", "string"),
  integer("aurora_ml_inference_timeout", "30000", "0-30000"),
  flag("binlog_backup", "1", "static"),
  flag("binlog_replication_globaldb", "1", "static"),
];
