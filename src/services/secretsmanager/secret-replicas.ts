import type { ReplicationStatusType } from "@aws-sdk/client-secrets-manager";
import type { Kysely } from "kysely";
import type { Database } from "../../db/database.ts";
import { findSecret, type Secret } from "../../db/secret-lookup.ts";
import type { SecretDocument, SecretReplica } from "../../db/secretsmanager-tables.ts";

// A replica is a row of its own in its region, with the ARN of the primary secret but for the region. What is changed in the primary one
// is changed in it at once; the key, and when it was made and read, are its own.

export interface ReplicaPlace {
  readonly db: Kysely<Database>;
  readonly accountId: string;
  /** The primary secret's. */
  readonly region: string;
}

export function replicaArn(arn: string, region: string): string {
  return arn.split(":").with(3, region).join(":");
}

/** Gives every replica what the primary secret has. */
export async function syncReplicas(place: ReplicaPlace, primary: Secret): Promise<void> {
  for (const replica of primary.replicas ?? []) {
    if (replica.status === "InSync") await writeReplica(place, primary, replica);
  }
}

/** Makes it, where it is not there. */
export async function writeReplica(place: ReplicaPlace, primary: Secret, { region, kmsKeyId }: SecretReplica) {
  const { db, accountId } = place;
  const before = await findSecret({ db, accountId, region }, replicaArn(primary.arn, region));
  const { arn, name, replicas: _, created, accessed: __, kmsKeyId: ___, ...shared } = primary;
  const document: SecretDocument = {
    ...{ ...shared, kmsKeyId, created: before?.created ?? primary.changed, primaryRegion: place.region },
    ...(before?.accessed !== undefined && { accessed: before.accessed }),
    versions: primary.versions.map(({ accessed: _, ...version }) => {
      const read = before?.versions.find(({ id }) => id === version.id)?.accessed;
      return { ...version, ...(read !== undefined && { accessed: read }) };
    }),
  };
  const row = { arn: replicaArn(arn, region), account_id: accountId, region, name, document: JSON.stringify(document) };
  await db.deleteFrom("secrets").where("arn", "=", row.arn).execute();
  await db.insertInto("secrets").values(row).execute();
}

export async function removeReplica(
  { db, accountId, region: primaryRegion }: ReplicaPlace,
  arn: string,
  region: string,
) {
  const replica = await findSecret({ db, accountId, region }, replicaArn(arn, region));
  // Where it failed, what is there may be another secret.
  if (replica?.primaryRegion !== primaryRegion || replica.arn !== replicaArn(arn, region)) return;
  await db.deleteFrom("secrets").where("arn", "=", replica.arn).execute();
}

/** In descriptions and lists. */
export function replicationOf({ primaryRegion, replicas = [] }: SecretDocument, region: string) {
  return primaryRegion ?? (replicas.length > 0 ? region : undefined);
}

export function toStatus({ region, kmsKeyId, status, message }: SecretReplica): ReplicationStatusType {
  return { Region: region, KmsKeyId: kmsKeyId, Status: status, StatusMessage: message };
}

/** As the answers to requests for replicas have it, before there has been time for anything. */
export function toPending({ region, kmsKeyId }: SecretReplica): ReplicationStatusType {
  return { Region: region, KmsKeyId: kmsKeyId, Status: "InProgress" };
}
