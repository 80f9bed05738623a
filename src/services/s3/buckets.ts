import type * as S3 from "@aws-sdk/client-s3";
import { BucketLocationConstraint, ObjectOwnership as ObjectOwnerships } from "@aws-sdk/client-s3";
import type { Transaction } from "kysely";
import type { Operations } from "../../aws/operations.ts";
import { decodePageToken, firstPage } from "../../aws/pagination.ts";
import type { Database } from "../../db/database.ts";
import type { Context } from "../service-context.ts";
import { isPublicGrant, requestedGrants } from "./access-control-lists.ts";
import { type Bucket, bucketName, requireBucket } from "./bucket-access.ts";
import { isBucketName } from "./bucket-names.ts";
import {
  accessDenied,
  bucketAlreadyExists,
  bucketAlreadyOwnedByYou,
  bucketNotEmpty,
  illegalLocationConstraint,
  invalidArgument,
  invalidBucketAclWithBlockPublicAccess,
  invalidBucketAclWithObjectOwnership,
  invalidBucketName,
  invalidLocationConstraint,
  notImplementedHeader,
  wrongRegion,
} from "./errors.ts";
import { setLogged } from "./logged-buckets.ts";
import { removeBucketUploads } from "./multipart-uploads.ts";
import { owner } from "./owner.ts";
import { storeBucketTags } from "./stored-bucket-tags.ts";
import { findConfiguration, removeConfiguration, storeConfiguration } from "./stored-configurations.ts";
import { validTagSet } from "./tag-sets.ts";
import { commit } from "./transactions.ts";

/** The region of AWS's global endpoint. It makes buckets for every region, and is the one without a location constraint. */
const globalRegion = "us-east-1";
const defaultOwnership = "BucketOwnerEnforced";
const maxBuckets = 10_000;
const pages = "s3:ListBuckets";

export const buckets = {
  async CreateBucket(ctx, input) {
    const name = bucketName(input);
    if (ctx.principal.type === "anonymous") throw accessDenied();
    if (!isBucketName(name)) throw invalidBucketName(name);
    const configuration = input.CreateBucketConfiguration;
    const region = bucketRegion(ctx, configuration?.LocationConstraint);
    const grants = newBucketGrants(ctx, input);
    const tags = configuration?.Tags === undefined ? undefined : validTagSet(configuration.Tags, "bucket");
    // Object Lock is of versions, and turns versioning on.
    const locks = input.ObjectLockEnabledForBucket === true;
    const versioning = locks ? "Enabled" : null;
    await ctx.db.transaction().execute(async (trx) => {
      const existing = await trx.selectFrom("buckets").selectAll().where("name", "=", name).executeTakeFirst();
      if (existing !== undefined) return recreate(ctx, trx, existing, { input, grants });
      const { id } = await trx
        .insertInto("buckets")
        .values({ name, account_id: ctx.accountId, region, created_at: ctx.now().setMilliseconds(0), versioning })
        .returning("id")
        .executeTakeFirstOrThrow();
      if (locks) {
        await storeConfiguration(trx, { id }, "ObjectLock", { ObjectLockEnabled: "Enabled" });
        await storeConfiguration(trx, { id }, "Versioning", { Status: "Enabled", MFADelete: "Disabled" });
      }
      if (tags !== undefined) await storeBucketTags(trx, id, tags);
      if (input.ObjectOwnership !== undefined) {
        await storeConfiguration(trx, { id }, "OwnershipControls", input.ObjectOwnership);
      }
      if (grants !== undefined) await storeConfiguration(trx, { id }, "ACL", grants);
    });
    return {
      Location: region === globalRegion ? `/${name}` : `http://${name}.s3.amazonaws.com/`,
      BucketArn: bucketArn(name),
    };
  },

  async HeadBucket(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const $metadata = { httpHeaders: { "content-type": "application/xml" } };
    return { BucketArn: bucketArn(bucket.name), BucketRegion: bucket.region, AccessPointAlias: false, $metadata };
  },

  async GetBucketLocation(ctx, input) {
    const { region } = await requireBucket(ctx, input);
    // A bucket of us-east-1 answers with an empty constraint.
    return region === globalRegion ? {} : { LocationConstraint: region as BucketLocationConstraint };
  },

  async ListBuckets(ctx, input) {
    if (ctx.principal.type === "anonymous") throw accessDenied();
    const limit = input.MaxBuckets ?? maxBuckets;
    if (limit < 1 || limit > maxBuckets) {
      throw invalidArgument(
        `Argument max-buckets must be an integer between 1 and ${maxBuckets}`,
        "max-buckets",
        limit,
      );
    }
    const token = input.ContinuationToken || undefined;
    const after = token === undefined ? "" : decodePageToken(pages, token);
    if (after === undefined) {
      throw invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
    }
    const { Prefix, BucketRegion } = input;
    if (BucketRegion !== undefined && BucketRegion !== globalRegion && !isRegion(BucketRegion)) {
      throw invalidArgument(`Argument value ${BucketRegion} is not a valid AWS Region`, "bucket-region");
    }
    const rows = await ctx.db
      .selectFrom("buckets")
      .selectAll()
      .where("account_id", "=", ctx.accountId)
      .where("name", ">", after)
      .$if(Prefix !== undefined && Prefix !== "", (query) =>
        // Names are ASCII: the tilde comes after all that they may contain.
        query.where("name", ">=", Prefix ?? "").where("name", "<", `${Prefix}~`),
      )
      .$if(BucketRegion !== undefined, (query) => query.where("region", "=", BucketRegion ?? ""))
      .orderBy("name")
      .limit(limit + 1)
      .execute();
    const page = firstPage(rows, { kind: pages, limit, keyOf: (bucket) => bucket.name });
    const withRegion = [input.MaxBuckets, token, Prefix, BucketRegion].some((parameter) => parameter !== undefined);
    return {
      Buckets: page.items.map((bucket) => toBucket(bucket, withRegion)),
      Owner: owner(ctx.accountId),
      ...(page.nextToken === undefined ? {} : { ContinuationToken: page.nextToken }),
      ...(Prefix === undefined ? {} : { Prefix }),
    };
  },

  async DeleteBucket(ctx, input) {
    const { name } = await requireBucket(ctx, input);
    await commit(ctx, async (trx) => {
      const bucket = await requireBucket(ctx, input, trx);
      const object = await trx
        .selectFrom("s3_objects")
        .select("id")
        .where("bucket_id", "=", bucket.id)
        .limit(1)
        .executeTakeFirst();
      if (object !== undefined) throw bucketNotEmpty(bucket.name, bucket.versioning !== null);
      const unreferenced = await removeBucketUploads(trx, bucket);
      await trx.deleteFrom("buckets").where("id", "=", bucket.id).execute();
      return { result: undefined, unreferenced };
    });
    setLogged(ctx, name, false);
    return {};
  },
} satisfies Operations<typeof S3, Context>;

/** The SDK says the region where the request has at least one valid parameter. */
function toBucket(bucket: Bucket, withRegion: boolean): S3.Bucket {
  return {
    Name: bucket.name,
    CreationDate: new Date(bucket.created_at),
    ...(withRegion ? { BucketRegion: bucket.region } : {}),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
function bucketRegion(ctx: Context, constraint: string | undefined): string {
  if (ctx.region === globalRegion) {
    if (constraint === undefined) return globalRegion;
    const region = constraint === "EU" ? "eu-west-1" : constraint;
    if (region === globalRegion || !isRegion(region)) throw invalidLocationConstraint(constraint);
    return region;
  }
  // s3cmd signs for `US` where nothing else is configured.
  if (!isRegion(ctx.region) && constraint !== ctx.region) throw wrongRegion(ctx.region, globalRegion);
  if (constraint === undefined || constraint === "") throw illegalLocationConstraint("unspecified");
  const region = constraint === "EU" ? "eu-west-1" : constraint;
  if (region !== ctx.region) throw illegalLocationConstraint(constraint);
  return region;
}

function isRegion(name: string): boolean {
  return Object.hasOwn(BucketLocationConstraint, name.replaceAll("-", "_"));
}

function bucketArn(name: string): string {
  return `arn:aws:s3:::${name}`;
}

/**
 * Making one's own bucket again is no error in us-east-1 alone, where it is asked for as it is. It gets the access control list of
 * the request, and keeps everything else (decision 0150).
 */
async function recreate(
  ctx: Context,
  trx: Transaction<Database>,
  existing: Bucket,
  { input, grants }: { input: S3.CreateBucketRequest; grants: S3.Grant[] | undefined },
): Promise<void> {
  if (existing.account_id !== ctx.accountId) throw bucketAlreadyExists(existing.name);
  const inGlobalRegion = existing.region === globalRegion && ctx.region === globalRegion;
  const constraint = input.CreateBucketConfiguration?.LocationConstraint;
  const tags = input.CreateBucketConfiguration?.Tags ?? [];
  const ownership = await findConfiguration(trx, existing, "OwnershipControls");
  const block = await findConfiguration(trx, existing, "PublicAccessBlock");
  const locks = (await findConfiguration(trx, existing, "ObjectLock")) !== undefined;
  const abac = await findConfiguration(trx, existing, "Abac");
  const same =
    (ownership === null || (ownership ?? defaultOwnership) === (input.ObjectOwnership ?? defaultOwnership)) &&
    (block === null || block === undefined || Object.values(block).every((blocked) => blocked)) &&
    locks === (input.ObjectLockEnabledForBucket === true) &&
    abac !== "Enabled" &&
    tags.length === 0;
  if (!inGlobalRegion || constraint !== undefined || !same) throw bucketAlreadyOwnedByYou(existing.name);
  if (grants === undefined) await removeConfiguration(trx, existing, "ACL");
  else await storeConfiguration(trx, existing, "ACL", grants);
}

/** The access control list that a new bucket gets, unless it is that of every bucket. */
function newBucketGrants(ctx: Context, input: S3.CreateBucketRequest): S3.Grant[] | undefined {
  const { ACL, ObjectOwnership } = input;
  if (ObjectOwnership !== undefined && !Object.hasOwn(ObjectOwnerships, ObjectOwnership)) {
    throw invalidArgument(`Invalid x-amz-object-ownership header: ${ObjectOwnership}`, "x-amz-object-ownership");
  }
  const { ID } = owner(ctx.accountId);
  const grants = requestedGrants(input, { kind: "bucket", ownerId: ID, bucketOwnerId: ID });
  const foreign = grants?.some(({ Grantee }) => Grantee?.ID !== ID) === true;
  if (foreign && (ObjectOwnership ?? defaultOwnership) === "BucketOwnerEnforced") {
    throw invalidBucketAclWithObjectOwnership();
  }
  // A new bucket is closed to the public, until its block is removed.
  if (grants?.some(isPublicGrant) === true) throw invalidBucketAclWithBlockPublicAccess();
  if (input.BucketNamespace !== undefined && input.BucketNamespace !== "global") {
    throw notImplementedHeader("x-amz-bucket-namespace");
  }
  return ACL === "private" ? undefined : grants;
}
