import type { Kysely, Transaction } from "kysely";
import type { Database } from "../../db/database.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import { checkWriteConditions, type WriteConditions } from "./conditions.ts";
import type { EventName } from "./event-messages.ts";
import { createdEvent, keepEventsOfRequest } from "./event-notifications.ts";
import { findVersion, type NewVersion, type ObjectRow } from "./object-rows.ts";
import { commit, discard } from "./transactions.ts";
import { insertVersion, type VersionOutput } from "./version-writes.ts";

interface WriteInput extends WriteConditions {
  readonly Bucket: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

/** Whether the object that a write would replace allows it. */
export async function checkWrite(db: Kysely<Database>, bucket: Bucket, input: WriteConditions): Promise<void> {
  if (input.IfMatch === undefined && input.IfNoneMatch === undefined) return;
  checkWriteConditions(input, await findVersion(db, bucket, { Key: input.Key }));
}

/** Makes a version the current one, and keeps what is to be told of it. */
async function insertAndTell(
  ctx: Context,
  trx: Transaction<Database>,
  bucket: Bucket,
  { object, event }: { object: NewVersion; event: EventName },
) {
  const { result, unreferenced } = await insertVersion(ctx, trx, bucket, object);
  const committed = await keepEventsOfRequest(ctx, trx, bucket, [createdEvent(event, object, result)]);
  return { result, unreferenced, committed };
}

/**
 * Makes a version, whose bytes are its own, the current one. Its conditions are checked in the same transaction: of two
 * conditional writers one wins. What was stored for a write that fails is dropped.
 */
export async function writeObject(
  ctx: Context,
  input: WriteInput,
  object: NewVersion,
  event: EventName,
): Promise<VersionOutput> {
  try {
    return await commit(ctx, async (trx) => {
      const bucket = await requireBucket(ctx, input, trx);
      await checkWrite(trx, bucket, input);
      return insertAndTell(ctx, trx, bucket, { object, event });
    });
  } catch (error) {
    if (object.content_kind === "blob" && typeof object.content_id === "string") discard(ctx, [object.content_id]);
    throw error;
  }
}

/**
 * The same for a version that shares the bytes of another. Undefined, and nothing is written, when that one is gone: its bytes
 * may be on their way out, and a new row would not stop that.
 */
export async function writeSharedObject(
  ctx: Context,
  input: WriteInput,
  object: NewVersion,
  source: ObjectRow,
): Promise<VersionOutput | undefined> {
  return commit(ctx, async (trx) => {
    const bucket = await requireBucket(ctx, input, trx);
    await checkWrite(trx, bucket, input);
    const kept = await trx.selectFrom("s3_objects").select("id").where("id", "=", source.id).executeTakeFirst();
    if (kept === undefined) return { result: undefined, unreferenced: [] };
    return insertAndTell(ctx, trx, bucket, { object, event: "ObjectCreated:Copy" });
  });
}
