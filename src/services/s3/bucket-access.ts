import { type Kysely, type Selectable, sql } from "kysely";
import { type Decision, evaluate } from "../../auth/policy/evaluate.ts";
import { parseResourcePolicy } from "../../auth/policy/parse-policy.ts";
import type { Policy } from "../../auth/policy/policy.ts";
import { isPublicPolicy } from "../../auth/policy/public-policy.ts";
import { isAccelerated } from "../../aws/accelerated-host.ts";
import { AwsError } from "../../aws/aws-error.ts";
import type { Database } from "../../db/database.ts";
import { atOnce, preparedQuery } from "../../db/prepared-query.ts";
import type { BucketsTable } from "../../db/s3-tables.ts";
import type { Context } from "../service-context.ts";
import { isGranted, isPublicGrant, permissionFor } from "./access-control-lists.ts";
import { actionOf, isObjectAction } from "./actions.ts";
import { wasBucketName } from "./bucket-names.ts";
import {
  accessDenied,
  invalidBucketName,
  invalidBucketOwnerAwsAccountId,
  invalidRequest,
  methodNotAllowed,
  noSuchBucket,
} from "./errors.ts";
import { furtherOperations } from "./further-permissions.ts";
import { namedVersion } from "./named-version.ts";
import { isGrantedByObject, type Ownership } from "./object-access.ts";
import { owner } from "./owner.ts";
import { objectOwnership, publicAccessBlock } from "./ownership-rules.ts";
import { conditionKeys, findAbacTags, findExistingTags, type Target } from "./policy-keys.ts";
import { requirePayer } from "./request-payment.ts";
import { findConfiguration } from "./stored-configurations.ts";

export type Bucket = Selectable<BucketsTable>;

interface BucketInput extends Target {
  readonly Bucket?: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

/**
 * The bucket that a request names, once it is clear that the caller may do to it what it asks for: the account that made a
 * bucket owns it and all that is in it; others get in where its policy lets them, and a deny of the policy keeps the owner
 * out too. Within a transaction `db` is that transaction. `operation` is another than the request's for the source of a copy.
 */
export async function requireBucket(
  ctx: Context,
  input: BucketInput,
  db: Kysely<Database> = ctx.db,
  operation = ctx.operation,
): Promise<Bucket> {
  const name = bucketName(input);
  const found = await findBucket(db, name);
  if (found === undefined) throw missingBucket(name);
  const { policy, ...bucket } = found;
  const expectedOwner = input.ExpectedBucketOwner;
  if (expectedOwner !== undefined && !/^\d{12}$/.test(expectedOwner)) {
    throw invalidBucketOwnerAwsAccountId(expectedOwner);
  }
  if (isAccelerated(ctx.request.headers.host ?? "")) await requireAcceleration(db, bucket);
  await requirePayer(ctx, bucket, db);
  // Each key of a DeleteObjects has its own answer.
  if (operation !== "DeleteObjects") {
    await authorize(ctx, { policy, bucket, operation, target: input, db }).catch((error: unknown) => {
      throw tellsRegion.test(operation) ? withRegion(error, bucket) : error;
    });
  }
  if (expectedOwner !== undefined && expectedOwner !== bucket.account_id) throw accessDenied();
  return bucket;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/transfer-acceleration.html */
async function requireAcceleration(db: Kysely<Database>, bucket: Bucket): Promise<void> {
  const status = (await findConfiguration(db, bucket, "Accelerate"))?.Status;
  if (status === "Enabled") return;
  const problem = status === undefined ? "not configured" : "disabled";
  throw invalidRequest(`S3 Transfer Acceleration is ${problem} on this bucket`);
}

const tellsRegion = /^(?:HeadBucket|ListObjects|ListObjectsV2)$/;

/** Where a bucket is, is told also to whom it is closed: clients find its endpoint so. */
function withRegion(error: unknown, { region }: Bucket): unknown {
  if (!(error instanceof AwsError)) return error;
  const { code, message, status, members } = error;
  return new AwsError(code, message, status, { members, headers: { ...error.headers, "x-amz-bucket-region": region } });
}

/** Checks of each object of a DeleteObjects whether the caller may delete it; the bucket's policy is looked up once. */
export async function deleteAuthorizer(
  ctx: Context,
  name: string,
  db: Kysely<Database>,
): Promise<(target: Target) => Promise<void>> {
  const found = await findBucket(db, name);
  if (found === undefined) throw missingBucket(name);
  const { policy, ...bucket } = found;
  return (target) => authorize(ctx, { policy, bucket, operation: "DeleteObject", target, db });
}

const bucketsByName = preparedQuery<{ name: string }, Bucket & { policy: string | null }>((db, parameter) =>
  db
    .selectFrom("buckets")
    .leftJoin("s3_bucket_configurations as policies", (join) =>
      join.onRef("policies.bucket_id", "=", "buckets.id").on("policies.name", "=", sql.lit("Policy")),
    )
    .selectAll("buckets")
    .select("policies.body as policy")
    .where("buckets.name", "=", parameter("name")),
);

async function findBucket(db: Kysely<Database>, name: string) {
  return (await bucketsByName(db, { name }))[0];
}

/** A bucket that no policy speaks of, where it can be had at once. */
export function plainBucket(db: Kysely<Database>, name: string): Bucket | undefined {
  const [bucket] = atOnce(bucketsByName(db, { name }));
  return bucket?.policy === null ? bucket : undefined;
}

interface Access {
  /** As it is stored. */
  readonly policy: string | null;
  readonly bucket: Bucket;
  readonly operation: string;
  readonly target: Target;
  readonly db: Kysely<Database>;
}

const ofPolicies = /^(?:Put|Get|Delete)BucketPolicy$/;
const readsObject = /^(?:GetObject|HeadObject|GetObjectAttributes)$/;

async function authorize(ctx: Context, access: Access): Promise<void> {
  const { bucket, operation } = access;
  const isOwner = ctx.principal.type !== "anonymous" && ctx.principal.accountId === bucket.account_id;
  if (isOwner && access.policy === null) return;
  // Whatever a policy says, the owner's root can put another in its place; other accounts never can.
  if (ofPolicies.test(operation)) {
    if (isOwner && ctx.principal.type === "account") return;
    if (!isOwner && ctx.principal.type !== "anonymous") throw methodNotAllowed({ Method: ctx.request.method });
  }
  const further = furtherOperations(operation, ctx.request.headers);
  const decisions = new Map<string, Decision>();
  for (const name of [operation, ...further]) decisions.set(name, await decide(ctx, { ...access, operation: name }));
  const [denied] = [...decisions].find(([, decision]) => decision === "deny") ?? [];
  if (denied !== undefined) {
    throw accessDenied(isOwner ? explicitDeny(ctx, { ...access, operation: denied }) : undefined);
  }
  if (isOwner) return;
  // Who may list a bucket is told what is not in it.
  if (readsObject.test(operation) && (await findTarget(access)) === undefined) {
    if (await mayList(ctx, access)) return;
    throw accessDenied();
  }
  const byPolicy = [...decisions.values()].every((decision) => decision === "allow") && !(await isRestricted(access));
  // A list lets one write objects with lists: tags and locks are for policies alone.
  const byAcl = further.every((name) => name === "PutObjectAcl");
  if (!byPolicy && !(byAcl && (await isAllowedByAcl(ctx, access)))) throw accessDenied();
}

/**
 * Whether the caller may do something else beside what is asked for, as to let GOVERNANCE give way: the bucket's owner, unless the
 * policy denies it, and others where it allows it.
 */
export async function mayAlso(
  ctx: Context,
  bucket: Bucket,
  { operation, target, db }: Pick<Access, "operation" | "target" | "db">,
): Promise<boolean> {
  const policy = (await findBucket(db, bucket.name))?.policy ?? null;
  const access = { policy, bucket, operation, target, db };
  const decision = await decide(ctx, access);
  const isOwner = ctx.principal.type !== "anonymous" && ctx.principal.accountId === bucket.account_id;
  return isOwner ? decision !== "deny" : decision === "allow" && !(await isRestricted(access));
}

async function mayList(ctx: Context, access: Access): Promise<boolean> {
  const listing = { ...access, operation: "ListObjects", target: {} };
  return (await decide(ctx, listing)) === "allow" || isAllowedByAcl(ctx, listing);
}

/** Whether a list lets a stranger in: not where ACLs are disabled, nor the public where its grants are ignored. */
async function isAllowedByAcl(ctx: Context, access: Access): Promise<boolean> {
  const { db, bucket, operation, target } = access;
  const needed = permissionFor(actionOf(operation, target.VersionId));
  if (needed === undefined || (await objectOwnership(db, bucket)) === "BucketOwnerEnforced") return false;
  const { permission } = needed;
  if (needed.of === "object") {
    const row = await findTarget(access);
    return row !== undefined && isGrantedByObject(ctx, db, { bucket, row, permission });
  }
  const grants = await findConfiguration(db, bucket, "ACL");
  if (grants === undefined) return false;
  const { IgnorePublicAcls } = await publicAccessBlock(db, bucket);
  const valid = IgnorePublicAcls ? grants.filter((grant) => !isPublicGrant(grant)) : grants;
  return isGranted(
    valid,
    permission,
    ctx.principal.type === "anonymous" ? undefined : owner(ctx.principal.accountId).ID,
  );
}

const ofBucketTags = /(?:s3:BucketTag|aws:ResourceTag)\//i;

async function decide(ctx: Context, { policy, bucket, operation, target, db }: Access): Promise<Decision> {
  if (policy === null) return "none";
  const action = actionOf(operation, target.VersionId);
  const tags = {
    existing: policy.includes("ExistingObjectTag") ? await findExistingTags(db, bucket, target) : [],
    bucket: ofBucketTags.test(policy) ? await findAbacTags(db, bucket) : [],
  };
  return evaluate(parsedPolicy(policy), {
    principal: ctx.principal,
    canonicalUser: ctx.principal.type === "anonymous" ? undefined : owner(ctx.principal.accountId).ID,
    action,
    resource: resourceOf(bucket, action, target),
    keys: conditionKeys(ctx, bucket, target, tags),
  });
}

function resourceOf(bucket: Bucket, action: string, { Key }: Target): string {
  return `arn:aws:s3:::${bucket.name}${isObjectAction(action) ? `/${Key ?? ""}` : ""}`;
}

function explicitDeny(ctx: Context, { bucket, operation, target }: Access): string {
  const action = actionOf(operation, target.VersionId);
  return `User: ${ctx.principal.arn} is not authorized to perform: ${action} on resource: "${resourceOf(bucket, action, target)}" with an explicit deny in a resource-based policy`;
}

/** A public policy is for nobody but the owner where RestrictPublicBuckets says so, as it does of a new bucket. */
async function isRestricted({ policy, bucket, db }: Access): Promise<boolean> {
  if (policy === null || !isPublicPolicy(parsedPolicy(policy))) return false;
  return (await publicAccessBlock(db, bucket)).RestrictPublicBuckets === true;
}

/** The version that a request is about. */
async function findTarget({ db, bucket, target }: Access): Promise<Ownership | undefined> {
  return namedVersion(db, bucket, target).select(["owner", "acl"]).executeTakeFirst();
}

const policies = new Map<string, Policy>();
const maxPolicies = 100;

/** Policies are parsed once: all requests to a bucket meet the same text. */
export function parsedPolicy(stored: string): Policy {
  let policy = policies.get(stored);
  if (policy === undefined) {
    policy = parseResourcePolicy(JSON.parse(stored) as string);
    if (policies.size >= maxPolicies) policies.clear();
    policies.set(stored, policy);
  }
  return policy;
}

function missingBucket(name: string): AwsError {
  return wasBucketName(name) ? noSuchBucket(name) : invalidBucketName(name);
}

/** The bucket of the address. Every bucket operation has one; the SDK's types leave it open. */
export function bucketName(input: Pick<BucketInput, "Bucket">): string {
  if (input.Bucket === undefined || input.Bucket === "") throw invalidBucketName("");
  return input.Bucket;
}
