import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { PutSecretValueRequest } from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import type { Secret } from "../../db/secret-lookup.ts";
import type { SecretDocument, SecretVersion } from "../../db/secretsmanager-tables.ts";
import type { Context } from "../service-context.ts";
import { invalidParameter, invalidRequest, managedBy, resourceExists } from "./errors.ts";
import { changeSecret, requireSecret, requireUsableSecret } from "./secret-rows.ts";

/** Bytes, of text and of binary values. */
const largestValue = 65_536;
/** Versions without a label are deprecated; AWS keeps about as many. */
const keptVersions = 100;

export const secretVersions = {
  async PutSecretValue(ctx, input) {
    const secret = await requireOwnSecret(ctx, input.SecretId);
    const value = secretValueOf(input);
    if (value === undefined) throw invalidRequest("You must provide either SecretString or SecretBinary.");
    const id = input.ClientRequestToken ?? ctx.requestId;
    const stages = input.VersionStages ?? ["AWSCURRENT"];
    await changeSecret(ctx, secret.arn, (before) => addVersion(ctx, before, { id, value, stages }));
    return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages: [...stages] };
  },

  async ListSecretVersionIds(ctx, { SecretId: secretId = "", IncludeDeprecated }) {
    const { arn, name, versions } = await requireSecret(ctx, secretId);
    const shown = versions.filter(({ stages }) => stages.length > 0 || IncludeDeprecated === true);
    return {
      ARN: arn,
      Name: name,
      Versions: shown.map(({ id, stages, created }) => ({
        VersionId: id,
        VersionStages: [...stages],
        CreatedDate: new Date(created),
      })),
    };
  },
} satisfies Operations<typeof SecretsManager, Context>;

/** One that no service manages, and that is not deleted. */
export async function requireOwnSecret(ctx: Context, secretId = ""): Promise<Secret> {
  const secret = await requireUsableSecret(ctx, secretId);
  if (secret.owningService !== undefined) throw managedBy(secret.owningService);
  return secret;
}

export type SecretValue = Pick<SecretVersion, "value" | "binary">;

/** Undefined where there is none. @throws AwsError where there are two, or it is too large */
export function secretValueOf({
  SecretString: text,
  SecretBinary: binary,
}: Pick<PutSecretValueRequest, "SecretString" | "SecretBinary">): SecretValue | undefined {
  if (text !== undefined && binary !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (Math.max(Buffer.byteLength(text ?? ""), binary?.length ?? 0) > largestValue) {
    throw invalidParameter(`The secret value can't be larger than ${largestValue} bytes.`);
  }
  if (text !== undefined) return { value: text };
  return binary === undefined ? undefined : { binary: Buffer.from(binary).toString("base64") };
}

/** A new version with its labels, which others lose: what was current becomes the previous one. */
export function addVersion(
  ctx: Context,
  secret: SecretDocument,
  added: { readonly id: string; readonly value: SecretValue; readonly stages?: readonly string[] },
): SecretDocument {
  const { id, value, stages = ["AWSCURRENT"] } = added;
  const same = secret.versions.find((version) => version.id === id);
  if (same !== undefined && (same.value !== value.value || same.binary !== value.binary)) {
    throw resourceExists(
      `You can't use ClientRequestToken ${id} because that value is already in use for a version of the secret.`,
    );
  }
  if (same !== undefined) return secret;
  const moved = stages.includes("AWSCURRENT") ? [...stages, "AWSPREVIOUS"] : stages;
  const others = secret.versions.map((version) => {
    const kept = version.stages.filter((stage) => !moved.includes(stage));
    const isReplaced = stages.includes("AWSCURRENT") && version.stages.includes("AWSCURRENT");
    return { ...version, stages: isReplaced ? [...kept, "AWSPREVIOUS"] : kept };
  });
  const deprecated = others.filter((version) => version.stages.length === 0).slice(0, -keptVersions);
  const created = ctx.now().toISOString();
  return {
    ...{ ...secret, changed: created },
    versions: [...others.filter((version) => !deprecated.includes(version)), { id, stages, created, ...value }],
  };
}
