import type { EventHoldDuration, ObjectLockRetention } from "@aws-sdk/client-s3";
import type { Kysely, Selectable } from "kysely";
import type { ConditionKeys } from "../../auth/policy/conditions.ts";
import { isSignedV2 } from "../../auth/sigv2.ts";
import { parseTimestamp } from "../../auth/timestamp.ts";
import { ownValue } from "../../aws/own-value.ts";
import type { Principal } from "../../aws/principal.ts";
import type { Database } from "../../db/database.ts";
import type { BucketsTable } from "../../db/s3-tables.ts";
import type { Context } from "../service-context.ts";
import { durationDays } from "./event-holds.ts";
import { namedVersion } from "./named-version.ts";
import { findBucketTags } from "./stored-bucket-tags.ts";
import { findConfiguration } from "./stored-configurations.ts";
import { parseTaggingHeader, tagsOf } from "./tag-sets.ts";

/** What of an input a policy's conditions may be about. */
export interface Target {
  readonly Key?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly Prefix?: string | undefined;
  readonly Delimiter?: string | undefined;
  readonly MaxKeys?: number | undefined;
  /** Of a write by its headers, or of PutObjectRetention and PutObjectLegalHold by their documents. */
  readonly ObjectLockRetainUntilDate?: Date | undefined;
  readonly Retention?: ObjectLockRetention | undefined;
  readonly LegalHold?: { readonly Status?: string | undefined } | undefined;
  readonly InventoryConfiguration?: { readonly OptionalFields?: readonly string[] | undefined } | undefined;
  /** The header of a write, or the document of PutObjectTagging. */
  readonly Tagging?: string | { readonly TagSet?: readonly Tag[] | undefined } | undefined;
}

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

const principalTypes = {
  account: "Account",
  user: "User",
  "assumed-role": "AssumedRole",
  "federated-user": "FederatedUser",
  anonymous: "Anonymous",
} as const satisfies Readonly<Record<Principal["type"], string>>;

/**
 * The condition keys of a request.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
 */
export function conditionKeys(
  ctx: Context,
  bucket: Selectable<BucketsTable>,
  target: Target,
  tags: { readonly existing: readonly Tag[]; readonly bucket: readonly Tag[] },
): ConditionKeys {
  const { headers, query, remoteAddress } = ctx.request;
  const { type, accountId, arn, userId } = ctx.principal;
  const isKnown = type !== "anonymous";
  const retainedUntil = target.Retention?.RetainUntilDate ?? target.ObjectLockRetainUntilDate;
  const keys: Readonly<Record<string, string | undefined>> = {
    "aws:currenttime": ctx.now().toISOString(),
    "aws:epochtime": String(Math.floor(ctx.now().getTime() / 1000)),
    "aws:principalaccount": isKnown ? accountId : undefined,
    "aws:principalarn": isKnown ? arn : undefined,
    "aws:principaltype": principalTypes[type],
    "aws:referer": headers.referer,
    "aws:requestedregion": ctx.region,
    "aws:resourceaccount": bucket.account_id,
    // The server speaks plain HTTP; a proxy before it says how it was spoken to.
    "aws:securetransport": String(headers["x-forwarded-proto"] === "https"),
    "aws:sourceip": remoteAddress,
    "aws:useragent": headers["user-agent"],
    "aws:userid": isKnown ? userId : undefined,
    "aws:username": type === "user" ? arn.slice(arn.lastIndexOf("/") + 1) : undefined,
    "s3:authtype": isKnown ? (headers.authorization === undefined ? "REST-QUERY-STRING" : "REST-HEADER") : undefined,
    "s3:delimiter": target.Delimiter,
    "s3:if-match": headers["if-match"],
    "s3:if-none-match": headers["if-none-match"],
    "s3:max-keys": target.MaxKeys === undefined ? undefined : String(target.MaxKeys),
    "s3:object-lock-event-hold": target.Retention?.EventHold ?? headers[eventHold],
    "s3:object-lock-event-hold-duration-days": heldDays(target.Retention?.EventHoldDuration ?? askedDuration(headers)),
    "s3:object-lock-legal-hold": target.LegalHold?.Status ?? headers["x-amz-object-lock-legal-hold"],
    "s3:object-lock-mode": target.Retention?.Mode ?? headers["x-amz-object-lock-mode"],
    "s3:object-lock-remaining-retention-days": remainingDays(ctx, retainedUntil),
    "s3:object-lock-retain-until-date": retainedUntil?.toISOString(),
    "s3:objectcreationoperation": createsObject.get(ctx.operation),
    "s3:prefix": target.Prefix ?? (query.includes("prefix=") ? "" : undefined),
    "s3:resourceaccount": bucket.account_id,
    "s3:signatureage": isKnown ? signatureAge(ctx) : undefined,
    "s3:signatureversion": isKnown ? (isSignedV2(ctx.request) ? "AWS" : "AWS4-HMAC-SHA256") : undefined,
    "s3:versionid": target.VersionId,
  };
  return (key) => {
    const value = ownValue(keys, key);
    if (value !== undefined) return [value];
    if (key.startsWith("s3:x-amz-")) return some(headers[key.slice("s3:".length)]);
    if (key.startsWith("s3:existingobjecttag/")) return tagValue(tags.existing, key);
    if (key.startsWith("s3:buckettag/") || key.startsWith("aws:resourcetag/")) return tagValue(tags.bucket, key);
    if (key.startsWith("s3:requestobjecttag")) return requestTags(target.Tagging, key);
    if (key === "s3:inventoryaccessibleoptionalfields") return target.InventoryConfiguration?.OptionalFields;
    return undefined;
  };
}

const eventHold = "x-amz-object-lock-event-hold";

function askedDuration(headers: Readonly<Record<string, string>>): EventHoldDuration {
  const [Days, Years] = [headers[`${eventHold}-duration-days`], headers[`${eventHold}-duration-years`]];
  return { ...(Days !== undefined && { Days: Number(Days) }), ...(Years !== undefined && { Years: Number(Years) }) };
}

/** There is no key of years: they count as days. */
function heldDays(duration: EventHoldDuration): string | undefined {
  return durationDays(duration)?.toString();
}

/** Whether those that are all PutObject to a policy make an object: an upload and its parts are none yet. */
const createsObject: ReadonlyMap<string, string> = new Map([
  ...["PutObject", "CopyObject", "CompleteMultipartUpload"].map((name) => [name, "true"] as const),
  ...["CreateMultipartUpload", "UploadPart", "UploadPartCopy"].map((name) => [name, "false"] as const),
]);

const dayMilliseconds = 24 * 60 * 60 * 1000;

function remainingDays(ctx: Context, until: Date | undefined): string | undefined {
  return until && String(Math.ceil((until.getTime() - ctx.now().getTime()) / dayMilliseconds));
}

/** How old a signature is, in milliseconds; Version 2 signs no time of that kind. */
function signatureAge(ctx: Context): string | undefined {
  const { headers, query } = ctx.request;
  const signed = headers["x-amz-date"] ?? new URLSearchParams(query).get("X-Amz-Date") ?? undefined;
  const time = signed === undefined ? undefined : parseTimestamp(signed);
  return time === undefined ? undefined : String(ctx.now().getTime() - time);
}

function some(value: string | undefined): string[] | undefined {
  return value === undefined ? undefined : [value];
}

function requestTags(tagging: Target["Tagging"], key: string): string[] | undefined {
  const tags = typeof tagging === "object" ? tagging.TagSet : parseTaggingHeader(tagging);
  if (tags === undefined) return undefined;
  return key === "s3:requestobjecttagkeys" ? tags.map((tag) => tag.Key ?? "") : tagValue(tags, key);
}

/** Of `s3:ExistingObjectTag/name`; as all condition keys, without regard to case. */
function tagValue(tags: readonly Tag[], key: string): string[] | undefined {
  const name = key.slice(key.indexOf("/") + 1);
  return some(tags.find((tag) => tag.Key?.toLowerCase() === name)?.Value);
}

/** The tags of a bucket that policies know, where its ABAC is enabled. */
export async function findAbacTags(db: Kysely<Database>, bucket: Selectable<BucketsTable>): Promise<Tag[]> {
  const isEnabled = (await findConfiguration(db, bucket, "Abac")) === "Enabled";
  return isEnabled ? findBucketTags(db, bucket.id) : [];
}

/** The tags of the object that a request names; none where it is not there. */
export async function findExistingTags(
  db: Kysely<Database>,
  bucket: Selectable<BucketsTable>,
  target: Target,
): Promise<Tag[]> {
  if (target.Key === undefined) return [];
  const row = await namedVersion(db, bucket, target).select("tags").executeTakeFirst();
  return tagsOf(row?.tags ?? null);
}
