import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import { findTagProblem, maxTagsOfResource, type Tag } from "../../aws/tags.ts";
import type { Context } from "../service-context.ts";
import { invalidParameter } from "./errors.ts";
import { changeSecret, requireWritableSecret } from "./secret-rows.ts";

export const secretTags = {
  async TagResource(ctx, { SecretId: secretId = "", Tags = [] }) {
    const added = requireTags(Tags);
    const { arn } = await requireWritableSecret(ctx, secretId);
    await changeSecret(ctx, arn, (secret) => {
      const kept = (secret.tags ?? []).filter(({ Key }) => !added.some((tag) => tag.Key === Key));
      const tags = [...kept, ...added];
      if (tags.length > maxTagsOfResource) throw invalidParameter("You have exceeded the maximum number of tags.");
      return { ...secret, tags, changed: ctx.now().toISOString() };
    });
    return {};
  },

  async UntagResource(ctx, { SecretId: secretId = "", TagKeys = [] }) {
    const { arn } = await requireWritableSecret(ctx, secretId);
    await changeSecret(ctx, arn, (secret) => ({
      ...secret,
      tags: (secret.tags ?? []).filter(({ Key = "" }) => Key.startsWith("aws:") || !TagKeys.includes(Key)),
    }));
    return {};
  },
} satisfies Operations<typeof SecretsManager, Context>;

/** @throws AwsError InvalidParameterException */
export function requireTags(tags: readonly Tag[]): Tag[] {
  const problem = findTagProblem(tags);
  if (problem !== undefined) throw invalidParameter(`The tag key ${JSON.stringify(problem.key)}: ${problem.kind}.`);
  return tags.map(({ Key = "", Value = "" }) => ({ Key, Value }));
}
