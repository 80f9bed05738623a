import type * as S3 from "@aws-sdk/client-s3";
import type { ServiceContext } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import { abortionOf, type Due, expirationOf, matchingRules } from "./lifecycle-evaluation.ts";
import type { ObjectRow } from "./object-rows.ts";
import { findConfiguration } from "./stored-configurations.ts";
import { tagsOf } from "./tag-sets.ts";

type Lifecycle = S3.GetBucketLifecycleConfigurationOutput;

/** By bucket id, which none gets again: every read of an object asks for it. Null: there is none. */
const known = new WeakMap<ServiceContext["blobs"], Map<number, Lifecycle | null>>();

export async function lifecycleOf(ctx: ServiceContext, bucket: { readonly id: number }): Promise<Lifecycle | null> {
  const kept = knownTo(ctx).get(bucket.id);
  if (kept !== undefined) return kept;
  const found = (await findConfiguration(ctx.db, bucket, "Lifecycle")) ?? null;
  knownTo(ctx).set(bucket.id, found);
  return found;
}

/** After the configuration has changed. */
export function forgetLifecycle(ctx: ServiceContext, bucket: { readonly id: number }): void {
  knownTo(ctx).delete(bucket.id);
}

/** The `x-amz-expiration` of a current version. */
export async function expirationOutput(
  ctx: ServiceContext,
  bucket: Bucket,
  object: Pick<ObjectRow, "key" | "size" | "tags" | "last_modified">,
): Promise<{ Expiration?: string }> {
  const lifecycle = await lifecycleOf(ctx, bucket);
  if (lifecycle === null) return {};
  const subject = { key: object.key.toString(), size: object.size, tags: tagsOf(object.tags) };
  const rules = matchingRules(lifecycle.Rules ?? [], subject);
  const due = expirationOf(rules, object.last_modified, ctx.config.lifecycleDay);
  if (due === undefined) return {};
  const date = new Date(due.time).toUTCString();
  return { Expiration: `expiry-date="${date}", rule-id="${encodeURIComponent(due.ruleId)}"` };
}

/** When an upload will be aborted, as its answers have it. */
export async function abortOutput(
  ctx: ServiceContext,
  bucket: Bucket,
  upload: { readonly key: Buffer; readonly initiated: number },
): Promise<{ AbortDate?: Date; AbortRuleId?: string }> {
  const lifecycle = await lifecycleOf(ctx, bucket);
  if (lifecycle === null) return {};
  const due = abortionOfUpload(lifecycle, upload, ctx.config.lifecycleDay);
  return due === undefined ? {} : { AbortDate: new Date(due.time), AbortRuleId: due.ruleId };
}

export function abortionOfUpload(
  { Rules = [] }: Lifecycle,
  upload: { readonly key: Buffer; readonly initiated: number },
  day: number,
): Due | undefined {
  const rules = matchingRules(Rules, { key: upload.key.toString(), size: undefined, tags: [] });
  return abortionOf(rules, upload.initiated, day);
}

function knownTo({ blobs }: ServiceContext): Map<number, Lifecycle | null> {
  let kept = known.get(blobs);
  if (kept === undefined) {
    kept = new Map();
    known.set(blobs, kept);
  }
  return kept;
}
