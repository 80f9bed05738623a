import type * as SecretsManager from "@aws-sdk/client-secrets-manager";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { invalidRequest, secretValueNotFound } from "./errors.ts";
import { requireSecret } from "./secret-rows.ts";

export const secretValues = {
  async GetSecretValue(ctx, { SecretId: secretId = "", VersionId: id, VersionStage: stage }) {
    const { arn, name, versions } = await requireSecret(ctx, secretId);
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
      SecretString: version.value,
      VersionStages: [...version.stages],
      CreatedDate: new Date(version.created),
    };
  },
} satisfies Operations<typeof SecretsManager, Context>;
