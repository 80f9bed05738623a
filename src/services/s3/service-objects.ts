import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { createChecksum } from "../../aws/checksum.ts";
import type { ServiceContext } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import { defaultChecksum } from "./checksum-claims.ts";
import { createdEvent, keepEvents, serviceCause } from "./event-notifications.ts";
import { type Encryption, newEncryption } from "./object-encryption.ts";
import type { NewVersion } from "./object-rows.ts";
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
}

/** An object that S3 itself puts into a bucket; it belongs to the bucket's owner. Nothing happens where the bucket is gone. */
export async function writeServiceObject(
  ctx: ServiceContext,
  { id }: Bucket,
  { key, body, contentType, acl, encryption: requested = {} }: ServiceObject,
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
      tags: null,
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
