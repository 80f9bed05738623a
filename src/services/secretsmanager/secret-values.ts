import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import type { Secret } from "../../db/secret-lookup.ts";
import type { Context } from "../service-context.ts";
import { constraintError, invalidRequest, secretValueNotFound } from "./errors.ts";
import { changeSecret, requireUsableSecret } from "./secret-rows.ts";

export const secretValues = {
  async GetSecretValue(ctx, { SecretId: secretId = "", ...which }) {
    const { VersionId: id } = which;
    if (id !== undefined && id.length < 32)
      throw constraintError("versionId", id, "length greater than or equal to 32");
    return readValue(ctx, secretId, which);
  },
} satisfies Operations<typeof SecretsManager, Context>;

type Which = Pick<SecretsManager.GetSecretValueRequest, "VersionId" | "VersionStage">;

/** The value, of which it is written down on which day it has been read: one write a day and version. */
export async function readValue(ctx: Context, secretId: string, which: Which) {
  const secret = await requireUsableSecret(ctx, secretId);
  const value = secretValueOf(secret, which);
  const today = ctx.now().toISOString().slice(0, "2026-09-24".length);
  const readBefore = secret.versions.find(({ id }) => id === value.VersionId)?.accessed === today;
  if (!readBefore || secret.accessed !== today) {
    await changeSecret(ctx, secret.arn, (before) => ({
      ...{ ...before, accessed: today },
      versions: before.versions.map((version) =>
        version.id === value.VersionId ? { ...version, accessed: today } : version,
      ),
    }));
  }
  return value;
}

/** The current version's, unless another is asked for. @throws AwsError ResourceNotFoundException InvalidRequestException */
function secretValueOf({ arn, name, versions }: Secret, { VersionId: id, VersionStage: stage }: Which) {
  const version =
    id === undefined
      ? versions.find(({ stages }) => stages.includes(stage ?? "AWSCURRENT"))
      : versions.find((candidate) => candidate.id === id);
  if (version === undefined) {
    throw secretValueNotFound(id === undefined ? `staging label: ${stage ?? "AWSCURRENT"}` : `VersionId: ${id}`);
  }
  if (stage !== undefined && !version.stages.includes(stage)) {
    throw invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.");
  }
  return {
    ARN: arn,
    Name: name,
    VersionId: version.id,
    ...(version.value !== undefined && { SecretString: version.value }),
    ...(version.binary !== undefined && { SecretBinary: Buffer.from(version.binary, "base64") }),
    VersionStages: [...version.stages],
    CreatedDate: new Date(version.created),
  } satisfies SecretsManager.SecretValueEntry;
}
