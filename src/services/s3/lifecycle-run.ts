import type * as S3 from "@aws-sdk/client-s3";
import type { Kysely, Transaction } from "kysely";
import { AwsError } from "../../aws/aws-error.ts";
import type { Database } from "../../db/database.ts";
import type { ServiceContext } from "../service-context.ts";
import { logOwnDoing } from "./access-log.ts";
import type { Bucket } from "./bucket-access.ts";
import type { ObjectEvent } from "./event-messages.ts";
import { notify, serviceCause, versionEvent } from "./event-notifications.ts";
import { knownConfiguration } from "./known-configurations.ts";
import { abortionOfUpload } from "./lifecycle-configurations.ts";
import {
  expirationOf,
  isColder,
  isMarkerExpired,
  isNoncurrentExpired,
  matchingRules,
  movingRules,
  noncurrentTransitionOf,
  transitionOf,
} from "./lifecycle-evaluation.ts";
import { checkDeletable } from "./object-lock.ts";
import { type Content, deleteParts, isReadable, type ObjectRow, unreferencedBlobs } from "./object-rows.ts";
import { tagsOf } from "./tag-sets.ts";
import { commit } from "./transactions.ts";
import { insertDeleteMarker, removeVersion } from "./version-writes.ts";

type Lifecycle = S3.GetBucketLifecycleConfigurationOutput;

/** Keys, or uploads, of one transaction: other requests wait no longer than for these. */
const batchSize = 100;

/** Does everything that the rules of all buckets have due, or what it comes to until `isEnded`. */
export async function runLifecycles(ctx: ServiceContext, isEnded: () => boolean): Promise<void> {
  const buckets = await ctx.db
    .selectFrom("buckets")
    .innerJoin("s3_bucket_configurations as lifecycles", "lifecycles.bucket_id", "buckets.id")
    .where("lifecycles.name", "=", "Lifecycle")
    .selectAll("buckets")
    .execute();
  for (const bucket of buckets) {
    if (isEnded()) return;
    try {
      const lifecycle = await knownConfiguration(ctx, bucket, "Lifecycle");
      if (lifecycle !== undefined) await runLifecycle(ctx, bucket, lifecycle, isEnded);
    } catch (error) {
      // The other buckets' rules must not wait for it.
      ctx.log.error(
        { err: error, bucket: bucket.name },
        "the lifecycle rules of an S3 bucket could not be carried out",
      );
    }
  }
}

async function runLifecycle(
  ctx: ServiceContext,
  bucket: Bucket,
  lifecycle: Lifecycle,
  isEnded: () => boolean,
): Promise<void> {
  await abortUploads(ctx, bucket, lifecycle);
  let after: Buffer | undefined = Buffer.alloc(0);
  while (after !== undefined && !isEnded()) after = await runBatch(ctx, bucket, lifecycle, after);
}

async function abortUploads(ctx: ServiceContext, bucket: Bucket, lifecycle: Lifecycle): Promise<void> {
  const now = ctx.now().getTime();
  const uploads = await ctx.db.selectFrom("s3_uploads").selectAll().where("bucket_id", "=", bucket.id).execute();
  for (const upload of uploads) {
    const due = abortionOfUpload(lifecycle, upload, ctx.config.lifecycleDay);
    if (due === undefined || due.time > now) continue;
    const aborted = await commit(ctx, async (trx) => {
      const gone = await trx.deleteFrom("s3_uploads").where("id", "=", upload.id).returning("id").execute();
      // It may have been completed meanwhile: then its parts are the object's.
      const isGone = gone.length > 0;
      return { result: isGone, unreferenced: isGone ? await deleteParts(trx, [upload.id]) : [] };
    });
    if (!aborted) continue;
    const key = upload.key.toString();
    logOwnDoing(ctx, bucket, { operation: "S3.DELETE.UPLOAD", key, versionId: undefined, objectSize: undefined });
  }
}

/** Returns the last key of the batch; undefined after the bucket's last. */
async function runBatch(
  ctx: ServiceContext,
  bucket: Bucket,
  lifecycle: Lifecycle,
  after: Buffer,
): Promise<Buffer | undefined> {
  const events: ObjectEvent[] = [];
  const end = await commit(ctx, async (trx) => {
    const keys = await nextKeys(trx, bucket, after);
    const last = keys.at(-1);
    if (last === undefined) return { result: undefined, unreferenced: [] };
    const current = await trx.selectFrom("buckets").selectAll().where("id", "=", bucket.id).executeTakeFirst();
    if (current === undefined) return { result: undefined, unreferenced: [] };
    const rows = await trx
      .selectFrom("s3_objects")
      .selectAll()
      .where("bucket_id", "=", bucket.id)
      .where("key", "in", keys)
      .orderBy("key")
      .orderBy("id", "desc")
      .execute();
    const contents: Content[] = [];
    for (const versions of byKey(rows)) {
      if (!versions.every(isReadable)) {
        const key = versions[0]?.key.toString();
        ctx.log.error(
          { bucket: bucket.name, key },
          "the row of an S3 object cannot be read: no rule is carried out for it",
        );
        continue;
      }
      contents.push(...(await runKey({ ctx, trx, bucket: current, lifecycle, events }, versions)));
    }
    return { result: last, unreferenced: await unreferencedBlobs(trx, contents) };
  });
  for (const { name, key, versionId, size, storageClass } of events) {
    const operation = ownOperations[name] ?? `S3.TRANSITION${transitionSuffixes[storageClass ?? ""] ?? ""}.OBJECT`;
    logOwnDoing(ctx, bucket, { operation, key, versionId, objectSize: size });
  }
  await notify(ctx, bucket, () => serviceCause(ctx), events);
  return end;
}

/** As access logs have them. https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-and-other-bucket-config.html */
const ownOperations: Readonly<Record<string, string>> = {
  "LifecycleExpiration:Delete": "S3.EXPIRE.OBJECT",
  "LifecycleExpiration:DeleteMarkerCreated": "S3.CREATE.DELETEMARKER",
};
const transitionSuffixes: Readonly<Record<string, string>> = {
  STANDARD_IA: "_SIA",
  ONEZONE_IA: "_ZIA",
  INTELLIGENT_TIERING: "_INT",
  GLACIER_IR: "_GIR",
  DEEP_ARCHIVE: "_GDA",
};

async function nextKeys(db: Kysely<Database>, bucket: Bucket, after: Buffer): Promise<Buffer[]> {
  const rows = await db
    .selectFrom("s3_objects")
    .select("key")
    .distinct()
    .where("bucket_id", "=", bucket.id)
    .where("key", ">", after)
    .orderBy("key")
    .limit(batchSize)
    .execute();
  return rows.map((row) => row.key);
}

function byKey(rows: readonly ObjectRow[]): ObjectRow[][] {
  const groups: ObjectRow[][] = [];
  for (const row of rows) {
    const group = groups.at(-1);
    if (group?.[0]?.key.equals(row.key)) group.push(row);
    else groups.push([row]);
  }
  return groups;
}

interface Run {
  readonly ctx: ServiceContext;
  readonly trx: Transaction<Database>;
  readonly bucket: Bucket;
  readonly lifecycle: Lifecycle;
  /** What there will be to tell. */
  readonly events: ObjectEvent[];
}

/** The versions of one key, the newest first. Returns what was removed versions' content. */
async function runKey(run: Run, versions: readonly ObjectRow[]): Promise<Content[]> {
  const [current, ...older] = versions;
  if (current === undefined) return [];
  const contents: Content[] = [];
  let remaining = older.length;
  let next = current;
  for (const [newer, version] of older.entries()) {
    const rules = rulesFor(run, version);
    const age = { since: next.last_modified, newer, ...timeOf(run) };
    next = version;
    if (isNoncurrentExpired(rules, age) && isDeletable(run, version)) {
      contents.push(await expire(run, version));
      remaining--;
    } else if (version.is_delete_marker === 0) {
      await move(run, version, noncurrentTransitionOf(moving(run, rules, version), age));
    }
  }
  return [...contents, ...(await runCurrent(run, current, remaining))];
}

async function runCurrent(run: Run, current: ObjectRow, older: number): Promise<Content[]> {
  const { ctx, trx, bucket } = run;
  const rules = rulesFor(run, current);
  const { now, day } = timeOf(run);
  const age = { lastModified: current.last_modified, now, day };
  if (current.is_delete_marker === 1) {
    return older === 0 && isMarkerExpired(rules, age) ? [await expire(run, current)] : [];
  }
  const due = expirationOf(rules, current.last_modified, day);
  if (due === undefined || due.time > now) {
    await move(run, current, transitionOf(moving(run, rules, current), age));
    return [];
  }
  if (bucket.versioning === null) return [await expire(run, current)];
  // Suspended, the marker takes the place of a null version, which a lock may keep.
  if (bucket.versioning !== "Enabled" && !isDeletable(run, current)) return [];
  const { versionId, replaced } = await insertDeleteMarker(ctx, trx, bucket, current.key);
  run.events.push({ name: "LifecycleExpiration:DeleteMarkerCreated", key: current.key.toString(), versionId });
  return replaced;
}

async function expire({ trx, bucket, events }: Run, row: ObjectRow): Promise<Content> {
  events.push(versionEvent("LifecycleExpiration:Delete", bucket, row));
  return removeVersion(trx, bucket, row);
}

function rulesFor({ lifecycle }: Run, row: ObjectRow): S3.LifecycleRule[] {
  const size = row.is_delete_marker === 1 ? undefined : row.size;
  return matchingRules(lifecycle.Rules ?? [], { key: row.key.toString(), size, tags: tagsOf(row.tags) });
}

function moving({ lifecycle }: Run, rules: readonly S3.LifecycleRule[], row: ObjectRow): S3.LifecycleRule[] {
  return movingRules(rules, row.size, lifecycle.TransitionDefaultMinimumObjectSize);
}

function timeOf({ ctx }: Run): { now: number; day: number } {
  return { now: ctx.now().getTime(), day: ctx.config.lifecycleDay };
}

function isDeletable({ ctx }: Run, row: ObjectRow): boolean {
  try {
    checkDeletable(ctx, row.attributes, false);
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

async function move({ trx, bucket, events }: Run, row: ObjectRow, target: string | undefined): Promise<void> {
  if (target === undefined || !isColder(target, row.storage_class)) return;
  await trx.updateTable("s3_objects").set({ storage_class: target }).where("id", "=", row.id).execute();
  events.push({ ...versionEvent("LifecycleTransition", bucket, row), storageClass: target });
}
