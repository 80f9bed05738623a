import type * as S3 from "@aws-sdk/client-s3";
import type { ServiceContext } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import { knownConfiguration } from "./known-configurations.ts";
import { abortionOf, type Due, expirationOf, matchingRules } from "./lifecycle-evaluation.ts";
import type { ObjectRow } from "./object-rows.ts";
import { tagsOf } from "./tag-sets.ts";

type Lifecycle = S3.GetBucketLifecycleConfigurationOutput;

/** The `x-amz-expiration` of a current version. */
export async function expirationOutput(
  ctx: ServiceContext,
  bucket: Bucket,
  object: Pick<ObjectRow, "key" | "size" | "tags" | "last_modified">,
): Promise<{ Expiration?: string }> {
  const lifecycle = await knownConfiguration(ctx, bucket, "Lifecycle");
  if (lifecycle === undefined) return {};
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
  const lifecycle = await knownConfiguration(ctx, bucket, "Lifecycle");
  if (lifecycle === undefined) return {};
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
