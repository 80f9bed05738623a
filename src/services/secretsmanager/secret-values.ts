import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import type { Secret } from "../../db/secret-lookup.ts";
import type { Context } from "../service-context.ts";
import { invalidRequest, secretValueNotFound } from "./errors.ts";
import { requireUsableSecret } from "./secret-rows.ts";

export const secretValues = {
  async GetSecretValue(ctx, { SecretId: secretId = "", ...which }) {
    return secretValueOf(await requireUsableSecret(ctx, secretId), which);
  },
} satisfies Operations<typeof SecretsManager, Context>;

/** The current version's, unless another is asked for. @throws AwsError ResourceNotFoundException InvalidRequestException */
export function secretValueOf(
  { arn, name, versions }: Secret,
  { VersionId: id, VersionStage: stage }: Pick<SecretsManager.GetSecretValueRequest, "VersionId" | "VersionStage">,
) {
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
