import type * as S3 from "@aws-sdk/client-s3";
import type { Kysely } from "kysely";
import type { Database } from "../../db/database.ts";
import { atOnce, preparedQuery } from "../../db/prepared-query.ts";

/** What `s3_bucket_configurations` holds by its name, as JSON: dates are ISO 8601. */
export interface StoredConfigurations {
  ACL: S3.Grant[];
  Abac: S3.BucketAbacStatus;
  Accelerate: S3.AccelerateConfiguration;
  Analytics: Readonly<Record<string, S3.AnalyticsConfiguration>>;
  CORS: S3.CORSConfiguration;
  Encryption: S3.ServerSideEncryptionConfiguration;
  IntelligentTiering: Readonly<Record<string, S3.IntelligentTieringConfiguration>>;
  Inventory: Readonly<Record<string, S3.InventoryConfiguration>>;
  /** Of which day the last list of each inventory is: days since 1970, as long as those of lifecycle rules. */
  InventoryReports: Readonly<Record<string, number>>;
  Lifecycle: S3.GetBucketLifecycleConfigurationOutput;
  Logging: S3.LoggingEnabled;
  Metrics: Readonly<Record<string, S3.MetricsConfiguration>>;
  Notification: S3.NotificationConfiguration;
  /** Where there is one, the bucket has Object Lock. */
  ObjectLock: S3.ObjectLockConfiguration;
  /** The text as it was put. */
  Policy: string;
  /** Null where it has been deleted: a bucket without a row has that of a new bucket. */
  OwnershipControls: S3.ObjectOwnership | null;
  PublicAccessBlock: Required<S3.PublicAccessBlockConfiguration> | null;
  Replication: S3.ReplicationConfiguration;
  RequestPayment: S3.Payer;
  Versioning: S3.VersioningConfiguration;
  Website: S3.WebsiteConfiguration;
}

export type ConfigurationName = keyof StoredConfigurations;

type BucketKey = { readonly id: number };

/** A configuration of a bucket as it was put; undefined where there is none. */
export async function findConfiguration<Name extends ConfigurationName>(
  db: Kysely<Database>,
  bucket: BucketKey,
  name: Name,
): Promise<StoredConfigurations[Name] | undefined> {
  const [row] = await configurationsByName(db, { id: bucket.id, name });
  // `storeConfiguration` wrote it under this name.
  return row && (JSON.parse(row.body) as StoredConfigurations[Name]);
}

/** Whether there is one, where that can be had at once. */
export function hasConfiguration(db: Kysely<Database>, { id }: BucketKey, name: ConfigurationName): boolean {
  return atOnce(configurationsByName(db, { id, name })).length > 0;
}

const configurationsByName = preparedQuery<{ id: number; name: string }, { body: string }>((db, parameter) =>
  db
    .selectFrom("s3_bucket_configurations")
    .select("body")
    .where("bucket_id", "=", parameter("id"))
    .where("name", "=", parameter("name")),
);

/** Replaces a configuration as a whole. */
export async function storeConfiguration<Name extends ConfigurationName>(
  db: Kysely<Database>,
  bucket: BucketKey,
  name: Name,
  value: StoredConfigurations[Name],
): Promise<void> {
  const body = JSON.stringify(value);
  await db
    .insertInto("s3_bucket_configurations")
    .values({ bucket_id: bucket.id, name, body })
    .onConflict((conflict) => conflict.columns(["bucket_id", "name"]).doUpdateSet({ body }))
    .execute();
}

/** Removing what is not there is no error. */
export async function removeConfiguration(
  db: Kysely<Database>,
  bucket: BucketKey,
  name: ConfigurationName,
): Promise<void> {
  await db.deleteFrom("s3_bucket_configurations").where("bucket_id", "=", bucket.id).where("name", "=", name).execute();
}
