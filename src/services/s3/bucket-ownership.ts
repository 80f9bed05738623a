import * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { type Bucket, requireBucket } from "./bucket-access.ts";
import {
  invalidBucketAclWithObjectOwnership,
  invalidRequest,
  malformedXml,
  missingRequestBody,
  noSuchPublicAccessBlockConfiguration,
  ownershipControlsNotFound,
} from "./errors.ts";
import { owner } from "./owner.ts";
import { allBlocked, objectOwnership } from "./ownership-rules.ts";
import { findConfiguration, storeConfiguration } from "./stored-configurations.ts";

/** Who owns what is put into a bucket, and what may be open to the public. Since April 2023 a new bucket is closed. */
export const bucketOwnership = {
  async PutPublicAccessBlock(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    if (input.PublicAccessBlockConfiguration === undefined) throw missingRequestBody();
    const { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets } =
      input.PublicAccessBlockConfiguration;
    const settings = [BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets];
    // As S3's recorded answers have it (decision 0150).
    if (settings.every((setting) => setting === undefined)) {
      throw invalidRequest("Must specify at least one configuration.");
    }
    await storeConfiguration(ctx.db, bucket, "PublicAccessBlock", {
      BlockPublicAcls: BlockPublicAcls === true,
      IgnorePublicAcls: IgnorePublicAcls === true,
      BlockPublicPolicy: BlockPublicPolicy === true,
      RestrictPublicBuckets: RestrictPublicBuckets === true,
    });
    return {};
  },

  async GetPublicAccessBlock(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const stored = await findConfiguration(ctx.db, bucket, "PublicAccessBlock");
    if (stored === null) throw noSuchPublicAccessBlockConfiguration(bucket.name);
    return { PublicAccessBlockConfiguration: stored ?? allBlocked };
  },

  async DeletePublicAccessBlock(ctx, input) {
    await storeConfiguration(ctx.db, await requireBucket(ctx, input), "PublicAccessBlock", null);
    return {};
  },

  async PutBucketOwnershipControls(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    if (input.OwnershipControls === undefined) throw missingRequestBody();
    const [rule, ...others] = input.OwnershipControls.Rules ?? [];
    const ownership = rule?.ObjectOwnership;
    if (others.length > 0 || ownership === undefined || !Object.hasOwn(S3.ObjectOwnership, ownership)) {
      throw malformedXml();
    }
    if (ownership === "BucketOwnerEnforced") await requireOwnerGrant(ctx, bucket);
    await storeConfiguration(ctx.db, bucket, "OwnershipControls", ownership);
    return {};
  },

  async GetBucketOwnershipControls(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const stored = await findConfiguration(ctx.db, bucket, "OwnershipControls");
    if (stored === null) throw ownershipControlsNotFound(bucket.name);
    return { OwnershipControls: { Rules: [{ ObjectOwnership: stored ?? "BucketOwnerEnforced" }] } };
  },

  async DeleteBucketOwnershipControls(ctx, input) {
    await storeConfiguration(ctx.db, await requireBucket(ctx, input), "OwnershipControls", null);
    return {};
  },
} satisfies Operations<typeof S3, Context>;

/** ACLs can be disabled where they grant everything to the owner, and nothing to anybody else. */
async function requireOwnerGrant(ctx: Context, bucket: Bucket): Promise<void> {
  if ((await objectOwnership(ctx.db, bucket)) === "BucketOwnerEnforced") return;
  const grants = (await findConfiguration(ctx.db, bucket, "ACL")) ?? undefined;
  if (grants === undefined) return;
  const { ID } = owner(bucket.account_id);
  const isOwners = grants.every(({ Grantee }) => Grantee?.ID === ID);
  if (!isOwners || grants.every(({ Permission }) => Permission !== "FULL_CONTROL"))
    throw invalidBucketAclWithObjectOwnership();
}
