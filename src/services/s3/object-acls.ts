import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requestedGrants } from "./access-control-lists.ts";
import { requireBucket } from "./bucket-access.ts";
import { accessControlListNotSupported, missingSecurityHeader } from "./errors.ts";
import { notifyOfRequest, versionEvent } from "./event-notifications.ts";
import { grantsOf, refusePublicGrants, storedGrants } from "./object-access.ts";
import { requireObject } from "./object-rows.ts";
import { fullControl, owner } from "./owner.ts";
import { objectOwnership } from "./ownership-rules.ts";
import { planChange } from "./replication-plan.ts";

export const objectAcls = {
  async PutObjectAcl(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const object = await requireObject(ctx, bucket, input);
    if ((await objectOwnership(ctx.db, bucket)) === "BucketOwnerEnforced") throw accessControlListNotSupported();
    const account = object.owner ?? bucket.account_id;
    const ids = { ownerId: owner(account).ID, bucketOwnerId: owner(bucket.account_id).ID };
    const grants = requestedGrants(input, { kind: "object", ...ids });
    if (grants === undefined) throw missingSecurityHeader("x-amz-acl");
    await refusePublicGrants(ctx, bucket, input, grants);
    const acl = storedGrants(grants, account);
    await ctx.db.transaction().execute(async (trx) => {
      await planChange(ctx, trx, bucket, object);
      await trx.updateTable("s3_objects").set({ acl }).where("id", "=", object.id).execute();
    });
    // What changes nothing is no event.
    if (acl !== object.acl) await notifyOfRequest(ctx, bucket, [versionEvent("ObjectAcl:Put", bucket, object)]);
    return {};
  },

  async GetObjectAcl(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const object = await requireObject(ctx, bucket, input);
    // Lists that were put before ACLs were disabled are kept, and count for nothing.
    if ((await objectOwnership(ctx.db, bucket)) === "BucketOwnerEnforced") return fullControl(bucket.account_id);
    return { Owner: owner(object.owner ?? bucket.account_id), Grants: grantsOf(bucket, object) };
  },
} satisfies Operations<typeof S3, Context>;
