import type * as S3 from "@aws-sdk/client-s3";
import type { Transaction } from "kysely";
import type { Database } from "../../db/database.ts";
import type { ServiceContext } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import { matchingRules } from "./lifecycle-evaluation.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import type { NewVersion, ObjectRow } from "./object-rows.ts";
import { destinationName, hasTags, takesEncrypted, takesReplicaChanges } from "./replication-rules.ts";
import type { SingleRun } from "./single-run.ts";
import { findConfiguration } from "./stored-configurations.ts";
import { tagsOf } from "./tag-sets.ts";

/** Where a version is to be copied to, by the rule of that time: JSON. */
export interface ReplicationPlan {
  readonly Role: string;
  /** The rule's. */
  readonly ID?: string | undefined;
  readonly Destination: S3.Destination;
  /** Of a version that was copied before, and whose tags, list or lock have changed since. */
  readonly IsChange?: true;
}

/**
 * Where a new version goes, by those of the bucket's rules that `takes`. Only a bucket with versioning has replication: others
 * are not asked.
 */
export async function plansForVersion(
  trx: Transaction<Database>,
  bucket: Bucket,
  { key, size, tags, attributes }: NewVersion,
  takes: (rule: S3.ReplicationRule) => boolean = () => true,
): Promise<ReplicationPlan[]> {
  const configuration = await configurationOf(trx, bucket);
  if (configuration === undefined) return [];
  const subject = { key: key.toString(), size, tags: tagsOf(tags ?? null) };
  const { ServerSideEncryption } = JSON.parse(attributes) as ObjectMetadata;
  const rules = matchingRules(configuration.Rules ?? [], subject);
  return plansOf(
    configuration,
    rules.filter((rule) => takes(rule) && takesEncrypted(rule, ServerSideEncryption)),
  );
}

/** Where a delete marker goes, which has no tags; older rules without a filter always take them along. */
export async function plansForMarker(
  trx: Transaction<Database>,
  bucket: Bucket,
  key: Buffer,
): Promise<ReplicationPlan[]> {
  const configuration = await configurationOf(trx, bucket);
  if (configuration === undefined) return [];
  const rules = matchingRules(configuration.Rules ?? [], { key: key.toString(), size: undefined, tags: [] });
  return plansOf(
    configuration,
    rules.filter(
      ({ Filter, DeleteMarkerReplication }) =>
        !hasTags(Filter) && (DeleteMarkerReplication?.Status ?? (Filter === undefined ? "Enabled" : "")) === "Enabled",
    ),
  );
}

async function configurationOf(trx: Transaction<Database>, bucket: Bucket) {
  return bucket.versioning === "Enabled" ? findConfiguration(trx, bucket, "Replication") : undefined;
}

/** Of the rules with one destination, that of the highest priority counts. */
function plansOf({ Role = "" }: S3.ReplicationConfiguration, rules: readonly S3.ReplicationRule[]): ReplicationPlan[] {
  const byDestination = new Map<string, ReplicationPlan>();
  for (const { ID, Destination } of [...rules].sort((one, other) => (one.Priority ?? 0) - (other.Priority ?? 0))) {
    if (Destination !== undefined) byDestination.set(destinationName(Destination), { Role, ID, Destination });
  }
  return [...byDestination.values()];
}

/** What carries plans out, by the store that it belongs to. */
export const replicators = new WeakMap<ServiceContext["blobs"], SingleRun>();

/** Keeps plans for a version in its own transaction, after which they are carried out. */
export async function keepPlans(
  ctx: ServiceContext,
  trx: Transaction<Database>,
  version: { readonly bucket_id: number; readonly key: Buffer; readonly version_id: string },
  plans: readonly ReplicationPlan[],
): Promise<void> {
  if (plans.length === 0) return;
  const { bucket_id, key, version_id } = version;
  await trx
    .insertInto("s3_replications")
    .values(plans.map((plan) => ({ bucket_id, key, version_id, plan: JSON.stringify(plan) })))
    .execute();
  // It waits for its turn, which comes after this transaction.
  replicators.get(ctx.blobs)?.soon();
}

/**
 * Lets the replicas of a version have what it gets later: its tags, its list, its lock. To be called in the transaction that
 * changes it, with the version as it was before: what is tagged later is not copied because of that. What a replica gets goes back
 * to its source where a rule of its own bucket leads there and says so.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-for-metadata-changes.html
 */
export async function planChange(
  ctx: ServiceContext,
  trx: Transaction<Database>,
  bucket: Bucket,
  object: ObjectRow,
): Promise<void> {
  const { ReplicationStatus: status } = JSON.parse(object.attributes) as ObjectMetadata;
  if (status === undefined) return;
  const isReplica = status === "REPLICA";
  const plans = await plansForVersion(trx, bucket, object, (rule) => !isReplica || takesReplicaChanges(rule));
  await keepPlans(
    ctx,
    trx,
    object,
    plans.map((plan) => ({ ...plan, IsChange: true })),
  );
}
