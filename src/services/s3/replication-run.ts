import { type Selectable, sql, type Transaction } from "kysely";
import type { Database } from "../../db/database.ts";
import type { S3ReplicationsTable } from "../../db/s3-tables.ts";
import type { ServiceContext } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import type { ObjectEvent } from "./event-messages.ts";
import { notify, serviceCause, versionEvent } from "./event-notifications.ts";
import { nullVersion, type ObjectRow } from "./object-rows.ts";
import { type FailureReason, type Replica, writeReplica } from "./replicas.ts";
import { type ReplicationPlan, replicators } from "./replication-plan.ts";
import { metadataOf } from "./restorations.ts";
import { createSingleRun } from "./single-run.ts";

const batchSize = 100;

type Replication = Selectable<S3ReplicationsTable>;

/** Carries out what was planned, beginning with what an earlier process left. */
export function startReplication(ctx: ServiceContext): void {
  const run = createSingleRun(ctx, "s3 replication", () => runReplications(ctx));
  replicators.set(ctx.blobs, run);
  run.soon();
}

/** What is left is for the next start. */
export function endReplication({ blobs }: ServiceContext): void {
  replicators.delete(blobs);
}

async function runReplications(ctx: ServiceContext): Promise<void> {
  for (;;) {
    const batch = await ctx.db.selectFrom("s3_replications").selectAll().orderBy("id").limit(batchSize).execute();
    if (batch.length === 0) return;
    for (const replication of batch) {
      if (!replicators.has(ctx.blobs)) return;
      try {
        await replicate(ctx, replication);
      } catch (error) {
        // The others must not wait for it.
        ctx.log.error({ err: error, version: replication.version_id }, "an S3 version could not be replicated");
        await giveUp(ctx, replication);
      }
    }
  }
}

/** Its source says so, where it can say anything. */
async function giveUp(ctx: ServiceContext, replication: Replication): Promise<void> {
  try {
    await end(ctx, replication, async () => "DstMultipartCompleteFailed");
  } catch (error) {
    ctx.log.error({ err: error, version: replication.version_id }, "the row of an S3 object cannot be read");
    await ctx.db.deleteFrom("s3_replications").where("id", "=", replication.id).execute();
  }
}

async function replicate(ctx: ServiceContext, replication: Replication): Promise<void> {
  const done = await end(ctx, replication, async (trx, object, source) => {
    const plan = JSON.parse(replication.plan) as ReplicationPlan;
    return writeReplica(ctx, trx, { source, object, plan });
  });
  if (done === undefined) return;
  const { bucket, event } = typeof done.outcome === "string" ? failure(replication, done) : done.outcome;
  if (event !== undefined) await notify(ctx, bucket, () => serviceCause(ctx), [event]);
}

/** What became of a replication. */
interface Ended {
  readonly source: Bucket;
  readonly object: ObjectRow;
  readonly outcome: Replica | FailureReason;
}

/** Of a rule that measures its replications S3 tells which have failed. */
function failure({ plan }: Replication, { source, object, outcome }: Ended): Replica {
  const { ID = "", Destination } = JSON.parse(plan) as ReplicationPlan;
  const measured = Destination.Metrics?.Status === "Enabled" || Destination.ReplicationTime?.Status === "Enabled";
  if (!measured) return { bucket: source, event: undefined };
  const event: ObjectEvent = {
    ...versionEvent("Replication:OperationFailedReplication", source, object),
    replication: {
      ...{ replicationRuleId: ID, destinationBucket: Destination.Bucket ?? "", failureReason: String(outcome) },
      s3Operation: object.is_delete_marker === 0 ? "OBJECT_PUT" : "OBJECT_DELETE",
    },
  };
  return { bucket: source, event };
}

/** In one transaction: the copy, what its source says of it, and that it need not be made any more. */
function end(
  ctx: ServiceContext,
  replication: Replication,
  work: (trx: Transaction<Database>, object: ObjectRow, source: Bucket) => Promise<Ended["outcome"]>,
): Promise<Ended | undefined> {
  const { id, bucket_id, key, version_id } = replication;
  return ctx.db.transaction().execute(async (trx) => {
    await trx.deleteFrom("s3_replications").where("id", "=", id).execute();
    const source = await trx.selectFrom("buckets").selectAll().where("id", "=", bucket_id).executeTakeFirst();
    const object = await trx
      .selectFrom("s3_objects")
      .selectAll()
      .where("bucket_id", "=", bucket_id)
      .where("key", "=", key)
      .where("version_id", "=", version_id)
      .where("version_id", "<>", sql.lit(nullVersion))
      .executeTakeFirst();
    // Deleted meanwhile, it goes nowhere.
    if (source === undefined || object === undefined) return undefined;
    const outcome = await work(trx, object, source);
    await setStatus(trx, object, typeof outcome !== "string");
    return { source, object, outcome };
  });
}

/** It is COMPLETED when it is in all of its destinations, and FAILED when it is not in one of them. */
async function setStatus(trx: Transaction<Database>, object: ObjectRow, succeeded: boolean): Promise<void> {
  if (object.is_delete_marker !== 0) return;
  const metadata = metadataOf(object);
  // A replica stays one, whatever goes back to its source.
  if (metadata.ReplicationStatus === "FAILED" || metadata.ReplicationStatus === "REPLICA") return;
  const left = await trx
    .selectFrom("s3_replications")
    .select("id")
    .where("bucket_id", "=", object.bucket_id)
    .where("key", "=", object.key)
    .where("version_id", "=", object.version_id)
    .executeTakeFirst();
  if (succeeded && left !== undefined) return;
  const attributes = JSON.stringify({ ...metadata, ReplicationStatus: succeeded ? "COMPLETED" : "FAILED" });
  await trx.updateTable("s3_objects").set({ attributes }).where("id", "=", object.id).execute();
}
