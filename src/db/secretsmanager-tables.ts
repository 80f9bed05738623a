import type { Tag } from "../aws/tags.ts";

export interface SecretVersion {
  /** A UUID. */
  readonly id: string;
  /** Labels, of which RDS uses `AWSCURRENT`, `AWSPENDING` and `AWSPREVIOUS`. */
  readonly stages: readonly string[];
  /** ISO 8601. */
  readonly created: string;
  /** The secret itself. */
  readonly value: string;
}

export interface SecretDocument {
  readonly description: string;
  /** An ARN. */
  readonly kmsKeyId: string;
  /** The service that manages it: `rds`. */
  readonly owningService: string;
  /** ISO 8601, as the following. */
  readonly created: string;
  readonly changed: string;
  /** None where it is as it was made. */
  readonly rotated?: string;
  readonly tags: readonly Tag[];
  readonly versions: readonly SecretVersion[];
}

export interface SecretsTable {
  arn: string;
  account_id: string;
  region: string;
  name: string;
  /** A `SecretDocument` as JSON. */
  document: string;
}

export interface SecretsManagerTables {
  secrets: SecretsTable;
}
