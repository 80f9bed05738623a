import type { Ec2Tables } from "./ec2-tables.ts";
import type { RdsTables } from "./rds-tables.ts";
import type { S3Tables } from "./s3-tables.ts";
import type { SecretsManagerTables } from "./secretsmanager-tables.ts";
import type { StsTables } from "./sts-tables.ts";

/** Every table, one type each; a service's tables stand in a file of their own beside this one. */
export interface Database extends S3Tables, Ec2Tables, RdsTables, StsTables, SecretsManagerTables {}
