import type * as S3 from "@aws-sdk/client-s3";
import { sql, type Transaction } from "kysely";
import { evaluate } from "../../auth/policy/evaluate.ts";
import type { Database } from "../../db/database.ts";
import type { ServiceContext } from "../service-context.ts";
import { type Bucket, parsedPolicy } from "./bucket-access.ts";
import type { ObjectEvent } from "./event-messages.ts";
import { createdEvent } from "./event-notifications.ts";
import { newEncryption } from "./object-encryption.ts";
import { lockConfiguration, type ObjectLock, withDefaultRetention } from "./object-lock.ts";
import type { ObjectMetadata } from "./object-metadata.ts";
import { nullVersion, type ObjectRow } from "./object-rows.ts";
import type { ReplicationPlan } from "./replication-plan.ts";
import { destinationName } from "./replication-rules.ts";
import { metadataOf } from "./restorations.ts";
import { findConfiguration } from "./stored-configurations.ts";
import { placeDeleteMarker, placeVersion } from "./version-writes.ts";

/** A version that has been copied, and what to tell of it. */
export interface Replica {
  readonly bucket: Bucket;
  /** None where nothing was made. */
  readonly event: ObjectEvent | undefined;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-failure-codes.html */
export type FailureReason =
  | "DstBucketNotFound"
  | "DstBucketUnversioned"
  | "DstDelObjNotPermitted"
  | "DstPutObjectNotPermitted"
  | "DstMultipartCompleteFailed";

interface Work {
  readonly source: Bucket;
  readonly object: ObjectRow;
  readonly plan: ReplicationPlan;
}

/**
 * Makes a version the current one of its key in its destination, under the same id: it shares the bytes. Where the destination
 * does not take it, returns why, as S3 calls it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnt-replicated.html
 */
export async function writeReplica(
  ctx: ServiceContext,
  trx: Transaction<Database>,
  work: Work,
): Promise<Replica | FailureReason> {
  const { object, plan } = work;
  const name = destinationName(plan.Destination);
  const bucket = await trx.selectFrom("buckets").selectAll().where("name", "=", name).executeTakeFirst();
  if (bucket === undefined) return "DstBucketNotFound";
  if (bucket.versioning !== "Enabled") return "DstBucketUnversioned";
  if (!(await isAllowed(trx, bucket, work))) {
    return object.is_delete_marker === 0 ? "DstPutObjectNotPermitted" : "DstDelObjNotPermitted";
  }
  const { key, version_id: versionId } = object;
  const isThere = await trx
    .selectFrom("s3_objects")
    .select(["id", "attributes"])
    .where("bucket_id", "=", bucket.id)
    .where("key", "=", key)
    .where("version_id", "=", versionId)
    .where("version_id", "<>", sql.lit(nullVersion))
    .executeTakeFirst();
  if (object.is_delete_marker !== 0) {
    if (isThere === undefined) await placeDeleteMarker(ctx, trx, bucket, { key, versionId });
    const event = { name: "ObjectRemoved:DeleteMarkerCreated", key: key.toString(), versionId } as const;
    return { bucket, event };
  }
  if (isThere !== undefined) {
    const lock = lockMembers(metadataOf(object));
    // What a hold was goes with it.
    const { ObjectLockEventHoldDurationDays: _d, ObjectLockEventHoldDurationYears: _y, ...kept } = metadataOf(isThere);
    const attributes = JSON.stringify({ ...kept, ...lock });
    const changed = { tags: object.tags, attributes, ...ownership(bucket, work) };
    await trx.updateTable("s3_objects").set(changed).where("id", "=", isThere.id).execute();
  }
  // A replica that was deleted is not made again.
  if (isThere !== undefined || plan.IsChange === true) return { bucket, event: undefined };
  const {
    id: _id,
    bucket_id: _bucket,
    version_id: _version,
    is_latest: _latest,
    is_delete_marker: _marker,
    ...copied
  } = object;
  const version = {
    ...copied,
    storage_class: plan.Destination.StorageClass ?? object.storage_class,
    attributes: JSON.stringify(await replicaMetadata(ctx, trx, bucket, work)),
    ...ownership(bucket, work),
  };
  await placeVersion(ctx, trx, bucket, { version, versionId });
  return { bucket, event: createdEvent("ObjectCreated:Put", version, { VersionId: versionId }) };
}

/** The role of the configuration needs leave of the bucket's policy in another account, and none may deny it in its own. */
async function isAllowed(trx: Transaction<Database>, bucket: Bucket, { source, object, plan }: Work): Promise<boolean> {
  const isOwn = bucket.account_id === source.account_id;
  const policy = await findConfiguration(trx, bucket, "Policy");
  if (policy === undefined) return isOwn;
  const role = plan.Role.slice(plan.Role.lastIndexOf("/") + 1);
  const decision = evaluate(parsedPolicy(JSON.stringify(policy)), {
    principal: {
      type: "assumed-role",
      accountId: source.account_id,
      arn: `arn:aws:sts::${source.account_id}:assumed-role/${role}/s3-replication`,
      userId: "",
      accessKeyId: "",
    },
    action: object.is_delete_marker === 0 ? "s3:ReplicateObject" : "s3:ReplicateDelete",
    resource: `arn:aws:s3:::${bucket.name}/${object.key.toString()}`,
    keys: () => undefined,
  });
  return decision === "allow" || (isOwn && decision === "none");
}

async function replicaMetadata(
  ctx: ServiceContext,
  trx: Transaction<Database>,
  bucket: Bucket,
  { source, object, plan }: Work,
): Promise<ObjectMetadata> {
  const { Restoration: _restoration, ...all } = metadataOf(object);
  const lock = lockMembers(all);
  // Only a bucket with Object Lock has any use for the lock.
  const metadata: ObjectMetadata = Object.fromEntries(Object.entries(all).filter(([name]) => !lockNames.has(name)));
  const isLockable = (await lockConfiguration(trx, bucket)) !== undefined;
  const isOwnKey = metadata.SSECustomerKeyMD5 !== undefined;
  const KeyId = plan.Destination.EncryptionConfiguration?.ReplicaKmsKeyID;
  return {
    ...metadata,
    // Under keys of S3 it is encrypted as the destination would have it.
    ...(metadata.ServerSideEncryption === undefined && !isOwnKey
      ? await newEncryption({ db: trx, accountId: source.account_id }, bucket, {})
      : {}),
    ...(metadata.ServerSideEncryption !== undefined && KeyId !== undefined && { SSEKMSKeyId: KeyId }),
    ...(isLockable && (await withDefaultRetention(ctx, trx, bucket, lock))),
    ReplicationStatus: "REPLICA" satisfies S3.ReplicationStatus,
  };
}

const lockNames: ReadonlySet<string> = new Set([
  "ObjectLockMode",
  "ObjectLockRetainUntilDate",
  "ObjectLockLegalHoldStatus",
  "ObjectLockEventHold",
  "ObjectLockEventHoldDurationDays",
  "ObjectLockEventHoldDurationYears",
] satisfies (keyof ObjectLock)[]);

/** Of all that a version carries. */
function lockMembers(metadata: ObjectMetadata): ObjectLock {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => lockNames.has(name)));
}

/** A replica is its source's owner's, unless it is handed over. */
function ownership(bucket: Bucket, { source, object, plan }: Work): Pick<ObjectRow, "owner" | "acl"> {
  if (bucket.account_id === source.account_id) return { owner: object.owner, acl: object.acl };
  if (plan.Destination.AccessControlTranslation?.Owner === "Destination") return { owner: null, acl: null };
  const account = object.owner ?? source.account_id;
  return { owner: account === bucket.account_id ? null : account, acl: object.acl };
}
