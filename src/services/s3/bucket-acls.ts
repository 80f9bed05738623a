import type * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requestedGrants } from "./access-control-lists.ts";
import { requireBucket } from "./bucket-access.ts";
import { accessControlListNotSupported, missingSecurityHeader } from "./errors.ts";
import { refusePublicGrants } from "./object-access.ts";
import { fullControl, owner } from "./owner.ts";
import { objectOwnership } from "./ownership-rules.ts";
import { findConfiguration, storeConfiguration } from "./stored-configurations.ts";

export const bucketAcls = {
  async PutBucketAcl(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    if ((await objectOwnership(ctx.db, bucket)) === "BucketOwnerEnforced") throw accessControlListNotSupported();
    const { ID } = owner(bucket.account_id);
    const grants = requestedGrants(input, { kind: "bucket", ownerId: ID, bucketOwnerId: ID });
    if (grants === undefined) throw missingSecurityHeader("x-amz-acl");
    await refusePublicGrants(ctx, bucket, {}, grants);
    await storeConfiguration(ctx.db, bucket, "ACL", grants);
    return {};
  },

  async GetBucketAcl(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const { Owner, Grants } = fullControl(bucket.account_id);
    // A list that was put before ACLs were disabled is kept, and counts for nothing.
    if ((await objectOwnership(ctx.db, bucket)) === "BucketOwnerEnforced") return { Owner, Grants };
    return { Owner, Grants: (await findConfiguration(ctx.db, bucket, "ACL")) ?? Grants };
  },
} satisfies Operations<typeof S3, Context>;
