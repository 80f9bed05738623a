import type { Tag } from "../aws/tags.ts";

export interface SecretVersion {
  /** A UUID. */
  readonly id: string;
  /** Labels, of which RDS uses `AWSCURRENT`, `AWSPENDING` and `AWSPREVIOUS`. */
  readonly stages: readonly string[];
  /** ISO 8601. */
  readonly created: string;
  /** The day on which it was last read, as `2026-09-24`. */
  readonly accessed?: string;
  /** The secret itself: text, or bytes in base64. */
  readonly value?: string;
  readonly binary?: string;
}

/** A secret's copy in another region. */
export interface SecretReplica {
  readonly region: string;
  readonly kmsKeyId: string;
  readonly status: "InSync" | "Failed";
  readonly message: string;
}

export interface SecretDocument {
  readonly description?: string;
  /** As it was given; none is AWS's own key. */
  readonly kmsKeyId?: string;
  /** The service that manages it: `rds`; none of what a user has made. */
  readonly owningService?: string;
  /** ISO 8601, as the following. */
  readonly created: string;
  readonly changed: string;
  /** The day on which it was last read, as `2026-09-24`. */
  readonly accessed?: string;
  /** Whether somebody has ended a rotation, though there was none. */
  readonly rotationCancelled?: boolean;
  /** None where it is as it was made. */
  readonly rotated?: string;
  /** Of one that a service rotates: after how many days, where that is not after seven. */
  readonly rotationDays?: number;
  /** The id of the version that somebody has asked for. */
  readonly rotationRequested?: string;
  /** When it was deleted, and when it is to be gone; until then it may be restored. */
  readonly deleted?: string;
  readonly goneAt?: string;
  /** As it was given. */
  readonly policy?: string;
  /** None where it has never been given any. */
  readonly tags?: readonly Tag[];
  readonly versions: readonly SecretVersion[];
  /** Of a primary secret. */
  readonly replicas?: readonly SecretReplica[];
  /** Of a replica: the region of what it is one of. */
  readonly primaryRegion?: string;
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
