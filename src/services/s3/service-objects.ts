import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { createChecksum } from "../../aws/checksum.ts";
import type { ServiceContext } from "../service-context.ts";
import type { ObjectTag } from "../service-objects.ts";
import type { Bucket } from "./bucket-access.ts";
import { defaultChecksum } from "./checksum-claims.ts";
import { createdEvent, keepEvents, serviceCause } from "./event-notifications.ts";
import { type Encryption, newEncryption } from "./object-encryption.ts";
import type { NewVersion } from "./object-rows.ts";
import { readRow } from "./small-contents.ts";
import { storedTags } from "./tag-sets.ts";
import { commit, discard } from "./transactions.ts";
import { insertVersion } from "./version-writes.ts";

interface ServiceObject {
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** As it is stored. */
  readonly acl: string | null;
  /** As headers would ask for it; without it, as the bucket has it. */
  readonly encryption?: Encryption;
  readonly tags?: readonly ObjectTag[];
}

/** An object that S3 itself puts into a bucket; it belongs to the bucket's owner. Nothing happens where the bucket is gone. */
export async function writeServiceObject(
  ctx: ServiceContext,
  { id }: Bucket,
  { key, body, contentType, acl, tags, encryption: requested = {} }: ServiceObject,
): Promise<void> {
  const checksum = createChecksum(defaultChecksum);
  checksum.update(body);
  const blob = await ctx.blobs.put(Readable.from([body]));
  await commit(ctx, async (trx) => {
    const bucket = await trx.selectFrom("buckets").selectAll().where("id", "=", id).executeTakeFirst();
    if (bucket === undefined) return { result: undefined, unreferenced: [blob.id] };
    const encryption = await newEncryption({ db: trx, accountId: bucket.account_id }, bucket, requested);
    const version: NewVersion = {
      key: Buffer.from(key),
      content_id: blob.id,
      content_kind: "blob",
      size: blob.size,
      etag: createHash("md5").update(body).digest("hex"),
      last_modified: ctx.now().setMilliseconds(0),
      storage_class: "STANDARD",
      checksum_algorithm: defaultChecksum,
      checksum_type: "FULL_OBJECT",
      checksum_value: checksum.digest(),
      parts_count: null,
      tags: storedTags(tags?.map(({ Key = "", Value = "" }) => ({ Key, Value }))),
      attributes: JSON.stringify({ ContentType: contentType, ...encryption }),
      owner: null,
      acl,
    };
    const { result, unreferenced } = await insertVersion(ctx, trx, bucket, version);
    const events = [createdEvent("ObjectCreated:Put", version, result)];
    const committed = await keepEvents(ctx, trx, { bucket, cause: () => serviceCause(ctx), events });
    return { result: undefined, unreferenced, committed };
  }).catch((error: unknown) => {
    discard(ctx, [blob.id]);
    throw error;
  });
}

/** The bytes of the newest version; undefined where there is none, and for what was uploaded in parts or with a key of the customer's. */
export async function readServiceObject(
  ctx: ServiceContext,
  bucket: Bucket,
  key: string,
): Promise<Uint8Array | undefined> {
  const object = await ctx.db
    .selectFrom("s3_objects")
    .select(["content_id", "content_kind"])
    .where("bucket_id", "=", bucket.id)
    .where("key", "=", Buffer.from(key))
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (object === undefined || object.content_id === null) return undefined;
  if (object.content_kind === "row") return readRow(ctx.db, object.content_id);
  return object.content_kind === "blob" ? ctx.blobs.read(object.content_id) : undefined;
}
