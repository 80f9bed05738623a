import type * as S3 from "@aws-sdk/client-s3";
import type { Kysely } from "kysely";
import type { Database } from "../../db/database.ts";
import type { Context } from "../service-context.ts";
import { type AclInput, isGranted, isPublicGrant, permissionFor, requestedGrants } from "./access-control-lists.ts";
import { actionOf } from "./actions.ts";
import type { Bucket } from "./bucket-access.ts";
import { accessControlListNotSupported, accessDenied } from "./errors.ts";
import type { ObjectRow } from "./object-rows.ts";
import { fullControl, owner } from "./owner.ts";
import { objectOwnership, publicAccessBlock } from "./ownership-rules.ts";

/** Whose a version is and what its list grants, as it is stored: both null for one of the bucket's owner that is private. */
export type Ownership = Pick<ObjectRow, "owner" | "acl">;

const ofBucketOwner: Ownership = { owner: null, acl: null };

/**
 * Whose an object that is being written is, and its list. https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
 * @throws AccessControlListNotSupported where ACLs are disabled, AccessDenied where the public may get nothing
 */
export async function newOwnership(
  ctx: Context,
  bucket: Bucket,
  input: AclInput & { readonly Key?: string | undefined },
): Promise<Ownership> {
  const { accountId } = ctx.principal;
  const bucketOwnerId = owner(bucket.account_id).ID;
  const grants = requestedGrants(input, { kind: "object", ownerId: owner(accountId).ID, bucketOwnerId });
  const isBucketOwner = accountId === bucket.account_id;
  if (isBucketOwner && grants === undefined) return ofBucketOwner;
  const ownership = await objectOwnership(ctx.db, bucket);
  if (ownership === "BucketOwnerEnforced") {
    const isOwnRead = isBucketOwner && input.ACL === "bucket-owner-read";
    if (!isOwnRead && !grantsNothing(input, grants ?? [], bucketOwnerId)) throw accessControlListNotSupported();
    return ofBucketOwner;
  }
  await refusePublicGrants(ctx, bucket, input, grants ?? []);
  // The bucket's owner takes over what is handed to it so.
  if (ownership === "BucketOwnerPreferred" && input.ACL === "bucket-owner-full-control") return ofBucketOwner;
  return { owner: isBucketOwner ? null : accountId, acl: storedGrants(grants, accountId) };
}

/** What is taken where ACLs are disabled: it says what is so anyway. */
function grantsNothing({ ACL }: AclInput, grants: readonly S3.Grant[], bucketOwnerId: string): boolean {
  if (ACL !== undefined) return ACL === "bucket-owner-full-control" || ACL === "private";
  return grants.every(({ Grantee, Permission }) => Grantee?.ID === bucketOwnerId && Permission === "FULL_CONTROL");
}

/** @throws AccessDenied for grants to the public under BlockPublicAcls */
export async function refusePublicGrants(
  ctx: Context,
  bucket: Bucket,
  { Key }: { readonly Key?: string | undefined },
  grants: readonly S3.Grant[],
): Promise<void> {
  if (!grants.some(isPublicGrant) || !(await publicAccessBlock(ctx.db, bucket)).BlockPublicAcls) return;
  const resource = Key === undefined ? bucket.name : `${bucket.name}/${Key}`;
  throw accessDenied(
    `User: ${ctx.principal.arn} is not authorized to perform: ${actionOf(ctx.operation, undefined)} on resource: "arn:aws:s3:::${resource}" because public access control lists (ACLs) are blocked by the BlockPublicAcls block public access setting.`,
  );
}

/** Null for the list that every object has without one. */
export function storedGrants(grants: readonly S3.Grant[] | undefined, ownerAccount: string): string | null {
  const text = grants && JSON.stringify(grants);
  return text === undefined || text === JSON.stringify(fullControl(ownerAccount).Grants) ? null : text;
}

/** The list of a version: its own, or full control for its owner. */
export function grantsOf(bucket: Bucket, row: Ownership): S3.Grant[] {
  return row.acl === null ? fullControl(row.owner ?? bucket.account_id).Grants : (JSON.parse(row.acl) as S3.Grant[]);
}

/** Whether a version's list, or being its owner, lets the caller do what takes a permission. */
export async function isGrantedByObject(
  ctx: Context,
  db: Kysely<Database>,
  { bucket, row, permission }: { bucket: Bucket; row: Ownership; permission: S3.Permission },
): Promise<boolean> {
  const { accountId, type } = ctx.principal;
  const isOwner = type !== "anonymous" && accountId === (row.owner ?? bucket.account_id);
  if (isOwner && (permission === "READ_ACP" || permission === "WRITE_ACP")) return true;
  const grants = grantsOf(bucket, row);
  const { IgnorePublicAcls } = await publicAccessBlock(db, bucket);
  const valid = IgnorePublicAcls ? grants.filter((grant) => !isPublicGrant(grant)) : grants;
  return isGranted(valid, permission, type === "anonymous" ? undefined : owner(accountId).ID);
}

/**
 * A version that is not the bucket owner's is read by whom its own list names: the bucket's policy does not open it, and being
 * the bucket's owner does not either. Costs nothing for the others.
 */
export async function requireObjectAccess(
  ctx: Context,
  bucket: Bucket,
  row: ObjectRow,
  operation = ctx.operation,
): Promise<void> {
  if (row.owner === null) return;
  const needed = permissionFor(actionOf(operation === "GetObjectAttributes" ? "GetObject" : operation, undefined));
  if (needed?.of !== "object" || (await objectOwnership(ctx.db, bucket)) === "BucketOwnerEnforced") return;
  const { permission } = needed;
  if (!(await isGrantedByObject(ctx, ctx.db, { bucket, row, permission }))) throw accessDenied();
}

/** Who the owner of each of some versions is; everything is the bucket owner's where ACLs are disabled. */
export async function ownersOf(
  ctx: Context,
  bucket: Bucket,
  rows: readonly Pick<ObjectRow, "owner">[],
): Promise<(row: Pick<ObjectRow, "owner">) => S3.Owner> {
  const foreign = rows.some((row) => row.owner !== null);
  const enforced = foreign && (await objectOwnership(ctx.db, bucket)) === "BucketOwnerEnforced";
  const ofBucket = owner(bucket.account_id);
  return (row) => (row.owner === null || enforced ? ofBucket : owner(row.owner));
}
