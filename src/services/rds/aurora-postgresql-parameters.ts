import type { Parameter } from "@aws-sdk/client-rds";
import { ofRds } from "./postgres-parameters-of-rds.ts";

const flag = (name: string, apply?: string) => ofRds(name, "", "0,1", "boolean", apply);
const integer = (name: string, value: string, allowed: string, apply?: string) =>
  ofRds(name, value, allowed, "integer", apply);

/**
 * What the families of Aurora PostgreSQL have beside PostgreSQL's own settings, as DescribeDBClusterParameters lists them. They stay
 * without effect here, and no server is told of them.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Reference.ParameterGroups.html
 */
export function auroraPostgresqlParameters(major: number): Parameter[] {
  return [
    // https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Security.html: required by default from 17 on.
    ofRds("rds.force_ssl", major >= 17 ? "1" : "0", "0,1", "boolean"),
    ...["constraint_trigger_ordering", "force_foreign_key_checks", "qualified_update_set_target"].map((name) =>
      flag(`ansi_${name}`),
    ),
    flag("apg_ccm_enabled"),
    ...["batch_mode_function_execution", "correlated_any_transform", "function_migration", "not_in_transform"].map(
      (name) => flag(`apg_enable_${name}`),
    ),
    ...["remove_redundant_inner_joins", "semijoin_push_down"].map((name) => flag(`apg_enable_${name}`)),
    ofRds("apg_plan_mgmt.capture_plan_baselines", "off", "manual,automatic,off", "list"),
    integer("apg_plan_mgmt.max_databases", "10", "10-2147483647", "static"),
    integer("apg_plan_mgmt.max_plans", "10000", "10-2147483647", "static"),
    integer("apg_plan_mgmt.plan_hash_version", "1", "1-2"),
    integer("apg_plan_mgmt.plan_retention_period", "32", "1-2147483647", "static"),
    integer("apg_plan_mgmt.unapproved_plan_execution_threshold", "0", "0-2147483647"),
    ofRds("apg_plan_mgmt.use_plan_baselines", "false", "true,false", "list"),
    integer("apg_write_forward.connect_timeout", "30", "1-2147483647", "static"),
    ofRds("apg_write_forward.consistency_mode", "off", "off,eventual,session,global", "list", "static"),
    integer("apg_write_forward.idle_in_transaction_session_timeout", "0", "1-2147483647", "static"),
    integer("apg_write_forward.idle_session_timeout", "300000", "1-2147483647", "static"),
    integer("apg_write_forward.max_forwarding_connections_percent", "25", "1-100", "static"),
    integer("rds.global_db_rpo", "", "20-2147483647"),
    ofRds("rds.local_volume_spill_enabled", "on", "on,off", "string", "static"),
    integer("rds.logical_decoding_work_disk", "", "-1-2147483647"),
    integer("rds.logical_wal_cache", "", "-1-262143", "static"),
    flag("rds.logically_replicate_unlogged_tables", "static"),
    flag("rds.memory_allocation_guard"),
    ofRds("rds.babelfish_status", "off", "on,off,datatypesonly", "string", "static"),
  ];
}

/** Of those whose names PostgreSQL would refuse: they have no dot. */
export const isAurorasOwn = (name: string) => /^(?:ansi|apg)_\w+$/.test(name);
