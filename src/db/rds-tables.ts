import type { DBInstance } from "@aws-sdk/client-rds";
import type { Generated } from "kysely";

/** What of the SDK's shape no other column or table says. */
export type DbInstanceDocument = Omit<
  DBInstance,
  | "DBInstanceIdentifier"
  | "DBInstanceArn"
  | "DbiResourceId"
  | "DBInstanceStatus"
  | "Engine"
  | "EngineVersion"
  | "Endpoint"
  | "InstanceCreateTime"
  | "LatestRestorableTime"
  | "TagList"
>;

export interface DbInstancesTable {
  dbi_resource_id: string;
  account_id: string;
  region: string;
  /** As RDS keeps it: in lower case. */
  db_instance_identifier: string;
  db_instance_status: string;
  engine: string;
  /** The version that runs; until the server is there, the version that was asked for. */
  engine_version: string;
  /** The port on the host: unique among all instances, and the instance's own until it is deleted. */
  port: number;
  /** Where the server listens, if that is not at `port`; no other instance has it for one of its own. */
  server_port: Generated<number | null>;
  /** Of a cluster's member: the cluster, through all of its names. */
  db_cluster_resource_id: string | null;
  /** ISO 8601. */
  instance_create_time: string;
  /** A `DbInstanceDocument` as JSON. */
  document: string;
}

export interface RdsTagsTable {
  account_id: string;
  region: string;
  resource_arn: string;
  tag_key: string;
  tag_value: string;
}

/** As they are in ARNs. */
export type RdsResourceKind =
  | "subgrp"
  | "pg"
  | "cluster-pg"
  | "og"
  | "snapshot"
  | "auto-backup"
  | "cluster-auto-backup"
  | "cluster"
  | "cluster-snapshot"
  | "cluster-endpoint"
  | "global-cluster"
  | "es"
  | "db-proxy"
  | "db-proxy-endpoint"
  | "target-group"
  | "secgrp"
  | "export-task"
  | "deployment"
  | "cert";

/** What is found by its name alone. */
export interface RdsResourcesTable {
  account_id: string;
  region: string;
  kind: RdsResourceKind;
  /** In lower case. */
  name: string;
  /** JSON, of the family's own shape. */
  document: string;
}

/** The parameters that a DB instance's server goes by, whatever its group says by now. */
export interface RdsAppliedParametersTable {
  dbi_resource_id: string;
  /** JSON: the values by the parameters' names, with RDS's formulas as they are. */
  parameters: string;
}

export interface RdsEventsTable {
  /** In the order of the events. */
  id: Generated<number>;
  account_id: string;
  region: string;
  /** ISO 8601. */
  time: string;
  /** `RDS-EVENT-0005`; it says the categories. */
  event_id: string;
  source_type: string;
  source_identifier: string;
  message: string;
}

export interface RdsTables {
  rds_events: RdsEventsTable;
  rds_applied_parameters: RdsAppliedParametersTable;
  rds_resources: RdsResourcesTable;
  db_instances: DbInstancesTable;
  rds_tags: RdsTagsTable;
}
