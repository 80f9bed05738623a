import type { Selectable, Transaction } from "kysely";
import type { Database } from "../../db/database.ts";
import type { S3ReplicationsTable } from "../../db/s3-tables.ts";
import type { ServiceContext } from "../service-context.ts";
import { notify, serviceCause } from "./event-notifications.ts";
import type { ObjectRow } from "./object-rows.ts";
import { type Replica, writeReplica } from "./replicas.ts";
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
        await end(ctx, replication, async () => undefined);
      }
    }
  }
}

async function replicate(ctx: ServiceContext, replication: Replication): Promise<void> {
  const written = await end(ctx, replication, async (trx, object) => {
    const { bucket_id } = replication;
    const source = await trx.selectFrom("buckets").selectAll().where("id", "=", bucket_id).executeTakeFirst();
    const plan = JSON.parse(replication.plan) as ReplicationPlan;
    return source && writeReplica(ctx, trx, { source, object, plan });
  });
  if (written?.event !== undefined) await notify(ctx, written.bucket, () => serviceCause(ctx), [written.event]);
}

/** In one transaction: the copy, what its source says of it, and that it need not be made any more. */
function end(
  ctx: ServiceContext,
  replication: Replication,
  work: (trx: Transaction<Database>, object: ObjectRow) => Promise<Replica | undefined>,
): Promise<Replica | undefined> {
  const { id, bucket_id, key, version_id } = replication;
  return ctx.db.transaction().execute(async (trx) => {
    await trx.deleteFrom("s3_replications").where("id", "=", id).execute();
    const object = await trx
      .selectFrom("s3_objects")
      .selectAll()
      .where("bucket_id", "=", bucket_id)
      .where("key", "=", key)
      .where("version_id", "=", version_id)
      .executeTakeFirst();
    // Deleted meanwhile, it goes nowhere.
    if (object === undefined) return undefined;
    const replica = await work(trx, object);
    await setStatus(trx, object, replica !== undefined);
    return replica;
  });
}

/** It is COMPLETED when it is in all of its destinations, and FAILED when it is not in one of them. */
async function setStatus(trx: Transaction<Database>, object: ObjectRow, succeeded: boolean): Promise<void> {
  if (object.is_delete_marker !== 0) return;
  const metadata = metadataOf(object);
  if (metadata.ReplicationStatus === "FAILED") return;
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
